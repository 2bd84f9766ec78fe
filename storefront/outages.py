"""The database gone, or the shared cache: 503 at every door, and well again by itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from storefront.errors import OUTAGES, OutOfReach, headers_of, log_outage, status_of
from storefront.refusals import refusal_page

JSON_PATHS = ("/api/", "/webhooks/", "/mail/")


class AnswersOutages:
    """Answer what no view could, because a part we stand on is out of reach.

    A connection that failed is tried anew at the next request (`CONN_HEALTH_CHECKS`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return out_of_reach(request, error) if isinstance(error, OUTAGES) else None


def out_of_reach(request: HttpRequest, outage: BaseException) -> HttpResponse:
    """Answer that we cannot answer now: a page, or JSON where programs ask."""
    log_outage(outage)
    is_program = request.path.startswith(JSON_PATHS)
    response = _json(OutOfReach()) if is_program else refusal_page(request, OutOfReach())
    # Else Django logs it once more, and what a middleware met with every call that led there.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _json(error: OutOfReach) -> HttpResponse:
    body = {"message": str(error)}
    return JsonResponse(body, status=status_of(error), headers=headers_of(error))
