"""Download events, in a shopkeeper's words."""
