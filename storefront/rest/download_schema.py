"""Serializers and OpenAPI schema of a download."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, OpenApiTypes, extend_schema
from rest_framework import serializers

from storefront.rest.downloadable_products_schema import AUTH, NO_KEY, NOT_THERE, NUMBER
from storefront.rest.openapi import (
    HEADER,
    RefusalSerializer,
    answer_header,
    idempotency_header,
    rate_headers,
    refusals,
)

# What `?as=` may ask for in place of the bytes.
ADDRESS = "address"


class AddressSerializer(serializers.Serializer):
    url = serializers.URLField(
        help_text="Signed, counted, good for a day; to be opened in a tab, by a click."
    )


class LinkRefusalSerializer(RefusalSerializer):
    url = serializers.URLField(allow_null=True, help_text="null: ask with `as=address`.")


BYTES = (200, 206)
OF_A_FILE = [
    answer_header("Content-Disposition", str, "`attachment`, with the file's name.", *BYTES),
    answer_header("Accept-Ranges", str, "`bytes`: it can be had in parts.", *BYTES),
    answer_header("ETag", str, "The file's version, for `If-Range`.", *BYTES, 304),
    answer_header("Content-Range", str, "Which part this is, or how large the file.", 206, 416),
    answer_header("Location", OpenApiTypes.URI, "The link's own address.", 302),
]
DESCRIPTION = (
    "Answers with the file's bytes, or leads to the link. Each GET spends one download "
    "but a repetition, or the rest of one that broke off (`Range`), that sends the "
    "`Idempotency-Key` of the first: those are free for half an hour, or longer for a large file. "
    "Then the key is over, and the next download wants a new one. A HEAD and a browser's prefetch "
    "spend nothing, nor does anything refused. A page of your shop is better served with "
    "the address in the list, which a browser can open itself, or with a fresh one, which "
    "`as=address` answers with."
)
PARAMETERS = [
    NUMBER,
    OpenApiParameter(
        "as",
        str,
        enum=[ADDRESS],
        description="Answer with an address to be opened in a tab, and spend nothing.",
    ),
    idempotency_header("download"),
    OpenApiParameter("Range", str, HEADER, description="A part of the file, `bytes=1000-`."),
    OpenApiParameter(
        "If-Range", str, HEADER, description="The `ETag` of what you have the beginning of."
    ),
    OpenApiParameter(
        "If-None-Match", str, HEADER, description="The `ETag` of what you have already."
    ),
    OpenApiParameter("If-Match", str, HEADER, description="The `ETag` you want, or nothing."),
    *OF_A_FILE,
    *rate_headers((200, 206, 302, 304, 400, 404, 409, 412, 416, 429)),
]
ANSWERS: dict[Any, Any] = {
    (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
    (200, "application/json"): OpenApiResponse(
        AddressSerializer, description="With `as=address`: where it is to be had."
    ),
    (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, description="A part of it."),
    302: OpenApiResponse(description="To the link."),
    304: OpenApiResponse(description="You have it already."),
    412: OpenApiResponse(description="It has changed since."),
    416: OpenApiResponse(description="There is no such part of it."),
}
REFUSALS = refusals(
    {
        400: "`invalid_request`: the `Idempotency-Key` is too long, or `as` is no such word.",
        401: NO_KEY,
        403: "Not to be had now: `pending`, `held`, `canceled`, `refunded`, `withdrawn`, "
        "`past`, `used_up`, or `click_over`: the `Idempotency-Key` is. Or "
        "`origin_not_allowed`, as in the list.",
        404: NOT_THERE,
    }
) | {
    409: OpenApiResponse(
        LinkRefusalSerializer,
        description="`link`: a page's script asks for what is kept at another site, whose answer "
        "its browser would withhold. Nothing is spent: ask with `as=address`, and open that.",
    )
}


def _documented(operation_id: str, summary: str, description: str) -> Any:
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description,
        auth=AUTH,
        parameters=PARAMETERS,
        responses=ANSWERS | REFUSALS,
    )


documented_download = _documented(
    "downloadCustomerDownloadableProduct", "Download it: spends one download", DESCRIPTION
)
documented_purchase = _documented(
    "downloadPurchased",
    "Download it, by the path of a storefront's mobile app",
    "As `/api/shop/customer-downloadable-products/{number}/download` in everything.",
)
