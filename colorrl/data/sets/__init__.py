"""One file per data set: where its drawings come from."""
