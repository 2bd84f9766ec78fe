from downloads.models.catalog import Asset, Attachment, Product
from downloads.models.deliveries import Delivery
from downloads.models.grants import Grant
from downloads.models.orders import LineItem, Order, Refund, RefundedLine
from downloads.models.shops import Customer, Plan, Shop

__all__ = [
    "Asset",
    "Attachment",
    "Customer",
    "Delivery",
    "Grant",
    "LineItem",
    "Order",
    "Plan",
    "Product",
    "Refund",
    "RefundedLine",
    "Shop",
]
