"""Redaction: what is hidden from whom, for admins, and what it looks like to them."""
