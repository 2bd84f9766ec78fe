"""Queries of orders with lines and grants, by token, ticket or number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from downloads.errors import NotFound, PlanRequired
from downloads.models import Grant, LineItem, Order, Product
from downloads.models.orders import OrderQuerySet
from downloads.tokens import MIN_LENGTH, hash_token

ORDER_NOT_FOUND = "No order matches this link."


@dataclass(frozen=True)
class OpenedLine:
    """One line with its product and the grants on it, both loaded."""

    line: LineItem
    product: Product
    grants: list[Grant]


@dataclass(frozen=True)
class OpenedOrder:
    """One order with its shop, its lines as placed, and the order's own grants, all loaded.

    Each grant has `asset` and `order` loaded, so `status` and `refusal` ask nothing further.
    """

    order: Order
    lines: list[OpenedLine]
    grants: list[Grant]


def order_for_storefront(token: str) -> OpenedOrder:
    """Return the order of an order-status token, for a shop whose plan shows links there.

    Three queries, however many lines and assets. Source: CONTRACTS, face A.

    Raises:
        NotFound: no order has this token. Looked at first, so a stranger learns no plan.
        PlanRequired: the token is right, the shop's plan lacks customer-account links.
    """
    order = _order_by_token(token)
    if not order.shop.plan.customer_account_links:
        raise PlanRequired(
            "Customer-account download links need the Premium plan. Upgrade to enable them."
        )
    return open_order(order)


def order_for_page(token: str) -> OpenedOrder:
    """Return the order of an order-status token, whatever the shop's plan.

    Raises:
        NotFound: no order has this token.
    """
    return open_order(_order_by_token(token))


def order_of_ticket(number: int, revision: int) -> OpenedOrder:
    """Return the order a page ticket names, unless the ticket has been revoked since.

    Raises:
        NotFound: no such order, or its revision has moved on.
    """
    order = orders_with_shop().filter(pk=number, ticket_revision=revision).first()
    if order is None:
        raise NotFound(ORDER_NOT_FOUND)
    return open_order(order)


def orders_of_secrets(
    *, tokens: Iterable[str], orders: Iterable[int], grants: Iterable[int]
) -> QuerySet[Order]:
    """Return the orders that these lead to, of whatever shop: who may see them is yet to be asked.

    Order-status tokens, the numbers that page tickets name (revoked ones too), and those of grants
    that signed addresses name.
    """
    hashes = [hash_token(token) for token in tokens if len(token) >= MIN_LENGTH]
    named = Q(token_hash__in=hashes) | Q(pk__in=list(orders))
    return Order.objects.filter(
        named | Exists(Grant.objects.filter(order=OuterRef("pk"), pk__in=list(grants)))
    )


def orders_of_number(number: int) -> QuerySet[Order]:
    """Return the orders with this number on their receipt, of whatever shop."""
    return Order.objects.filter(number=number)


def orders_of_receipt(text: str) -> QuerySet[Order]:
    """Return the orders with this text as the number on their receipt, of whatever shop."""
    return Order.objects.filter(receipt_number__iexact=text).exclude(receipt_number="")


def has_order(token: str) -> bool:
    """Say whether an order has this order-status token."""
    return Order.objects.filter(token_hash=hash_token(token)).exists()


def orders_with_shop() -> OrderQuerySet:
    """Return all orders, with shop and plan loaded."""
    return Order.objects.select_related("shop__plan")


def _order_by_token(token: str) -> Order:
    order = None
    if len(token) >= MIN_LENGTH:
        order = orders_with_shop().filter(token_hash=hash_token(token)).first()
    if order is None:
        raise NotFound(ORDER_NOT_FOUND)
    return order


def open_order(order: Order) -> OpenedOrder:
    """Return an order with its lines and grants. Two queries."""
    by_line: dict[int | None, list[Grant]] = defaultdict(list)
    lines = list(order.lines.select_related("product"))
    lines_by_id = {line.pk: line for line in lines}
    for grant in order.grants.select_related("asset").order_by("pk"):
        grant.order = order
        if grant.line_id is not None:
            grant.line = lines_by_id[grant.line_id]
        by_line[grant.line_id].append(grant)
    return OpenedOrder(
        order=order,
        lines=[OpenedLine(line, line.product, by_line[line.pk]) for line in lines],
        grants=by_line[None],
    )
