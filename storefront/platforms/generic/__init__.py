"""A shop of one's own, which signs as Standard Webhooks says and speaks in our own words."""
