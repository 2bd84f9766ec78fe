"""Django's error handlers 400, 403, 404 and 500, as page or JSON."""

import sys

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from storefront.http.json_errors import json_error, reads_json
from storefront.http.outage_errors import is_outage
from storefront.pages.languages import page
from storefront.pages.outages import out_of_reach

CHECK = _("Check the address.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle error 400."""
    return _plain_page(request, 400, _("This request was not understood"), CHECK)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle error 403."""
    step = _("Sign in with an account that may do this.")
    return _plain_page(request, 403, _("Not allowed"), step)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle error 404."""
    return _plain_page(request, 404, _("Not found"), CHECK)


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle error 500, and outages as 503."""
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return out_of_reach(request, error)
    step = _("It is our fault, and nothing was counted. Please try again in a moment.")
    return _plain_page(request, 500, _("Something went wrong"), step)


def _plain_page(request: HttpRequest, status: int, title: Promise, step: Promise) -> HttpResponse:
    if reads_json(request):
        # A program that looks for what there is not reads English, wherever it runs.
        with translation.override("en"):
            return json_error(request, f"{title}. {step}", status)
    return page(request, "refusal.html", {"title": title, "step": step}, status=status)
