"""The parts of `colorrl audit`: each scores its pictures and hands back a Finding."""
