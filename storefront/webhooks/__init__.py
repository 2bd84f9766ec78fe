"""Incoming webhooks: verify, store once, apply in a task."""
