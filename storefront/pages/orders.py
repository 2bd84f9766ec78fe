"""The order page: one order's downloads, readable without script or cookie."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from downloads import lookups
from downloads.errors import NotFound, Unavailable
from downloads.lookups import OpenedOrder
from downloads.models import Shop
from downloads.models.grants import order_refusals
from downloads.models.shops import DEFAULT_TITLE
from storefront.brand.marks import brand_of
from storefront.http.throttling import count_miss
from storefront.pages.errors import ASK, answers_with_pages, forms_lead_out
from storefront.pages.items import (
    LONGEST_FIND,
    Look,
    Section,
    found_in,
    is_long_order,
    sections_of,
    ways_in,
)
from storefront.pages.languages import page
from storefront.signed_urls import read_ticket

COME_BACK = _("Reload this page later. If it takes long, please ask the shop.")
# What shuts all of an order, and what to do next.
NOTICES: dict[str, tuple[Promise, Promise]] = {
    Unavailable.HELD: (
        _("The shop is checking your payment. Your downloads open here as soon as that is done."),
        COME_BACK,
    ),
    Unavailable.PENDING: (
        _("We are waiting for your payment. Your downloads open here as soon as it has arrived."),
        COME_BACK,
    ),
    Unavailable.CANCELED: (_("This order was cancelled, so its downloads are closed."), ASK),
    Unavailable.REFUNDED: (_("This order was refunded, so its downloads are closed."), ASK),
}
OWN_LEFT = _("The items of this order were refunded, so their downloads are closed.")


# It reads no body, not even for the check of one.
@csrf_exempt
@require_safe
@forms_lead_out
@answers_with_pages
def order(request: HttpRequest, token_or_ticket: str) -> HttpResponseBase:
    """Show one order's downloads to whoever holds its token or a ticket."""
    at = timezone.now()
    ticket = read_ticket(token_or_ticket)
    try:
        if ticket is None:
            opened = lookups.order_for_page(token_or_ticket)
        else:
            opened = lookups.order_of_ticket(*ticket)
    except NotFound:
        count_miss(request, at=at)
        raise
    find = request.GET.get("find", "") if request.META.get("QUERY_STRING") else ""
    return page(
        request,
        "order.html",
        lambda: page_context(opened, at=at, find=find[:LONGEST_FIND].strip()),
        shop_language=opened.order.shop.language,
    )


def page_context(
    opened: OpenedOrder, *, at: datetime, is_preview: bool = False, find: str = ""
) -> dict[str, Any]:
    """Return what the page shows of an order, in the language that is spoken just now.

    Of a preview nothing on it leads to a download.
    """
    order = opened.order
    shop = order.shop
    reason = next(iter(order_refusals(order)), None)
    language = get_language() or ""
    look = Look(at=at, language=language, is_preview=is_preview, notice=reason)
    sections = sections_of(opened, look)
    return {
        "shop": shop,
        "title": title_of(shop),
        **_languages(shop, language),
        "brand": brand_of(shop),
        "order": order,
        "notice": _notice(opened, reason),
        "is_preview": is_preview,
    } | _listed(opened, sections, find)


def title_of(shop: Shop) -> str:
    """Return the heading of a shop's page: its own words, or ours in the language spoken now."""
    return gettext(DEFAULT_TITLE) if shop.page_title == DEFAULT_TITLE else shop.page_title


def title_in(language: str, shop: Shop) -> str:
    """Return the same in a language. English is what stands there."""
    if language == "en":
        return shop.page_title
    with translation.override(language):
        return title_of(shop)


def _languages(shop: Shop, language: str) -> dict[str, str]:
    """Return for screen readers what the merchant's words are in, where it is another language."""
    written = shop.language if shop.language != language else ""
    return {
        "text_language": written,
        "title_language": "" if shop.page_title == DEFAULT_TITLE else written,
    }


def _notice(opened: OpenedOrder, reason: str | None) -> dict[str, Promise]:
    if reason is None:
        return {}
    words, step = NOTICES[reason]
    keeps_own = opened.order.keeps_own_assets and opened.grants
    is_part = reason == Unavailable.REFUNDED and keeps_own
    return {"words": OWN_LEFT if is_part else words, "step": step}


def _listed(opened: OpenedOrder, sections: list[Section], find: str) -> dict[str, Any]:
    """Return the sections to show: of a long order those that were looked for."""
    ways = list(ways_in(sections))
    about = {
        "has_times": any(way.until for way in ways),
        "has_open": any(way.is_open for way in ways),
    }
    if not is_long_order(opened):
        return about | {"sections": sections}
    shown = list(found_in(sections, find)) if find else sections
    counts = [sum(len(section.items) for section in some) for some in (shown, sections)]
    return about | {
        "sections": shown,
        "is_long": True,
        "find": find,
        "shown_count": counts[0],
        "all_count": counts[1],
    }
