"""Queries of grants: by customer, by signed URL, by attachment, paginated."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_noop as _

from downloads.email_addresses import spellings_of
from downloads.errors import NoSuchPage, NotFound, PageSizeRefused, Replaced
from downloads.models import Attachment, Customer, Grant, Order, Reader, deliveries
from downloads.prepared_queries import FilledQuery, PreparedQuery
from downloads.prepared_statements import Slot

DEFAULT_PAGE = 10
MAX_PAGE = 50
MAX_STRETCH = 500
_GRANT = Slot("grant", models.BigAutoField())
_ORDER = OuterRef("order_id")


def grant_seen_by(reader: Callable[[], Reader]) -> PreparedQuery:
    """Prepare the query of one grant by its number (`grant`), for a reader that has slots in it.

    It comes with what the faces show of it, and with all of its asset, which may be handed over.
    """
    return PreparedQuery(
        lambda: (
            # Asked of the one order: SQLite would list all that the reader may see.
            Grant.objects.filter(Exists(Order.objects.seen_by(reader()).filter(pk=_ORDER)))
            .with_facts()
            .only(*SHOWN_OF_GRANT)
            .filter(pk=_GRANT)
            .order_by()
        )
    )


SHOWN_OF_GRANT = (
    *("order", "line", "product", "asset", "bought", "used", "canceled", "refunded", "unpaid"),
    *("replaced", "expires_at", "withdrawn_at", "created_at", "updated_at"),
    *("order__shop", "order__number", "order__receipt_number", "order__platform_id"),
    *("order__ticket_revision", "order__payment", "order__hold", "order__cancelled_at"),
    *("order__fully_refunded", "order__keeps_own_assets", "order__grand_total"),
    *("line__product", "line__product__name", "product__name"),
    *("asset__shop", "asset__title", "asset__file", "asset__file_name", "asset__content_type"),
    *("asset__size_bytes", "asset__sha256", "asset__link", "asset__withdrawn_at"),
)


# As many as `spellings_of` returns at most.
_SPELLINGS: Any = tuple(Slot(f"spelling_{n}", models.CharField()) for n in range(3))
_SHOP = Slot("shop", models.BigAutoField())
_PERSON = Slot("person", models.BigAutoField())
_GRANT_OF_OWNER = grant_seen_by(lambda: Reader(Customer(shop_id=_SHOP), _SPELLINGS))
_GRANT_OF_PERSON = grant_seen_by(lambda: Reader(Customer(shop_id=_SHOP, person_id=_PERSON)))


def question_of_grant(number: int, *, shop: int, person: int) -> FilledQuery:
    """Return what asks for one grant as a person in a shop may see it, to be sent with others."""
    return _GRANT_OF_PERSON.given(grant=number, shop=shop, person=person)


def grant_of_reader(reader: Reader, number: int) -> Grant:
    """Return one grant that somebody may see with order, asset, line and product loaded.

    Raises:
        NotFound: missing, not theirs to see or another shop's: the same message for all.
    """
    grant: Grant | None
    customer, shop = reader.customer, reader.customer.shop_id
    if reader.email:
        spellings = [*spellings_of(reader.email)]
        slots = {slot.name: spellings[n % len(spellings)] for n, slot in enumerate(_SPELLINGS)}
        grant = _GRANT_OF_OWNER.first(grant=number, shop=shop, **slots)
    else:
        grant = _GRANT_OF_PERSON.first(grant=number, shop=shop, person=customer.person_number)
    if grant is None:
        raise NotFound(_("There is no such download."))
    return grant


def grant_of_click(number: int, *, nonce: str = "", revision: int | None = None) -> Grant:
    """Return the grant that a signed URL names, with order, asset and what the click opened.

    The signature is the permission to ask, until the order's tickets are of another `revision`:
    its buyer or their address may be another by then. None: not asked.

    Raises:
        NotFound: the grant is gone, or the URL has ended.
    """
    grant = deliveries.grant_with_click(number, nonce)
    if grant is None or revision not in (None, grant.order.ticket_revision):
        raise NotFound(_("This download does not exist."))
    return grant


def refusal_of_click(
    grant: Grant, *, nonce: str, valid_until: datetime, at: datetime, is_part: bool = False
) -> str | None:
    """Return why a click would get nothing, a constant of `Unavailable`; spends nothing.

    `is_part` says that a part is asked for, whatever version it is of.

    Raises:
        Replaced: a part is asked for of another version than the one that the click opened.
    """
    delivery = deliveries.opened_by_click(grant, nonce)
    refusal = deliveries.refusal_of_click(grant, delivery, valid_until=valid_until, at=at)
    if refusal is None and is_part and delivery is not None and not delivery.is_of(grant.asset):
        raise Replaced
    return refusal


def is_opened(grant: Grant, *, nonce: str) -> bool:
    """Say whether a click has been spent on already. One query at most."""
    return deliveries.opened_by_click(grant, nonce) is not None


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
