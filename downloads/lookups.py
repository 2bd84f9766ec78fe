"""THE READ DOOR: every question a face may ask. Reading counts nothing."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import QuerySet

from downloads.errors import BadCursor, NotFound, PlanRequired
from downloads.models import (
    Asset,
    Attachment,
    Customer,
    Delivery,
    Grant,
    LineItem,
    Order,
    Product,
    Shop,
    deliveries,
)
from downloads.prepared import Prepared, Slot
from downloads.tokens import MIN_LENGTH, hash_token

ORDER_NOT_FOUND = "No order matches this link."
DEFAULT_PAGE = 10
MAX_PAGE = 50
_GRANT_OF_ADDRESS = Prepared(
    lambda: Grant.objects.with_rights().get(pk=Slot("number", models.BigAutoField()))
)


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
    return _open(order)


def order_for_page(token: str) -> OpenedOrder:
    """Return the order of an order-status token, whatever the shop's plan.

    Raises:
        NotFound: no order has this token.
    """
    return _open(_order_by_token(token))


def order_of_ticket(number: int, revision: int) -> OpenedOrder:
    """Return the order a page ticket names, unless the ticket has been revoked since.

    Raises:
        NotFound: no such order, or its revision has moved on.
    """
    order = _orders().filter(pk=number, ticket_revision=revision).first()
    if order is None:
        raise NotFound(ORDER_NOT_FOUND)
    return _open(order)


def has_order(token: str) -> bool:
    """Say whether an order has this order-status token."""
    return Order.objects.filter(token_hash=hash_token(token)).exists()


def shop_of_domain(domain: str) -> Shop:
    """Return the shop of a domain.

    Raises:
        NotFound: with the domains there are, so that a typing error is seen.
    """
    shop = Shop.objects.filter(domain=domain.strip().lower()).first()
    if shop is None:
        known = ", ".join(Shop.objects.values_list("domain", flat=True)[:20]) or "none yet"
        raise NotFound(f'There is no shop "{domain}". Known shops: {known}.')
    return shop


def grant_of_customer(customer: Customer, number: int) -> Grant:
    """Return one grant of this customer with order, asset, line and product loaded.

    Raises:
        NotFound: missing, another customer's or another shop's: the same message for all.
    """
    grant = Grant.objects.for_customer(customer).with_facts().filter(pk=number).first()
    if grant is None:
        raise NotFound(f'Customer downloadable product with ID "{number}" not found')
    return grant


def grant_of_address(number: int) -> Grant:
    """Return the grant that a signed address names, with order and asset loaded.

    The signature is the permission to ask.

    Raises:
        NotFound: the grant is gone.
    """
    found = _GRANT_OF_ADDRESS.instances(Grant, Order, Asset, number=number)
    if found is None:
        raise NotFound("This download does not exist.")
    grant, grant.order, grant.asset = found
    return grant


def refusal_of_click(
    grant: Grant, *, nonce: str, valid_until: datetime, at: datetime
) -> str | None:
    """Return why a click would get nothing, a constant of `Unavailable`; spends nothing."""
    delivery = Delivery.objects.of_click(grant, nonce)
    return deliveries.refusal_of_click(grant, delivery, valid_until=valid_until, at=at)


@dataclass(frozen=True)
class GrantPage:
    """A stretch of a customer's grants, newest first; `total` counts all that match."""

    grants: list[Grant]
    has_previous: bool
    has_next: bool
    total: int


def grants_of_customer(
    customer: Customer,
    *,
    at: datetime,
    status: str | None = None,
    first: int | None = None,
    after: int | None = None,
    last: int | None = None,
    before: int | None = None,
) -> GrantPage:
    """Return this customer's grants, newest first, in stretches of 1 to 50 (10 by default).

    `after` and `before` are numbers of grants. Two queries.

    Raises:
        BadCursor: `first` or `last` out of bounds, or both at once.
    """
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE:
            raise BadCursor(f'"{name}" must be between 1 and {MAX_PAGE}')
    if first is not None and last is not None:
        raise BadCursor('Use "first" or "last", not both')
    matching = Grant.objects.for_customer(customer)
    if status is not None:
        matching = matching.with_status(status, at)
    backwards, size = last is not None, first or last or DEFAULT_PAGE
    stretch = matching.with_facts()
    if after is not None:
        stretch = stretch.filter(pk__lt=after)
    if before is not None:
        stretch = stretch.filter(pk__gt=before)
    # One row more than asked for tells whether there are others beyond.
    rows = list(stretch.order_by("pk" if backwards else "-pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    return GrantPage(
        grants=rows,
        has_previous=more if backwards else after is not None,
        has_next=before is not None if backwards else more,
        total=matching.count(),
    )


def grants_with_other_limit(attachment: Attachment) -> int:
    """Count the earlier buyers' grants that `fulfilment.apply_limit` would change."""
    grants = Grant.objects.filter(line__product=attachment.product_id, asset=attachment.asset_id)
    return grants.exclude(limit=attachment.limit).count()


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("shop__plan")


def _order_by_token(token: str) -> Order:
    order = None
    if len(token) >= MIN_LENGTH:
        order = _orders().filter(token_hash=hash_token(token)).first()
    if order is None:
        raise NotFound(ORDER_NOT_FOUND)
    return order


def _open(order: Order) -> OpenedOrder:
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
