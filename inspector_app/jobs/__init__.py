"""What Inspector does by itself: the scheduler, and a file for each tick."""
