"""Value-based learning on enumerated drawings: what makes it diverge, and what it reaches."""
