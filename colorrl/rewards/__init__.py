"""What is good: one idea per file, and the gate that combines them.

A term is a callable ``(reading, sketch, progress) -> TermScore`` with a ``role`` and a
``weight``. To add one: a file here, a YAML under conf/reward/term, and `colorrl audit`.
"""
