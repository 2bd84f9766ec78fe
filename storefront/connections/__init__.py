"""Connections to shops' platforms: opened, tested, kept alive, and shown as a light."""
