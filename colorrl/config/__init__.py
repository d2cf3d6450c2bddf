"""A composed configuration as typed dataclasses: what conf/ holds, checked."""
