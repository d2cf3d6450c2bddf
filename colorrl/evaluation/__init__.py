"""The parts of `colorrl evaluate`: who takes part, what they are told, what only samples show."""
