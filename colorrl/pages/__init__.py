"""One page coloured: samples, vote, constraints, sheet, and the Colorizer."""
