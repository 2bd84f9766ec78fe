"""Fetch metadata: tell a script's request from a person's navigation (Sec-Fetch-Mode, Origin)."""

from django.http import HttpRequest


def is_told(request: HttpRequest) -> bool:
    """Say whether the browser tells in which mode it asks. Those before 2023 do not all."""
    return bool(request.headers.get("Sec-Fetch-Mode", "").strip())


def is_script(request: HttpRequest) -> bool:
    """Say whether a script or a part of a page asks, and no person in a tab.

    A person's GET carries no `Origin`; a POST always does.
    """
    if is_told(request):
        return request.headers["Sec-Fetch-Mode"].strip().lower() != "navigate"
    return request.method in ("GET", "HEAD") and "Origin" in request.headers
