"""Imports of orders in the admin: upload, check, progress, result."""
