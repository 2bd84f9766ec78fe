"""The audit trail: its list, and what of it stands on other pages."""
