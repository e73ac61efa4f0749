"""Signing in, and replacing a one-time password."""
