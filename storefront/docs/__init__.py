"""The documentation in Markdown, and the views that serve it."""
