"""Spend, then hand the bytes over. Source: CONTRACTS, "What counts as a download"."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from downloads import fulfilment, lookups
from downloads.errors import StorageDown, Unavailable
from downloads.models import Asset, Grant
from storefront.addresses import Click, new_click, read_click
from storefront.errors import ClickOver
from storefront.ranges import Span, Unsatisfiable, read_range
from storefront.refusals import (
    answers_with_pages,
    forms_lead_out,
    prefetch_refused,
    press_the_button,
)

BLOCK_BYTES = 64 * 1024
# Types no browser runs anything from. Everything else leaves as plain bytes.
PASSIVE_TYPES = ("audio/", "video/", "image/avif", "image/gif", "image/jpeg", "image/png",
                 "image/webp", "application/epub+zip", "application/zip", "text/plain")  # fmt: skip


class HttpResponseSeeOther(HttpResponseRedirect):
    status_code = 303


# The signature is the permission, here and below: no cookie, and so no forger, plays a part.
@csrf_exempt
@require_http_methods(["GET", "HEAD"])
@forms_lead_out
@answers_with_pages
def download(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Hand over what a signed address names; a GET spends, or rides on its own click."""
    if is_prefetch(request):
        return prefetch_refused()
    at = timezone.now()
    click = read_click(signed)
    grant = lookups.grant_of_address(click.grant)
    if request.method == "HEAD" or not _is_satisfiable(request, grant.asset):
        refusal = lookups.refusal_of_click(
            grant, nonce=click.nonce, valid_until=click.valid_until, at=at
        )
        if refusal is not None:
            raise _refused(refusal, grant, click, at=at)
        fulfilment.require_file(grant.asset)
    else:
        _spend(grant, click, at=at)
    if grant.asset.kind == Asset.FILE:
        return file_answer(request, grant.asset)
    return HttpResponse() if request.method == "HEAD" else HttpResponseRedirect(grant.asset.link)


@csrf_exempt
@forms_lead_out
@answers_with_pages
def click(request: HttpRequest, signed: str) -> HttpResponse:
    """Spend a download for a form's click, then send the browser to the bytes."""
    if request.method != "POST":
        return press_the_button(request)
    opened = read_click(signed)
    _spend(lookups.grant_of_address(opened.grant), opened, at=timezone.now())
    return HttpResponseSeeOther(reverse("download", args=[signed]))


def _spend(grant: Grant, click: Click, *, at: datetime) -> None:
    try:
        fulfilment.spend(grant, nonce=click.nonce, valid_until=click.valid_until, at=at)
    except Unavailable as error:
        raise _refused(error.reason, grant, click, at=at) from error


def _refused(reason: str, grant: Grant, click: Click, *, at: datetime) -> Unavailable:
    if reason != Unavailable.CLICK_OVER:
        return Unavailable(reason)
    # The same end as before: an address that leaked does not renew itself for ever.
    return ClickOver(new_click(grant, at=at, valid_until=click.valid_until).form_action)


def is_prefetch(request: HttpRequest) -> bool:
    """Say whether a browser fetches ahead of its person, who may never come."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return any("prefetch" in purpose.lower() for purpose in purposes)


def file_answer(request: HttpRequest, asset: Asset) -> HttpResponseBase:
    """Answer with an asset's bytes, whole (200) or the one range asked for (206, or 416).

    Raises:
        StorageDown: the file cannot be opened.
    """
    headers = file_headers(asset)
    size = asset.size_bytes or 0
    try:
        span = _span(request, asset)
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    status, part = (200, Span(0, size)) if span is None else (206, span)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    headers["Content-Length"] = str(part.length)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    stored = fulfilment.open_file(asset)
    try:
        stored.seek(part.start)
    except OSError as error:
        stored.close()
        raise StorageDown(fulfilment.STORAGE_DOWN) from error
    return StreamingHttpResponse(_blocks(stored, part.length), status=status, headers=headers)


def file_headers(asset: Asset) -> dict[str, str]:
    """Return the headers that keep a stranger's file from acting in our name."""
    is_passive = asset.content_type.startswith(PASSIVE_TYPES)
    return {
        "Content-Type": asset.content_type if is_passive else "application/octet-stream",
        "Content-Disposition": content_disposition_header(True, asset.file_name) or "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": etag(asset),
    }


def etag(asset: Asset) -> str:
    return f'"{asset.sha256}"'


def _span(request: HttpRequest, asset: Asset) -> Span | None:
    # A resume of another version of the file gets the whole of this one. Dates are not offered,
    # so an If-Range that holds one never matches.
    if request.headers.get("If-Range", etag(asset)).strip() != etag(asset):
        return None
    return read_range(request.headers.get("Range"), asset.size_bytes or 0)


def _is_satisfiable(request: HttpRequest, asset: Asset) -> bool:
    if asset.kind == Asset.LINK:
        return True
    try:
        _span(request, asset)
    except Unsatisfiable:
        return False
    return True


def _blocks(stored: IO[bytes], length: int) -> Iterator[bytes]:
    with stored:
        while length > 0:
            block = stored.read(min(BLOCK_BYTES, length))
            if not block:
                return
            length -= len(block)
            yield block
