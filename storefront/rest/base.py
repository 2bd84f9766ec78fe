"""Base classes of REST views whose callers send a key: negotiation, rate limit, idempotency."""

from datetime import datetime
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from downloads.errors import BadInput
from storefront.authentication import count_request
from storefront.http.throttling import Rate
from storefront.models import ApiKey
from storefront.rest.exceptions import answer_customer_error

MAX_NAME_LENGTH = 255


class JSONAlone(BaseContentNegotiation):
    """Content negotiation that always answers JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class KeyedFace(APIView):
    """Counts each request against its key's rate, and refuses in one shape."""

    content_negotiation_class = JSONAlone
    rate: Rate | None = None

    def get_exception_handler(self) -> Any:
        return answer_customer_error

    def admit(self, key: ApiKey, *, at: datetime) -> None:
        """Count this request against its key's rate limit.

        Raises:
            RateExceeded: it is one too many for its key in this minute.
        """
        self.rate = count_request(key, at=at)
        self.rate.require()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.rate.headers if self.rate else {}).items():
            response[name] = value
        return response


def idempotency_key(request: Request) -> str:
    """Return the Idempotency-Key header, empty if absent.

    Raises:
        BadInput: too long.
    """
    name = request.headers.get("Idempotency-Key", "")
    if len(name) > MAX_NAME_LENGTH:
        raise BadInput(f"The Idempotency-Key is longer than {MAX_NAME_LENGTH} characters.")
    return name
