from downloads.admin import catalog, grants, orders, shops

__all__ = ["catalog", "grants", "orders", "shops"]
