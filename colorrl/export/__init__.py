"""What an artist opens."""
