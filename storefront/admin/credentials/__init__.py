"""Admins of keys, bearers, webhook secrets and platform access."""
