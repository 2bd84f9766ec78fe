"""Middleware for outages of the database or cache: 503 on every path."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from storefront.http.errors import OutOfReach, headers_of, note_outage, status_of
from storefront.http.json_errors import json_error, reads_json
from storefront.http.outage_errors import is_outage
from storefront.pages.errors import refusal_page


class AnswersOutages:
    """Answer what no view could, because a part we stand on is out of reach.

    A connection that failed is tried anew at the next request (`CONN_HEALTH_CHECKS`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return out_of_reach(request, error) if is_outage(error) else None


def out_of_reach(request: HttpRequest, outage: BaseException) -> HttpResponse:
    """Log an outage, and answer that we cannot answer now."""
    note_outage(outage)
    response = unavailable(request)
    # Else Django logs it once more, and what a middleware met with every call that led there.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503: a page, or JSON for programs."""
    error = OutOfReach()
    if reads_json(request):
        return json_error(request, str(error), status_of(error), headers_of(error))
    return refusal_page(request, error)
