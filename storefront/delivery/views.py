"""Download views: spend, then send. Source: CONTRACTS, "What counts as a download"."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from downloads import fulfilment, lookups
from downloads.errors import Replaced, StorageDown, Unavailable
from downloads.fulfilment import ClickRequest, Opened
from downloads.links import public_url
from downloads.models import Asset, Grant
from storefront.brand.marks import note_brand
from storefront.delivery.responses import Part, part_of
from storefront.delivery.senders import PROOF, way_out
from storefront.delivery.streams import FileStream
from storefront.delivery.visitors import visitor_of
from storefront.http.errors import ClickOver, MethodRefused, OpensInTab
from storefront.http.fetch_metadata import has_fetch_mode, is_script
from storefront.pages.errors import (
    answers_as_accepted,
    answers_with_pages,
    forms_lead_out,
    prefetch_refused,
    press_the_button,
)
from storefront.pages.languages import kept_language
from storefront.signed_urls import Click, is_proof, new_click, read_click


class HttpResponseSeeOther(HttpResponseRedirect):
    status_code = 303


# The signature is the permission, here and below: no cookie, and so no forger, plays a part.
@csrf_exempt
@forms_lead_out
@answers_as_accepted
def download(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Serve a signed download URL; a GET spends, or rides on its own click."""
    if request.method not in ("GET", "HEAD"):
        raise MethodRefused("GET", "HEAD")
    if is_prefetch(request):
        return prefetch_refused(request)
    click = read_click(signed)
    grant = lookups.grant_of_click(click.grant, nonce=click.nonce, revision=click.revision)
    note_brand(request, grant.order.shop)
    return hand_over(request, grant, click, at=timezone.now())


@csrf_exempt
@forms_lead_out
@answers_with_pages
def click(request: HttpRequest, signed: str) -> HttpResponse:
    """Spend a download for a form's click, then send the browser to the bytes."""
    if request.method != "POST":
        return press_the_button(request)
    if is_script(request):
        # No script of another origin could read the answer, and it would be counted all the same.
        return press_the_button(request, status=409)
    at = timezone.now()
    opened = read_click(signed)
    grant = lookups.grant_of_click(opened.grant, nonce=opened.nonce, revision=opened.revision)
    note_brand(request, grant.order.shop)
    _open(request, grant, opened, at=at).close()
    path = replace(opened, file_name=grant.asset.file_name).path
    return HttpResponseSeeOther(path + kept_language(request))


def hand_over(
    request: HttpRequest, grant: Grant, click: Click, *, at: datetime
) -> HttpResponseBase:
    """Serve a file's bytes or a redirect to a link: a GET spends, a HEAD does not.

    Raises:
        Unavailable: the click gets nothing; `ClickOver` where a fresh one may.
        StorageDown: the file cannot be read. Nothing is spent, or it is given back.
        OpensInTab: a script asks for a link. Nothing is spent.
    """
    if is_proof(request.headers.get(PROOF, ""), click):
        fulfilment.give_back_failed(grant, nonce=click.nonce, at=at)
        raise StorageDown
    if grant.asset.kind == Asset.LINK:
        return _to_link(request, grant, click, at=at)
    try:
        return _hand_over(request, grant, click, part_of(request, grant.asset), at=at)
    except Replaced:
        # Joined to what the client has of the version before, a part would make a broken file.
        whole = part_of(request, grant.asset, is_whole=True)
        return _hand_over(request, grant, click, whole, at=at, takes_whole=True)


def _to_link(request: HttpRequest, grant: Grant, click: Click, *, at: datetime) -> HttpResponseBase:
    _require_reader(request, grant, click, at=at)
    if request.method == "HEAD":
        public_url(grant.asset.link)
        _require(grant, click, at=at)
        # Streamed, so that nothing says how long it is: a GET leads to what we do not know.
        return StreamingHttpResponse(())
    _open(request, grant, click, at=at).close()
    return HttpResponseRedirect(public_url(grant.asset.link))


def _hand_over(
    request: HttpRequest,
    grant: Grant,
    click: Click,
    part: Part,
    *,
    at: datetime,
    takes_whole: bool = False,
) -> HttpResponseBase:
    if request.method == "HEAD" or not part.span.length:
        _require(grant, click, at=at, is_part=part.is_blind)
        return part.without_bytes()
    way = way_out(request)
    options = {"upfront_bytes": way.upfront_bytes(part), "takes_whole": takes_whole}
    opened = _open(request, grant, click, at=at, is_part=part.is_blind or takes_whole, **options)
    return way.answer(opened, part)


def fresh_url(grant: Grant, *, at: datetime) -> str:
    """Return a signed URL that would serve a grant. Nothing is spent.

    Raises:
        Unavailable, StorageDown: it would not, as `hand_over` says.
    """
    click = new_click(grant, at=at)
    _require(grant, click, at=at)
    return click.url


def check_answer(request: HttpRequest, asset: Asset) -> HttpResponseBase:
    """Serve a file to staff who check it. Nothing is counted.

    Raises:
        StorageDown: the file cannot be read.
    """
    part = part_of(request, asset)
    if not part.span.length or request.method == "HEAD":
        fulfilment.require_file(asset)
        return part.without_bytes()
    stream = FileStream(fulfilment.open_file(asset), part.span)
    return StreamingHttpResponse(stream, status=part.status, headers=part.headers)


def is_prefetch(request: HttpRequest) -> bool:
    """Say whether a request is a browser's prefetch, whose person may never come."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return any("prefetch" in purpose.lower() for purpose in purposes)


def _require_reader(request: HttpRequest, grant: Grant, click: Click, *, at: datetime) -> None:
    """Refuse a script's request for a link: it leaves by a redirect to another host.

    Its browser would follow and withhold what comes, and the download would be gone.
    """
    if not is_script(request):
        return
    # Older browsers keep a form's `Origin` on its redirect: that click was counted by the form.
    if not has_fetch_mode(request) and lookups.is_opened(grant, nonce=click.nonce):
        return
    _require(grant, click, at=at)
    raise OpensInTab


def _require(grant: Grant, click: Click, *, at: datetime, is_part: bool = False) -> None:
    """Refuse what a click would be refused, without spending."""
    refusal = lookups.refusal_of_click(
        grant, nonce=click.nonce, valid_until=click.valid_until, at=at, is_part=is_part
    )
    if refusal is not None:
        raise _refused(refusal, grant, click, at=at)
    fulfilment.require_file(grant.asset)


def _open(
    request: HttpRequest,
    grant: Grant,
    click: Click,
    *,
    at: datetime,
    **part: Any,
) -> Opened:
    if grant.asset.kind == Asset.LINK:
        public_url(grant.asset.link)  # one that nobody can follow costs nothing
    delivery_request = ClickRequest(
        nonce=click.nonce,
        valid_until=click.valid_until,
        at=at,
        visitor=visitor_of(request),
        **part,
    )
    try:
        return fulfilment.open_delivery(grant, delivery_request)
    except Unavailable as error:
        raise _refused(error.reason, grant, click, at=at) from error


def _refused(reason: str, grant: Grant, click: Click, *, at: datetime) -> Unavailable:
    if reason != Unavailable.CLICK_OVER:
        return Unavailable(reason)
    # The same end as before: an address that leaked does not renew itself for ever.
    return ClickOver(new_click(grant, at=at, valid_until=click.valid_until).form_action)
