"""Sign-in providers: set, tried out and taken back by a tenant's admins."""
