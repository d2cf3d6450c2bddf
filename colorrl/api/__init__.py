"""The Python API of the verbs; `Colorizer` is in pages."""
