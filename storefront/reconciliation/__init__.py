"""Reconciliation: fetch from a platform what its webhooks missed."""
