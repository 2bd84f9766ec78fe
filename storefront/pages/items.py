"""What stands on an order's page: sections by product, their files and links, how many are left."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from downloads.bidi import isolate_html
from downloads.errors import Unavailable
from downloads.lookups import OpenedOrder
from downloads.models import Asset, Grant, Product
from storefront.formats import spaced_size
from storefront.mail.messages.text import moment
from storefront.pages.errors import ASK, TITLES_AND_STEPS
from storefront.signed_urls import new_click

# Above it a page has a search, one section for each product, and a file once in it.
MOST_PLAIN = 10
LONGEST_FIND = 100
# What to do next where one download of an order is shut and others may be open.
STEPS: dict[str, str | Promise] = {
    Unavailable.REFUNDED: ASK,
    **{
        reason: TITLES_AND_STEPS[reason][1]
        for reason in (Unavailable.WITHDRAWN, Unavailable.PAST, Unavailable.USED_UP)
    },
}


@dataclass(frozen=True)
class Look:
    """When a page is looked at, and how.

    `notice` is why all of it is shut: the page says so once, above.
    """

    at: datetime
    language: str
    is_preview: bool = False
    notice: str | None = None


@dataclass(frozen=True)
class Way:
    """Downloads of one thing that stand alike: what is left and the button, or why there is none.

    `remaining` and `allowed` are null where there is no limit, or nothing to be had.
    """

    count: str = ""
    remaining: int | None = None
    allowed: int | None = None
    until: str = ""
    refusal: str = ""
    step: str | Promise = ""
    form_action: str | None = None
    is_open: bool = False


@dataclass(frozen=True)
class Item:
    """A file or link on the page, and the ways to it: one, unless it was bought several times."""

    title: str
    file_name: str
    size: str
    is_link: bool
    ways: list[Way]


@dataclass(frozen=True)
class Section:
    """A product and what was bought with it; no product for what is the order's own."""

    product: Product | None
    items: list[Item]


def sections_of(opened: OpenedOrder, look: Look) -> list[Section]:
    """Return an order's sections in the order they were placed, the order's own last.

    Of a long order each product has one, and each file stands in it once.
    """
    is_long = is_long_order(opened)
    grants: dict[object, list[Grant]] = {}
    products: dict[object, Product] = {}
    for number, line in enumerate(opened.lines):
        key = line.product.pk if is_long else number
        products.setdefault(key, line.product)
        grants.setdefault(key, []).extend(line.grants)
    sections = [
        Section(product, _items(grants[key], look, is_long=is_long))
        for key, product in products.items()
    ]
    own = _items(opened.grants, look, is_long=is_long)
    return [*sections, Section(None, own)] if own else sections


def is_long_order(opened: OpenedOrder) -> bool:
    """Say whether an order has more downloads than are seen at a glance."""
    return len(opened.grants) + sum(len(line.grants) for line in opened.lines) > MOST_PLAIN


def ways_in(sections: Iterable[Section]) -> Iterator[Way]:
    """Yield each way of these sections."""
    return (way for section in sections for item in section.items for way in item.ways)


def found_in(sections: Iterable[Section], text: str) -> Iterator[Section]:
    """Yield what of these sections has all words of a text: a product with all, or some of it."""
    words = text.casefold().split()
    for section in sections:
        product = section.product
        named = "" if product is None else f"{product.name} {product.variant_name or ''}"
        items = [
            item
            for item in section.items
            if _has(words, f"{named} {item.title} {'' if item.is_link else item.file_name}")
        ]
        if items:
            yield Section(product, items)


def _has(words: list[str], text: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)


def _items(grants: Iterable[Grant], look: Look, *, is_long: bool) -> list[Item]:
    together: dict[object, list[Grant]] = {}
    for grant in grants:
        together.setdefault(grant.asset_id if is_long else grant.pk, []).append(grant)
    return [_item(same, look) for same in together.values()]


def _item(grants: list[Grant], look: Look) -> Item:
    """Make the item of one asset's grants: those that stand alike are counted together."""
    alike: dict[object, list[Grant]] = {}
    for grant in grants:
        reason = grant.refusal(look.at)
        is_limited = grant.bought is not None
        state = (is_limited, grant.expires_at) if reason is None else reason
        alike.setdefault(state, []).append(grant)
    if any(grant.refusal(look.at) is None for grant in grants):
        # Nobody is told that all are used beside a button for those that are left.
        alike.pop(Unavailable.USED_UP, None)
    asset = grants[0].asset
    return Item(
        title=asset.title,
        file_name=asset.file_name,
        size=_size(look.language, asset.size_bytes),
        is_link=asset.kind == Asset.LINK,
        ways=[_way(same, look) for same in alike.values()],
    )


# A file's size stands on the pages of all who bought it.
@lru_cache(4096)
def _size(_language: str, size_bytes: int | None) -> str:
    size = spaced_size(size_bytes)
    return isolate_html(size) if size else ""


@lru_cache(1000)
def _count(_language: str, remaining: int | None) -> str:
    if remaining is None:
        return _("No limit on downloads")
    words = ngettext("{count} download left", "{count} downloads left", remaining)
    return words.format(count=remaining)


def _way(grants: list[Grant], look: Look) -> Way:
    first = grants[0]
    reason = first.refusal(look.at)
    if reason == look.notice and reason is not None:
        return Way()
    if reason is not None:
        return Way(refusal=_(Unavailable.MESSAGES[reason]), step=STEPS.get(reason, ""))
    remaining = _sum(grant.remaining for grant in grants)
    return Way(
        count=_count(look.language, remaining),
        remaining=remaining,
        allowed=_sum(grant.allowed for grant in grants),
        until=_until(first.expires_at),
        form_action=None if look.is_preview else new_click(first, at=look.at).form_action,
        is_open=True,
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    given = [count for count in counts if count is not None]
    return sum(given) if given else None


def _until(end: datetime | None) -> str:
    if end is None:
        return ""
    time = format_html('<time datetime="{}">{}</time>', end.isoformat(), moment(end))
    return format_html(_("Until {end}"), end=time)
