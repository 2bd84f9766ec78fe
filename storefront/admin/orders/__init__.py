"""Admins of orders, with their lines, filters and lists."""
