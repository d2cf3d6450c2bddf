"""What a run leaves behind: metrics.csv and panels (always), W&B (``track=wandb``), result.json."""
