"""The REST API, each view with the schema of what it reads and answers."""
