"""A shop's brand in the admin: its form, and what it looks like."""
