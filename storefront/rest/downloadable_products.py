"""REST views of `/api/shop/customer-downloadable-products`, face B's counterpart.

The same key and bearer as at `POST /api/graphql` (CONTRACTS, "REST counterpart").
"""

import hashlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from downloads import lookups
from downloads.errors import BadInput, NoSuchPage, PageSizeRefused
from downloads.models import Grant
from storefront.authentication import StorefrontCaller, key_and_bearer
from storefront.delivery import views as delivery
from storefront.delivery.senders import PROOF
from storefront.formats import whole_number
from storefront.grant_fields import not_found
from storefront.http.errors import OriginRefused, RateExceeded, RequestRefused
from storefront.http.refusal_counts import REFUSALS, Refusals
from storefront.rest.base import KeyedFace, idempotency_key
from storefront.rest.download_schema import ADDRESS, documented_download, documented_purchase
from storefront.rest.downloadable_products_schema import (
    DownloadableSerializer,
    documented_list,
    documented_one,
)
from storefront.signed_urls import Click, new_click, nonce_of_proof

MAX_DIGITS = 9
MAX_NUMBER = 10**MAX_DIGITS - 1


class CustomerFace(KeyedFace):
    """Key, then rate, then bearer: the same at each path."""

    http_method_names = ["get", "head", "options"]
    refusals: Refusals | None = None
    caller: StorefrontCaller

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        at = timezone.now()
        sent = request.headers
        text = sent.get("X-Storefront-Key", "")
        self.refusals = refusals = Refusals(request._request, text, at=at)
        refusals.require_hope()
        try:
            key, found = key_and_bearer(
                text,
                refusals.bearer,
                origin=sent.get("Origin"),
                grant=whole_number(kwargs.get("number", "")),
                at=at,
            )
        except OriginRefused:
            refusals.note()
            raise
        # nginx asks again where it could not read a file: that is no request of the customer's,
        # and what it gives back does not wait for the next minute.
        if nonce_of_proof(sent.get(PROOF, "")) is None:
            refusals.admit(key)
        self.caller = StorefrontCaller.of(request._request, key, found, at=at)
        if request.method == "OPTIONS":  # every other asks for the customer itself
            refusals.settle(self.caller)

    def handle_exception(self, exc: Exception) -> Response:
        refusals = self.refusals
        if refusals is not None and refusals.is_admitted and isinstance(exc, REFUSALS):
            try:
                refusals.note()
            except RateExceeded as exceeded:
                exc = exceeded
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if self.refusals is not None:
            self.rate = self.refusals.exceeded or self.refusals.rate
        return super().finalize_response(request, response, *args, **kwargs)

    def grant(self, number: str) -> Grant:
        """Return one of the grants that the bearer may see.

        Raises:
            Unauthenticated, NotFound: in this order.
        """
        _ = self.caller.reader
        key = whole_number(number)
        if key is None:
            raise not_found(number)
        return self.caller.grant(key)


class Downloadables(CustomerFace):
    """What a customer bought, newest first."""

    @documented_list
    def get(self, request: Request) -> Response:
        params = request.query_params
        try:
            page = lookups.grants_on_page(
                self.caller.reader,
                number=_whole(params.get("page"), "page", default=1),
                size=_whole(params.get("per_page"), "per_page", default=lookups.DEFAULT_PAGE),
                status=params.get("status"),
                at=self.caller.at,
            )
        except NoSuchPage:
            raise BadInput('"page" must be at least 1') from None
        except PageSizeRefused as error:
            raise BadInput(f'"per_page" must be between 1 and {error.most}') from None
        shape = DownloadableSerializer(page.grants, many=True, context={"at": self.caller.at})
        counts = {
            "X-Total-Count": page.total,
            "X-Page": page.number,
            "X-Per-Page": page.size,
            "X-Total-Pages": page.pages,
        }
        return Response(shape.data, headers={name: str(n) for name, n in counts.items()})


class Downloadable(CustomerFace):
    """One purchased file or link."""

    @documented_one
    def get(self, request: Request, number: str) -> Response:
        grant = self.grant(number)
        return Response(DownloadableSerializer(grant, context={"at": self.caller.at}).data)


class DownloadableDownload(CustomerFace):
    """Its bytes, or a redirect to its link. A GET spends one download, as a signed address does.

    `?as=address` asks for such an address instead, to be opened in a tab, and spends nothing.
    """

    @documented_download
    def get(self, request: Request, number: str) -> HttpResponseBase:
        if delivery.is_prefetch(request._request):
            raise RequestRefused("Nothing is downloaded ahead of a person.", 503)
        grant = self.grant(number)
        click = _click(request, self.caller, grant)
        if _is_url_requested(request):
            return Response({"url": delivery.fresh_url(grant, at=self.caller.at)})
        return delivery.hand_over(request._request, grant, click, at=self.caller.at)


class PurchasedDownload(DownloadableDownload):
    """The same under the path that a storefront's mobile app asks."""

    @documented_purchase
    def get(self, request: Request, number: str) -> HttpResponseBase:
        return super().get(request, number)


def _is_url_requested(request: Request) -> bool:
    params = request.query_params.getlist("as")
    if params not in ([], [ADDRESS]):
        raise BadInput(f'"as" must be "{ADDRESS}", or be left out')
    return bool(params)


def _click(request: Request, caller: StorefrontCaller, grant: Grant) -> Click:
    """Return the click that a request for bytes is: a fresh one, or the one its sender named.

    A client that repeats or resumes sends the same `Idempotency-Key`, and rides on its click.
    """
    end = caller.at + timedelta(seconds=settings.DOWNLOAD_URL_SECONDS)
    failed = nonce_of_proof(request.headers.get(PROOF, ""))
    if failed is not None:
        return Click(grant.pk, failed, end)
    name = idempotency_key(request)
    if not name:
        return new_click(grant, at=caller.at)
    named = f"{caller.customer.pk}/{name}".encode(errors="surrogatepass")
    return Click(grant.pk, f"named-{hashlib.sha256(named).hexdigest()[:32]}", end)


def _whole(text: str | None, name: str, *, default: int) -> int:
    if text is None:
        return default
    number = whole_number(text, most=MAX_NUMBER)
    if number is None:
        raise BadInput(f'"{name}" must be a whole number of at most {MAX_DIGITS} digits')
    return number
