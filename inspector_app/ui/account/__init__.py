"""A person's own page: password and sessions."""
