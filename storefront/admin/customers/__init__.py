"""Customers, their accounts and their requests for data."""
