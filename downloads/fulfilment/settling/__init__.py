"""What settling comes to, for one order and for many at once."""
