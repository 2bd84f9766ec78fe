"""What concerns HTTP itself: bodies, their limits, and who may send them."""
