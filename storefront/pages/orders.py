"""The download page, the front page and the probes. No page needs a script or a cookie."""

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from downloads import lookups
from downloads.errors import NotFound, Unavailable
from downloads.health import failing_parts
from downloads.models import Asset, Grant
from storefront.demo.example import ORDER_TOKEN
from storefront.http.json_errors import json_error, reads_json
from storefront.http.outage_errors import is_outage
from storefront.http.throttling import count_miss
from storefront.pages.errors import answers_with_pages, forms_lead_out
from storefront.pages.outages import out_of_reach
from storefront.rest.customer_account_orders_schema import size_text
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
    context = {
        "shop": opened.order.shop,
        "order": opened.order,
        "lines": [
            {"product": line.product, "items": [_item(grant, at=at) for grant in line.grants]}
            for line in opened.lines
        ],
        "items": [_item(grant, at=at) for grant in opened.grants],
    }
    return render(request, "order.html", context)


def _item(grant: Grant, *, at: datetime) -> Item:
    reason = grant.refusal(at)
    return Item(
        grant=grant,
        size=size_text(grant.asset.size_bytes),
        is_link=grant.asset.kind == Asset.LINK,
        refusal=None if reason is None else Unavailable.MESSAGES[reason],
        form_action=new_click(grant, at=at).form_action if reason is None else None,
    )


@csrf_exempt
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is; on a laptop with a demo, lead there."""
    has_demo = not settings.PRODUCTION and lookups.has_order(ORDER_TOKEN)
    context = {
        "demo_token": ORDER_TOKEN if has_demo else None,
        "has_docs": settings.SERVE_DOCS,
    }
    return render(request, "home.html", context)


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether database, migrations and storage are fit to serve, and when the worker was seen.

    A silent worker keeps nobody from being served: the status is that of the other parts. `worker`
    is left out where the database cannot be asked; `since` is null where there never was one.
    """
    failing = failing_parts(connection)
    worker = _worker_seen(connection)
    if not failing:
        return JsonResponse({"status": "ok"} | worker)
    return JsonResponse(
        {"status": "unavailable", "failing": failing} | worker,
        status=503,
        headers={"Retry-After": str(settings.RETRY_AFTER_SECONDS)},
    )


def _worker_seen(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    try:
        # A table that is still to come spoils no transaction around this.
        with transaction.atomic(using=connection.alias):
            since = lookups.worker_seen_at()
    except DatabaseFault:
        return {}
    return {"worker": {"since": since and since.replace(microsecond=0)}}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain_page(request, 400, "This request was not understood", "Check the address.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain_page(request, 403, "Not allowed", "Sign in with an account that may do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain_page(request, 404, "Not found", "Check the address.")


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return out_of_reach(request, error)
    step = "It is our fault, and nothing was counted. Please try again in a moment."
    return _plain_page(request, 500, "Something went wrong", step)


def _plain_page(request: HttpRequest, status: int, title: str, step: str) -> HttpResponse:
    if reads_json(request):
        return json_error(request, f"{title}. {step}", status)
    return render(request, "refusal.html", {"title": title, "step": step}, status=status)
