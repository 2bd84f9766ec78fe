"""Grants: a customer's own, the one of a signed address, those a changed limit would reach."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.db import models

from downloads.errors import BadCursor, NotFound, Replaced
from downloads.models import Asset, Attachment, Customer, Delivery, Grant, Order, deliveries
from downloads.prepared_statements import Prepared, Slot

DEFAULT_PAGE = 10
MAX_PAGE = 50
MAX_STRETCH = 500
_GRANT_OF_ADDRESS = Prepared(
    lambda: Grant.objects.with_rights().get(pk=Slot("number", models.BigAutoField()))
)


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
    grant: Grant, *, nonce: str, valid_until: datetime, at: datetime, is_part: bool = False
) -> str | None:
    """Return why a click would get nothing, a constant of `Unavailable`; spends nothing.

    `is_part` says that a part is asked for, whatever version it is of.

    Raises:
        Replaced: a part is asked for of another version than the one that the click opened.
    """
    delivery = Delivery.objects.of_click(grant, nonce)
    refusal = deliveries.refusal_of_click(grant, delivery, valid_until=valid_until, at=at)
    if refusal is None and is_part and delivery is not None and not delivery.is_of(grant.asset):
        raise Replaced
    return refusal


def is_opened(grant: Grant, *, nonce: str) -> bool:
    """Say whether a click has been spent on already. One query."""
    return Delivery.objects.of_click(grant, nonce) is not None


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
    """Return this customer's grants, newest first, in stretches of 1 to 500 (10 by default).

    `after` and `before` are numbers of grants. Two queries.

    Raises:
        BadCursor: `first` or `last` out of bounds, or both at once.
    """
    backwards, size = last is not None, stretch_size(first=first, last=last)
    matching = Grant.objects.for_customer(customer)
    if status is not None:
        matching = matching.with_status(status, at)
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


def stretch_size(*, first: int | None, last: int | None) -> int:
    """Return how many grants are asked for from either end; 10 where neither is named.

    Raises:
        BadCursor: out of bounds, or both at once.
    """
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_STRETCH:
            raise BadCursor(f'"{name}" must be between 1 and {MAX_STRETCH}')
    if first is not None and last is not None:
        raise BadCursor('Use "first" or "last", not both')
    return first or last or DEFAULT_PAGE


@dataclass(frozen=True)
class NumberedPage:
    """One page of a customer's grants, newest first; `total` counts all that match."""

    grants: list[Grant]
    page: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        return ceil(self.total / self.per_page)


def grants_on_page(
    customer: Customer, *, page: int, per_page: int, status: str | None, at: datetime
) -> NumberedPage:
    """Return a page of this customer's grants, counted from 1. One past the end is empty.

    Two queries.

    Raises:
        BadCursor: `page` below 1, or `per_page` not between 1 and 50.
    """
    if page < 1:
        raise BadCursor('"page" must be at least 1')
    if not 1 <= per_page <= MAX_PAGE:
        raise BadCursor(f'"per_page" must be between 1 and {MAX_PAGE}')
    matching = Grant.objects.for_customer(customer)
    if status is not None:
        matching = matching.with_status(status, at)
    start = (page - 1) * per_page
    rows = list(matching.with_facts().order_by("-pk")[start : start + per_page])
    return NumberedPage(grants=rows, page=page, per_page=per_page, total=matching.count())


def grants_with_other_limit(attachment: Attachment) -> int:
    """Count the earlier buyers' grants that `fulfilment.apply_limit` would change."""
    grants = Grant.objects.filter(line__product=attachment.product_id, asset=attachment.asset_id)
    return grants.exclude(limit=attachment.limit).count()
