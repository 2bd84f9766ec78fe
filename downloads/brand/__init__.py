"""A shop's brand: its logo, its accent colour, and where its customers reach it."""
