"""This product's documents, and how an installation shows them."""
