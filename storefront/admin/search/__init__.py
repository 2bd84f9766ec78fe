"""Search by order, buyer, product, file or pasted link."""
