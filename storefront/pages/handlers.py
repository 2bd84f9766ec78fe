"""Django's error handlers 400, 403, 404 and 500, as page or JSON."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from storefront.http.json_errors import json_error, reads_json
from storefront.http.outage_errors import is_outage
from storefront.pages.outages import out_of_reach


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle error 400."""
    return _plain_page(request, 400, "This request was not understood", "Check the address.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle error 403."""
    return _plain_page(request, 403, "Not allowed", "Sign in with an account that may do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle error 404."""
    return _plain_page(request, 404, "Not found", "Check the address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle error 500, and outages as 503."""
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return out_of_reach(request, error)
    step = "It is our fault, and nothing was counted. Please try again in a moment."
    return _plain_page(request, 500, "Something went wrong", step)


def _plain_page(request: HttpRequest, status: int, title: str, step: str) -> HttpResponse:
    if reads_json(request):
        return json_error(request, f"{title}. {step}", status)
    return render(request, "refusal.html", {"title": title, "step": step}, status=status)
