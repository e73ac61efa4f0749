"""The people of the tenant."""
