"""What changes a sketch on its way into a batch."""
