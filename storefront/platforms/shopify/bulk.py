"""Shopify's bulk operations: their rows, rewritten as the REST API prints an order.

Source: Shopify's GraphQL Admin API, “Perform bulk operations”, and its objects Order, LineItem and
Refund.
"""

import re
from typing import Any

from downloads.errors import BadInput

PARENT = "__parentId"
_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]{1,19})(?:\?.*)?")


def is_row(document: Any) -> bool:
    """Say whether an object is a row of a bulk operation."""
    return isinstance(document, dict) and (
        PARENT in document or _kind_of(document.get("id")) is not None
    )


def as_printed(order: dict[str, Any], below: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an order as the REST API prints it; `below` are the rows that name it as parent.

    Raises:
        BadInput: it is no order.
    """
    if _kind_of(order.get("id")) != "Order":
        raise BadInput(f"order.id: expected gid://shopify/Order/…, got {_text(order.get('id'))!r}")
    lines = [*_rows(order.get("lineItems")), *(row for row in below if _is_line(row))]
    total = order.get("currentTotalPriceSet") or order.get("totalPriceSet")
    money = total.get("shopMoney") if isinstance(total, dict) else None
    money = money if isinstance(money, dict) else {}
    printed = {
        "id": number_of_gid(order["id"]),
        "name": order.get("name"),
        "order_number": _digits(order.get("name")) or number_of_gid(order["id"]),
        "created_at": order.get("createdAt"),
        "processed_at": order.get("processedAt"),
        "updated_at": order.get("updatedAt"),
        "cancelled_at": order.get("cancelledAt"),
        "financial_status": _text(order.get("displayFinancialStatus")).lower() or None,
        "test": order.get("test"),
        "total_price": money.get("amount") or order.get("totalPrice"),
        "currency": order.get("currencyCode") or money.get("currencyCode"),
        "email": order.get("email"),
        "customer": _customer(order.get("customer")),
        "line_items": [_line(row) for row in lines],
    }
    refunds = [*_rows(order.get("refunds")), *(row for row in below if _is_refund(row))]
    if refunds:
        printed["refunds"] = [_refund(row, below) for row in refunds]
    return printed


def _line(row: dict[str, Any]) -> dict[str, Any]:
    product, variant = row.get("product"), row.get("variant")
    printed = {
        "id": number_of_gid(row.get("id")),
        "title": row.get("title"),
        "name": row.get("name"),
        "variant_title": row.get("variantTitle"),
        "sku": row.get("sku"),
        "vendor": row.get("vendor"),
        "quantity": row.get("quantity"),
        "product_id": number_of_gid(product.get("id")) if isinstance(product, dict) else None,
        "variant_id": number_of_gid(variant.get("id")) if isinstance(variant, dict) else None,
    }
    if row.get("currentQuantity") is not None:
        printed["current_quantity"] = row["currentQuantity"]
    return printed


def _refund(row: dict[str, Any], below: list[dict[str, Any]]) -> dict[str, Any]:
    own = [each for each in below if each.get(PARENT) == row.get("id") and "lineItem" in each]
    return {
        "id": number_of_gid(row.get("id")),
        "created_at": row.get("createdAt"),
        "refund_line_items": [
            {"line_item_id": number_of_gid(line.get("id")), "quantity": each.get("quantity")}
            for each in [*_rows(row.get("refundLineItems")), *own]
            if isinstance(line := each.get("lineItem"), dict)
        ],
    }


def _customer(row: Any) -> dict[str, Any] | None:
    if not isinstance(row, dict):
        return None
    address = row.get("defaultEmailAddress")
    email = address.get("emailAddress") if isinstance(address, dict) else None
    return {
        "id": number_of_gid(row.get("id")),
        "email": row.get("email") or email,
        "first_name": row.get("firstName"),
        "last_name": row.get("lastName"),
    }


def _is_line(row: dict[str, Any]) -> bool:
    # A query may leave a line's id out; its quantity it cannot.
    kind = _kind_of(row.get("id"))
    return kind == "LineItem" or (kind is None and "quantity" in row and "lineItem" not in row)


def _is_refund(row: dict[str, Any]) -> bool:
    return _kind_of(row.get("id")) == "Refund"


def _rows(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or of a connection with `nodes` or `edges`."""
    if isinstance(value, dict):
        edges = value.get("edges")
        value = value.get("nodes") or [
            edge.get("node")
            for edge in (edges if isinstance(edges, list) else ())
            if isinstance(edge, dict)
        ]
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _kind_of(gid: Any) -> str | None:
    found = _GID.fullmatch(gid) if isinstance(gid, str) else None
    return found and found[1]


def number_of_gid(gid: Any) -> Any:
    """Return the number in a global id; what is none as it is."""
    # What is no such name is refused where it is read, by its path.
    found = _GID.fullmatch(gid) if isinstance(gid, str) else None
    return int(found[2]) if found else gid


def _digits(name: Any) -> int | None:
    digits = re.sub(r"[^0-9]", "", _text(name))[:18]
    return int(digits) if digits else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
