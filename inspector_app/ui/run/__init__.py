"""One run: what it is, what it was given, what it did, and what may be done with it."""
