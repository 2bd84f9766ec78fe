"""REST view of face A: `GET /api/v2/customer-account-orders?id={token}`."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from downloads import lookups
from downloads.errors import NotFound
from storefront.http.throttling import count_miss
from storefront.rest.base import JSONAlone
from storefront.rest.customer_account_orders_schema import CustomerAccountOrderSerializer
from storefront.rest.openapi import MessageSerializer, TooManyMissesSerializer, answer_header


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
    def get(self, request: Request) -> Response:
        at = timezone.now()
        tokens = request.query_params.getlist("id")
        try:
            opened = lookups.order_for_storefront(tokens[0] if len(tokens) == 1 else "")
        except NotFound:
            count_miss(request, at=at)
            raise
        shape = CustomerAccountOrderSerializer(
            {"order": opened}, context={"at": at, "shop": opened.order.shop}
        )
        return Response(shape.data)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        # For every reader, also one that sends no Origin: caches and proxies see one answer.
        response["Access-Control-Allow-Origin"] = "*"
        return response
