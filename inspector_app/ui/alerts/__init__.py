"""What fires now."""
