"""The parts of `colorrl evaluate`: contestants, palette conditions, what only samples show."""
