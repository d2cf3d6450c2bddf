"""One run on disk: folder, checkpoint, lock, metrics.csv and panels (always), W&B, result.json."""
