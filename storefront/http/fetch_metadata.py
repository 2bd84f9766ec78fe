"""Fetch metadata: tell a script's request from a person's navigation (Sec-Fetch-Mode, Origin)."""

from django.http import HttpRequest


def has_fetch_mode(request: HttpRequest) -> bool:
    """Say whether a request has Sec-Fetch-Mode. Not all browsers before 2023 send it."""
    return bool(request.headers.get("Sec-Fetch-Mode", "").strip())


def is_script(request: HttpRequest) -> bool:
    """Say whether a script or a subresource is requesting, and no person in a tab.

    A person's GET carries no `Origin`; a POST always does.
    """
    if has_fetch_mode(request):
        return request.headers["Sec-Fetch-Mode"].strip().lower() != "navigate"
    return request.method in ("GET", "HEAD") and "Origin" in request.headers
