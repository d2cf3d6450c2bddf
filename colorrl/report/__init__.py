"""What a person looks at: tables over seeds, curves, picture grids, self-contained pages."""
