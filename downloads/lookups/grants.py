"""Queries of grants: by customer, by signed URL, by attachment, paginated."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.db import models

from downloads.errors import NoSuchPage, NotFound, PageSizeRefused, Replaced
from downloads.models import Attachment, Delivery, Grant, Reader, deliveries
from downloads.prepared_queries import PreparedQuery
from downloads.prepared_statements import Slot

DEFAULT_PAGE = 10
MAX_PAGE = 50
MAX_STRETCH = 500
_GRANT_OF_CLICK = PreparedQuery(
    lambda: Grant.objects.with_rights().filter(pk=Slot("number", models.BigAutoField())).order_by()
)


def grant_of_reader(reader: Reader, number: int) -> Grant:
    """Return one grant that somebody may see with order, asset, line and product loaded.

    Raises:
        NotFound: missing, not theirs to see or another shop's: the same message for all.
    """
    grant = Grant.objects.seen_by(reader).with_facts().filter(pk=number).first()
    if grant is None:
        raise NotFound("There is no such download.")
    return grant


def grant_of_click(number: int, *, revision: int | None = None) -> Grant:
    """Return the grant that a signed URL names, with order and asset loaded.

    The signature is the permission to ask, until the order's tickets are of another `revision`:
    its buyer or their address may be another by then. None: not asked.

    Raises:
        NotFound: the grant is gone, or the URL has ended.
    """
    grant: Grant | None = _GRANT_OF_CLICK.first(number=number)
    if grant is None or revision not in (None, grant.order.ticket_revision):
        raise NotFound("This download does not exist.")
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
    """A stretch of the grants somebody may see, newest first; `total` counts all that match."""

    grants: list[Grant]
    has_previous: bool
    has_next: bool
    total: int


def grants_of_reader(
    reader: Reader,
    *,
    at: datetime,
    status: str | None = None,
    size: int = DEFAULT_PAGE,
    backwards: bool = False,
    after: int | None = None,
    before: int | None = None,
) -> GrantPage:
    """Return the grants somebody may see, newest first, in stretches of 1 to 500.

    `after` and `before` are numbers of grants, between which `backwards` takes the last and not
    the first. Two queries.

    Raises:
        PageSizeRefused: `size` out of bounds.
    """
    require_size(size)
    matching = Grant.objects.seen_by(reader)
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


def require_size(size: int, *, most: int = MAX_STRETCH) -> None:
    """Refuse to hand out so many grants at once.

    Raises:
        PageSizeRefused: none, or more than `most`.
    """
    if not 1 <= size <= most:
        raise PageSizeRefused(most)


@dataclass(frozen=True)
class NumberedPage:
    """One page of the grants somebody may see, newest first; `total` counts all that match."""

    grants: list[Grant]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return ceil(self.total / self.size)


def grants_on_page(
    reader: Reader, *, number: int, size: int, status: str | None, at: datetime
) -> NumberedPage:
    """Return a page of the grants somebody may see, counted from 1. One past the end is empty.

    Two queries.

    Raises:
        NoSuchPage: `number` below 1.
        PageSizeRefused: `size` not between 1 and 50.
    """
    if number < 1:
        raise NoSuchPage
    require_size(size, most=MAX_PAGE)
    matching = Grant.objects.seen_by(reader)
    if status is not None:
        matching = matching.with_status(status, at)
    start = (number - 1) * size
    rows = list(matching.with_facts().order_by("-pk")[start : start + size])
    return NumberedPage(grants=rows, number=number, size=size, total=matching.count())


def grants_with_other_limit(attachment: Attachment) -> int:
    """Count the earlier buyers' grants that `fulfilment.apply_limit` would change."""
    grants = Grant.objects.filter(line__product=attachment.product_id, asset=attachment.asset_id)
    return grants.exclude(limit=attachment.limit).count()
