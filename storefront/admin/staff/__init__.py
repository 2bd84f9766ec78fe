"""Admins of the people who work for shops."""
