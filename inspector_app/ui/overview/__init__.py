"""What a tenant's namespaces do now."""
