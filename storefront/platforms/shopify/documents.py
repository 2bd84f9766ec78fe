"""Files of Shopify's Admin API: where the orders and the products stand in them."""

from typing import Any

from downloads.errors import BadInput


def orders_in(document: Any) -> list[Any]:
    """Return the orders of `{"order": …}`, `{"orders": […]}` or a bare order, unread.

    Raises:
        BadInput: none of the three.
    """
    return _rows_in(document, "order", marked_by="line_items")


def is_order(row: Any) -> bool:
    """Say whether an object has lines, as orders have; WooCommerce's, too."""
    return isinstance(row, dict) and "line_items" in row


def products_in(document: Any) -> list[Any]:
    """Return the products of `{"product": …}`, `{"products": […]}` or a bare product, unread.

    Raises:
        BadInput: none of the three.
    """
    return _rows_in(document, "product", marked_by="variants")


def _rows_in(document: Any, name: str, *, marked_by: str) -> list[Any]:
    """Return the objects of `{name: …}`, of `{names: […]}`, or a bare one, known by `marked_by`.

    Raises:
        BadInput: none of the three.
    """
    if isinstance(document, dict):
        if isinstance(document.get(f"{name}s"), list):
            return document[f"{name}s"]
        if name in document:
            return [document[name]]
        if marked_by in document:
            return [document]
    raise BadInput(f'Expected {{"{name}": …}} or {{"{name}s": […]}} as the Admin API prints them.')
