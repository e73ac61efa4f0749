"""Tokens: a person's own on the account page, the tenant's on a page of its own."""
