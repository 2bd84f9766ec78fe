"""The door of face B: `POST /api/graphql`. Storefront key first, then the document.

The view's own `dispatch` is not used: it sets a cookie at every call, and this face knows the
bearer alone.
"""

import json
import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from graphene_django.views import GraphQLView, HttpError
from graphql import ExecutionResult, GraphQLError

from downloads.errors import DownloadsError
from storefront.callers import StorefrontCaller, storefront_key
from storefront.errors import (
    OUTAGES,
    KeyRefused,
    OutOfReach,
    RateExceeded,
    headers_of,
    log_outage,
    status_of,
)
from storefront.throttles import Rate, count

logger = logging.getLogger(__name__)
MASKED = "Something went wrong on our side. Please try again."


class StorefrontGraphQL(GraphQLView):
    """POST alone, `application/json` alone, no batches, no session, no cookie."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return _refuse("Send the query with POST.", 405, Allow="POST, OPTIONS")
        try:
            return self.answer_caller(request)
        except OUTAGES as outage:
            log_outage(outage)
            error = OutOfReach()
            return _refuse(str(error), status_of(error), **headers_of(error))

    def answer_caller(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        try:
            key = storefront_key(request.headers.get("X-Storefront-Key"), at=at)
        except KeyRefused as error:
            return _answer_key_refused(error)
        rate = count("storefront-key", str(key.pk), limit=key.rate_per_minute, at=at)
        if rate.is_exceeded:
            return _with_rate(_answer_rate_exceeded(RateExceeded(rate.reset_seconds)), rate)
        caller = StorefrontCaller(
            shop=key.shop, authorization=request.headers.get("Authorization", ""), at=at
        )
        return _with_rate(self.answer(request, caller), rate)

    def answer(self, request: HttpRequest, caller: StorefrontCaller) -> HttpResponse:
        if self.get_content_type(request) != "application/json":
            return _refuse("Send the query with Content-Type: application/json.", 415)
        self.caller = caller
        try:
            # Read here, because `parse_body` answers with the raw text of any failure.
            request.body.decode()
            asked = self.parse_body(request)
            if not isinstance(asked.get("query"), str):
                return _refuse("Must provide query string.", 400)
            if not isinstance(asked.get("variables"), dict | None):
                return _refuse("Variables must be an object.", 400)
            body, status = self.get_response(request, asked)
        except HttpError as error:
            return _refuse(error.message, error.response.status_code)
        except UnicodeDecodeError:
            return _refuse("The request is not UTF-8 text.", 400)
        except RequestDataTooBig:
            return _refuse("The request is too large.", 413)
        except RecursionError:
            return _refuse("The request is nested too deeply.", 400)
        return HttpResponse(body, status=status, content_type="application/json")

    def execute_graphql_request(self, *args: Any, **kwargs: Any) -> ExecutionResult | None:
        """Run the document. A part out of reach fails the request, not a field of it."""
        result = super().execute_graphql_request(*args, **kwargs)
        for error in (result and result.errors) or ():
            if isinstance(error.original_error, OUTAGES):
                raise error.original_error
        return result

    def get_context(self, request: HttpRequest) -> StorefrontCaller:
        return self.caller

    def json_encode(self, request: HttpRequest, d: Any, pretty: bool = False) -> str:  # noqa: FBT001, FBT002
        return json.dumps(d, separators=(",", ":"))

    @staticmethod
    def format_error(error: Exception) -> dict[str, Any]:
        """Write our own errors and the document's as they are, and mask every other."""
        if not isinstance(error, GraphQLError):
            error = GraphQLError(MASKED, original_error=error)
        original = error.original_error
        if original is None or isinstance(original, DownloadsError | GraphQLError):
            return dict(error.formatted)
        logger.error("A resolver failed", exc_info=original)
        return dict(error.formatted) | {"message": MASKED}


def _refuse(message: str, status: int, **headers: str) -> JsonResponse:
    return JsonResponse({"errors": [{"message": message}]}, status=status, headers=headers)


def _answer_key_refused(error: KeyRefused) -> JsonResponse:
    message = str(error)
    unauthenticated = {"message": message, "extensions": {"code": "UNAUTHENTICATED"}}
    return JsonResponse(
        {"message": message, "error": error.code, "errors": [unauthenticated]},
        status=status_of(error),
    )


def _answer_rate_exceeded(error: RateExceeded) -> JsonResponse:
    message = str(error)
    return JsonResponse(
        {
            "message": message,
            "error": "rate_limit_exceeded",
            "retry_after": error.retry_after,
            "errors": [{"message": message}],
        },
        status=status_of(error),
        headers=headers_of(error),
    )


def _with_rate(response: HttpResponse, rate: Rate) -> HttpResponse:
    response["X-RateLimit-Limit"] = str(rate.limit)
    response["X-RateLimit-Remaining"] = str(rate.remaining)
    response["X-RateLimit-Reset"] = str(rate.reset_seconds)
    return response
