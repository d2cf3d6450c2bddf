"""`colorrl prepare`: from drawings to checked, split, stored pairs."""
