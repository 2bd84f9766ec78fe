"""Answer 503 to every request while migrations are pending (`manage.py migrate` not done)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from downloads.upgrades import pending_migrations
from storefront.http.errors import OutOfReach, headers_of, status_of
from storefront.http.json_errors import json_refusal
from storefront.pages.outages import unavailable

# Doors whose own refusals bear a word beside their message.
WITH_CODE = ("/api/shop/", "/api/v1/")


class AnswersUpgrades:
    """Middleware that keeps requests off a database that is behind the code.

    It stands behind the probes and the answers to other sites' scripts, and before whatever asks
    the database. Where nothing is pending it costs no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not pending_migrations.are_there():
            return self.get_response(request)
        response = _in_shape(request)
        # What to do was logged once; Django would log each request.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


def _in_shape(request: HttpRequest) -> HttpResponse:
    error = OutOfReach()
    if request.path == reverse("face-b"):
        body = {"errors": [{"message": str(error)}]}
        return JsonResponse(body, status=status_of(error), headers=headers_of(error))
    if request.path.startswith(WITH_CODE):
        return json_refusal(error)
    response = unavailable(request)
    if request.path == reverse("face-a"):
        response["Access-Control-Allow-Origin"] = "*"
    return response
