"""REST view of face A: `GET /api/v2/customer-account-orders?id={token}`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.views import APIView

from downloads import lookups
from downloads.errors import NotFound
from downloads.models.shops import DEFAULT_TITLE
from storefront.http.json_bodies import dump_json
from storefront.http.throttling import count_miss
from storefront.pages.languages import DEPENDS_ON_READER, language_of
from storefront.pages.orders import title_in
from storefront.rest.base import JSONAlone
from storefront.rest.customer_account_orders_schema import (
    CustomerAccountOrderSerializer,
    shape_of,
)
from storefront.rest.exceptions import answer_rest_error
from storefront.rest.openapi import MessageSerializer, TooManyMissesSerializer, answer_header

ALLOWED = "GET, HEAD, OPTIONS"


class CustomerAccountOrders(APIView):
    """What a buyer may download, for a storefront. The token is the whole credential."""

    http_method_names = ["get", "head", "options"]
    content_negotiation_class = JSONAlone

    @extend_schema(
        operation_id="customerAccountOrder",
        summary="One order's downloads, by its order-status token",
        description="The token is the whole credential: no key, no login. Reading counts nothing.",
        parameters=[
            OpenApiParameter("id", str, required=True, description="The order-status token."),
            answer_header("Retry-After", int, "Seconds to wait before asking again.", 429, 503),
        ],
        auth=[],
        responses={
            200: OpenApiResponse(CustomerAccountOrderSerializer, description="The order."),
            402: OpenApiResponse(MessageSerializer, description="Not in the shop's plan."),
            404: OpenApiResponse(MessageSerializer, description="No order matches the token."),
            429: OpenApiResponse(TooManyMissesSerializer, description="Too many wrong tokens."),
            503: OpenApiResponse(MessageSerializer, description="Out of reach just now."),
        },
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        tokens = request.GET.getlist("id")
        try:
            opened = lookups.order_for_storefront(tokens[0] if len(tokens) == 1 else "")
        except NotFound:
            count_miss(request, at=at)
            raise
        shop = opened.order.shop
        if shop.page_title != DEFAULT_TITLE:
            return _json(shape_of(opened, at=at))
        title = title_in(language_of(request, shop.language), shop)
        vary = {"Vary": DEPENDS_ON_READER}
        return _json(shape_of(opened, at=at, title=title), headers=vary.items())

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # What the framework does beside (negotiation, renderers) has one outcome here, and costs
        # more than the answer.
        if request.method not in ("GET", "HEAD"):
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        else:
            try:
                response = self.get(request)
            except Exception as error:
                refusal = answer_rest_error(error, {"request": request})
                if refusal is None:
                    raise
                response = _json(refusal.data, refusal.status_code, refusal.items())
            response.headers["Allow"] = ALLOWED
        # For every reader, also one that sends no Origin: caches and proxies see one answer.
        response["Access-Control-Allow-Origin"] = "*"
        return response


def _json(body: Any, status: int = 200, headers: Any = ()) -> HttpResponse:
    typed = {**dict(headers), "Content-Type": "application/json"}
    return HttpResponse(dump_json(body), status=status, headers=typed)
