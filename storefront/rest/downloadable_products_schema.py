"""Serializers and OpenAPI schema of `/api/shop/customer-downloadable-products`."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from downloads.lookups import DEFAULT_PAGE, MAX_PAGE
from downloads.models import Grant, Order
from storefront import grant_fields
from storefront.formats import MAX_KEY
from storefront.rest.openapi import answer_header, rate_headers, refusals
from storefront.signed_urls import counted_url


def _one_of(*words: str) -> dict[str, object]:
    return {"type": "string", "enum": [*words]}


# Source: an Order.
class DownloadableOrderSerializer(serializers.Serializer):
    """The order it was bought with."""

    id = serializers.IntegerField(source="pk")
    incrementId = serializers.CharField(
        source="shown_number", help_text="The number on the receipt."
    )
    status = serializers.SerializerMethodField(help_text="`closed`: refunded in full.")

    @extend_schema_field(_one_of(Order.PENDING, Order.COMPLETED, Order.CANCELED, Order.CLOSED))
    def get_status(self, order: Order) -> str:
        return order.status


# Source: a Grant. Context: `at`.
class DownloadableSerializer(serializers.Serializer):
    """One purchased file or link and its download counter."""

    id = serializers.IntegerField(source="pk", help_text="The same as `_id` at `/api/graphql`.")
    productName = serializers.SerializerMethodField(method_name="get_product_name")
    name = serializers.CharField(source="asset.title")
    fileName = serializers.SerializerMethodField(
        method_name="get_file_name", help_text="What it will be saved under; null for a link."
    )
    type = serializers.SerializerMethodField(method_name="get_kind")
    downloadBought = serializers.SerializerMethodField(
        method_name="get_bought", help_text="How often it may be downloaded; 0: unlimited."
    )
    downloadUsed = serializers.IntegerField(source="used", min_value=0)
    downloadCanceled = serializers.IntegerField(
        source="canceled", min_value=0, help_text="Downloads closed by refunds."
    )
    status = serializers.SerializerMethodField()
    remainingDownloads = serializers.IntegerField(
        source="remaining", min_value=0, allow_null=True, help_text="null: unlimited."
    )
    order = DownloadableOrderSerializer()
    createdAt = serializers.SerializerMethodField(method_name="get_created_at")
    updatedAt = serializers.SerializerMethodField(
        method_name="get_updated_at", help_text="Moves when a download is spent."
    )
    downloadUrl = serializers.SerializerMethodField(
        method_name="get_download_url",
        help_text="Its address for a browser, that asks for no header: signed, counted, good for "
        "a day, fresh at each reading. null unless the status is `available`.",
    )

    def get_product_name(self, grant: Grant) -> str:
        return grant_fields.product_name(grant)

    def get_file_name(self, grant: Grant) -> str | None:
        return grant_fields.file_name(grant)

    @extend_schema_field(_one_of("file", "url"))
    def get_kind(self, grant: Grant) -> str:
        return grant_fields.kind(grant)

    @extend_schema_field(serializers.IntegerField(min_value=0))
    def get_bought(self, grant: Grant) -> int:
        return grant_fields.bought(grant)

    @extend_schema_field(_one_of(Grant.AVAILABLE, Grant.EXPIRED, Grant.PENDING))
    def get_status(self, grant: Grant) -> str:
        return grant.status(self.context["at"])

    def get_created_at(self, grant: Grant) -> datetime:
        return _moment(grant.created_at)

    def get_updated_at(self, grant: Grant) -> datetime:
        return _moment(grant.updated_at)

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_download_url(self, grant: Grant) -> str | None:
        return counted_url(grant, at=self.context["at"])


def _moment(value: datetime) -> Any:
    # Annotated as a time where it is used, so that the OpenAPI document says `date-time`.
    return grant_fields.moment(value)


AUTH: Any = [{"StorefrontKey": [], "CustomerBearer": []}]
NO_KEY = "`missing_key`, `invalid_key` or `unauthenticated`: no key or bearer, or none to be used."
OTHER_SITE = "`origin_not_allowed`: the key is for scripts of other sites."
NOT_THERE = "`not_found`: there is none, or it is another customer's. The two look alike."
NUMBER = OpenApiParameter(
    "number",
    {"type": "integer", "minimum": 1, "maximum": MAX_KEY},
    OpenApiParameter.PATH,
    description="Its `id` in the list.",
)
COUNTS = [
    answer_header(name, int, words, 200)
    for name, words in (
        ("X-Total-Count", "How many there are with the status asked for."),
        ("X-Page", "This page."),
        ("X-Per-Page", "How many a page holds."),
        ("X-Total-Pages", "How many pages there are."),
    )
]

documented_list = extend_schema(
    operation_id="customerDownloadableProducts",
    summary="What a customer bought, newest first",
    description="Send the shop's storefront key and the bearer of the customer who is signed in. "
    "Reading counts nothing. A page past the last one is an empty list.",
    auth=AUTH,
    parameters=[
        OpenApiParameter(
            "page", {"type": "integer", "minimum": 1, "maximum": 10**9 - 1, "default": 1}
        ),
        OpenApiParameter(
            "per_page",
            {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE},
        ),
        OpenApiParameter(
            "status", str, description="Those alone that are `available`, `expired` or `pending`."
        ),
        *COUNTS,
        *rate_headers((200, 400, 429)),
    ],
    responses={200: OpenApiResponse(DownloadableSerializer(many=True), description="One page.")}
    | refusals(
        {
            400: "`invalid_request`: `page` or `per_page` is out of bounds.",
            401: NO_KEY,
            403: OTHER_SITE,
        }
    ),
)
documented_one = extend_schema(
    operation_id="customerDownloadableProduct",
    summary="One purchased file or link",
    description="Reading counts nothing.",
    auth=AUTH,
    parameters=[NUMBER, *rate_headers((200, 404, 429))],
    responses={200: OpenApiResponse(DownloadableSerializer, description="It.")}
    | refusals({401: NO_KEY, 403: OTHER_SITE, 404: NOT_THERE}),
)
