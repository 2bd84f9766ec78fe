"""Giving files to past orders: runs in the background, with progress, that go on after a kill."""
