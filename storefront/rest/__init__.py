"""REST API views, each with the schema of its requests and responses."""
