"""Flat colouring (밑색) of line art by a generator that verifiable rewards improve."""

__version__ = "0.1.0"
