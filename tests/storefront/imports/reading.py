"""Reads a text as an import does, without a database."""

from io import BytesIO

from storefront.imports.formats import open_orders


def opened(content):
    """Return what a file's bytes or text are recognised as."""
    return open_orders(BytesIO(content.encode() if isinstance(content, str) else content))


def found(content):
    """Return the orders of a file, and what is wrong with it."""
    return list(opened(content).orders)


def reports(content):
    """Return the reports of a file none of whose orders is refused."""
    orders = found(content)
    assert [order.problem for order in orders] == [""] * len(orders)
    return [order.report for order in orders]
