"""What Inspector does by itself."""
