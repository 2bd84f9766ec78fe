"""Queries of orders with lines and grants, by token, ticket or number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as _

from downloads.errors import NotFound, PlanRequired
from downloads.models import Grant, LineItem, Order, Product, Shop
from downloads.models.orders import OrderQuerySet
from downloads.prepared_queries import PreparedQuery, fetch
from downloads.prepared_statements import Slot
from downloads.search.text import Contains
from downloads.tokens import MIN_LENGTH, hash_token

ORDER_NOT_FOUND = _("No order matches this link.")


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

    One round trip, however many lines and assets. Source: CONTRACTS, face A.

    Raises:
        NotFound: no order has this token. Looked at first, so a stranger learns no plan.
        PlanRequired: the token is right, the shop's plan lacks customer-account links.
    """
    opened = order_for_page(token)
    if not opened.order.shop.plan.customer_account_links:
        raise PlanRequired(
            "Customer-account download links need the Premium plan. Upgrade to enable them."
        )
    return opened


def order_for_page(token: str) -> OpenedOrder:
    """Return the order of an order-status token, whatever the shop's plan.

    Raises:
        NotFound: no order has this token.
    """
    if len(token) < MIN_LENGTH:
        raise NotFound(ORDER_NOT_FOUND)
    return _BY_TOKEN.open(token_hash=hash_token(token))


def order_of_ticket(number: int, revision: int) -> OpenedOrder:
    """Return the order a page ticket names, unless the ticket has been revoked since.

    Raises:
        NotFound: no such order, or its revision has moved on.
    """
    return _BY_TICKET.open(number=number, revision=revision)


def orders_of_secrets(
    *, tokens: Iterable[str], orders: Iterable[int], grants: Iterable[int]
) -> QuerySet[Order]:
    """Return the orders that these lead to, of whatever shop: who may see them is yet to be asked.

    Order-status tokens, the numbers that page tickets name (revoked ones too), and those of grants
    that signed addresses name.
    """
    hashes = [hash_token(token) for token in tokens if len(token) >= MIN_LENGTH]
    # Asked first: a condition on other rows, or another one on its own, goes by no index.
    clicked = Grant.objects.filter(pk__in=list(grants)).order_by().values_list("order", flat=True)
    return Order.objects.filter(Q(token_hash__in=hashes) | Q(pk__in=[*orders, *clicked]))


def orders_of_number(number: int) -> QuerySet[Order]:
    """Return the orders with this number on their receipt, of whatever shop."""
    # Any shop's, and each by name: the index begins with the shop.
    return Order.objects.filter(shop__in=Shop.objects.order_by().values("pk"), number=number)


def orders_of_receipt(text: str) -> QuerySet[Order]:
    """Return the orders with this text as the number on their receipt, of whatever shop."""
    # By the index of parts of texts, which knows the beginnings.
    begun = Order.objects.filter(Contains(Order, text, at_start=True))
    return begun.filter(receipt_number__iexact=text).exclude(receipt_number="")


def has_order(token: str) -> bool:
    """Say whether an order has this order-status token."""
    return Order.objects.filter(token_hash=hash_token(token)).exists()


def orders_with_shop() -> OrderQuerySet:
    """Return all orders, with shop and plan loaded."""
    return Order.objects.select_related("shop__plan")


class _Opening:
    """The queries of an order with its lines and grants, by what names the order."""

    def __init__(self, **named: Slot) -> None:
        below = {f"order__{field}": slot for field, slot in named.items()}
        self._order = PreparedQuery(
            lambda: orders_with_shop().filter(**named).only(*SHOWN_OF_ORDER).order_by()
        )
        self._lines = PreparedQuery(
            lambda: (
                LineItem.objects.filter(**below)
                .select_related("product")
                .only(*SHOWN_OF_LINE)
                .order_by("position", "platform_id", "pk")
            )
        )
        self._grants = PreparedQuery(
            lambda: (
                Grant.objects.filter(**below)
                .select_related("asset")
                .only(*SHOWN_OF_GRANT)
                .order_by("pk")
            )
        )

    def open(self, **values: Any) -> OpenedOrder:
        """Return the order with its lines and grants. One round trip.

        Raises:
            NotFound: there is no such order.
        """
        queries = self._order, self._lines, self._grants
        orders, lines, grants = fetch(*[query.given(**values) for query in queries])
        if not orders:
            raise NotFound(ORDER_NOT_FOUND)
        return _gathered(orders[0], lines, grants)

    def below(self, order: Order, **values: Any) -> OpenedOrder:
        """Return an order that is loaded, with its lines and grants. One round trip."""
        lines, grants = fetch(self._lines.given(**values), self._grants.given(**values))
        return _gathered(order, lines, grants)


def open_order(order: Order) -> OpenedOrder:
    """Return an order with its lines and grants. One round trip."""
    return _BY_NUMBER.below(order, number=order.pk)


def _gathered(order: Order, lines: list[LineItem], grants: list[Grant]) -> OpenedOrder:
    by_line: dict[int | None, list[Grant]] = defaultdict(list)
    lines_by_id: dict[int | None, LineItem] = {line.id: line for line in lines}
    for grant in grants:
        _ORDER.set_cached_value(grant, order)
        number = grant.line_id
        if number is not None:
            line = lines_by_id.get(number)
            if line is None:
                # It came between the query of lines and that of grants: the next reading shows it.
                continue
            _LINE.set_cached_value(grant, line)
        by_line[number].append(grant)
    return OpenedOrder(
        order=order,
        lines=[OpenedLine(line, line.product, by_line[line.id]) for line in lines],
        grants=by_line[None],
    )


# What a page shows of an order, and what the rule of who may download reads.
SHOWN_OF_ORDER = (
    *("shop", "number", "receipt_number", "platform_id", "ticket_revision"),
    *("payment", "hold", "cancelled_at", "fully_refunded", "keeps_own_assets"),
    *("shop__name", "shop__page_title", "shop__page_text", "shop__link_urls"),
    "shop__language",
    *("shop__accent", "shop__logo", "shop__logo_width", "shop__logo_height"),
    *("shop__address", "shop__support", "shop__imprint"),
    "shop__plan__customer_account_links",
)
SHOWN_OF_LINE = (
    *("order", "product", "quantity", "product__name", "product__variant_name", "product__sku"),
    *("product__vendor", "product__tags", "product__product_id", "product__variant_id"),
)
SHOWN_OF_GRANT = (
    *("order", "line", "product", "asset", "bought", "used", "canceled"),
    *("refunded", "unpaid", "replaced", "expires_at", "withdrawn_at"),
    *("asset__title", "asset__file", "asset__file_name", "asset__size_bytes", "asset__link"),
    "asset__withdrawn_at",
)
# Assigning would ask each time whether the two may be related at all.
_ORDER, _LINE = Grant._meta.get_field("order"), Grant._meta.get_field("line")
_BY_TOKEN = _Opening(token_hash=Slot("token_hash", models.CharField()))
_BY_NUMBER = _Opening(pk=Slot("number", models.BigAutoField()))
_BY_TICKET = _Opening(
    pk=Slot("number", models.BigAutoField()),
    ticket_revision=Slot("revision", models.IntegerField()),
)
