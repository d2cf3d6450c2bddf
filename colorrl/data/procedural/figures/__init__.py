"""What the procedural drawings show: people and creatures as parts, back to front."""
