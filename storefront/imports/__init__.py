"""Import of orders from files: formats recognised, rows read, each order through the write door."""
