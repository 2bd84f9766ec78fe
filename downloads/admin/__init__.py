from downloads.admin import assets, grants, orders, products, shops

__all__ = ["assets", "grants", "orders", "products", "shops"]
