"""The order page: one order's downloads, without script or cookie."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from downloads import lookups
from downloads.errors import NotFound, Unavailable
from downloads.lookups import OpenedOrder
from downloads.models import Asset, Grant
from storefront.brand.marks import brand_of
from storefront.formats import spaced_size
from storefront.http.throttling import count_miss
from storefront.pages.errors import answers_with_pages, forms_lead_out
from storefront.signed_urls import new_click, read_ticket


@dataclass(frozen=True)
class Item:
    """One download on the page: its words, and a form's action or why there is none."""

    grant: Grant
    size: str | None
    is_link: bool
    refusal: str | None
    form_action: str | None


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
    return render(request, "order.html", page_context(opened, at=at))


def page_context(opened: OpenedOrder, *, at: datetime, is_preview: bool = False) -> dict[str, Any]:
    """Return what the page shows of an order; of a preview nothing on it leads to a download."""

    def items(grants: Iterable[Grant]) -> list[Item]:
        return [_item(grant, at=at, is_preview=is_preview) for grant in grants]

    return {
        "shop": opened.order.shop,
        "brand": brand_of(opened.order.shop),
        "order": opened.order,
        "lines": [{"product": line.product, "items": items(line.grants)} for line in opened.lines],
        "items": items(opened.grants),
        "is_preview": is_preview,
    }


def _item(grant: Grant, *, at: datetime, is_preview: bool) -> Item:
    reason = grant.refusal(at)
    is_pressed = reason is None and not is_preview
    return Item(
        grant=grant,
        size=spaced_size(grant.asset.size_bytes),
        is_link=grant.asset.kind == Asset.LINK,
        refusal=None if reason is None else Unavailable.MESSAGES[reason],
        form_action=new_click(grant, at=at).form_action if is_pressed else None,
    )
