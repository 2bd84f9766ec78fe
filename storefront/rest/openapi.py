"""OpenAPI responses, headers and parameters shared by views whose callers send a key."""

from collections.abc import Iterable
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

HEADER: Final = OpenApiParameter.HEADER
# In the words of the answers' `error`.
REFUSED = {
    429: "`rate_limit_exceeded`: more requests in this minute than the key allows, or more refused "
    "ones from this address.",
    503: "`service_unavailable`: a part of the service is out of reach. Nothing was counted.",
}


class MessageSerializer(serializers.Serializer):
    message = serializers.CharField(help_text="For people; it may change.")


class RefusalSerializer(MessageSerializer):
    error = serializers.CharField(help_text="One word, for programs.")


class TooManyMissesSerializer(MessageSerializer):
    retry_after = serializers.IntegerField(min_value=1, help_text="Seconds, as `Retry-After`.")


class TooManyRequestsSerializer(RefusalSerializer):
    retry_after = serializers.IntegerField(min_value=1, help_text="Seconds, as `Retry-After`.")


def refusals(described: dict[int, str]) -> dict[int, OpenApiResponse]:
    """Return the error responses of an operation, with those that every one has."""
    shapes = {429: TooManyRequestsSerializer}
    return {
        status: OpenApiResponse(shapes.get(status, RefusalSerializer), description=words)
        for status, words in sorted((described | REFUSED).items())
    }


def answer_header(name: str, kind: Any, description: str, *statuses: int | str) -> OpenApiParameter:
    """Describe a header of the responses with these statuses."""
    return OpenApiParameter(
        name, kind, HEADER, description=description, response=[*map(str, statuses)]
    )


def rate_headers(statuses: Iterable[int]) -> list[OpenApiParameter]:
    """Describe the rate limit headers, on responses with these statuses."""
    described = {
        "X-RateLimit-Limit": "Requests a minute that the key allows.",
        "X-RateLimit-Remaining": "How many of them are left in this minute.",
        "X-RateLimit-Reset": "Seconds until the next minute begins.",
    }
    rates = [answer_header(name, int, words, *statuses) for name, words in described.items()]
    wait = answer_header("Retry-After", int, "Seconds to wait before asking again.", 429, 503)
    return [*rates, wait]


def idempotency_header(what: str) -> OpenApiParameter:
    """Describe the Idempotency-Key header."""
    return OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "maxLength": 255},
        HEADER,
        description=f"Any text of your own that names this {what}, as a random UUID.",
    )
