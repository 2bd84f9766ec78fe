"""Constant response headers (CSP, CORS, privacy, framing, https), made once for answers alike."""

import re
from typing import Any
from urllib.parse import urlsplit

from corsheaders.middleware import CorsMiddleware
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from storefront.http.cors import CrossOriginAnswers
from storefront.http.private_responses import PrivateAnswers

# As they stand in `MIDDLEWARE`, the innermost first.
MARKING: tuple[Any, ...] = (
    CorsMiddleware,
    SecurityMiddleware,
    XFrameOptionsMiddleware,
    CSPMiddleware,
    CrossOriginAnswers,
    PrivateAnswers,
)
# Of these a view's own word stands.
OF_VIEWS = frozenset(
    (
        "strict-transport-security",
        "x-content-type-options",
        "cross-origin-opener-policy",
        "x-frame-options",
        "content-security-policy",
    )
)
# Far more kinds of answers than there are: how many differ is decided by our code, not by requests.
MOST_KINDS = 500

# A header's name in small letters → as it is sent, and its value.
Stored = dict[str, tuple[str, str]]


class Marks:
    """Put the headers on an answer that the marking middlewares would put there.

    They do it themselves for the first answer of a kind, and are not asked again: what they look
    at is the kind.
    """

    def __init__(self) -> None:
        self._of_kind: dict[tuple[Any, ...], Stored] = {}
        self._is_cross_origin = re.compile(settings.CORS_URLS_REGEX).match
        self._id_header = str(settings.DJANGO_GUID["GUID_HEADER_NAME"])

    def put(self, request: HttpRequest, response: HttpResponseBase, name: str) -> None:
        """Mark an answer to the request of this id."""
        stored = _stored(response)
        if not response.streaming and "content-length" not in stored:
            length = str(len(response.content))  # type: ignore[attr-defined]
            stored["content-length"] = ("Content-Length", length)
        marks = self._marks(request, response, stored)
        views = OF_VIEWS & stored.keys()
        stored.update(
            {at: mark for at, mark in marks.items() if at not in views} if views else marks
        )
        if response.cookies:
            response.cookies.clear()
        stored[self._id_header.lower()] = (self._id_header, name)
        # The server is told of them as they stand: by the mapping it costs three calls for each.
        response.items = stored.values  # type: ignore[method-assign]

    def _marks(self, request: HttpRequest, response: HttpResponseBase, stored: Stored) -> Stored:
        is_cross_origin = bool(self._is_cross_origin(request.path_info))
        kind = (
            request.is_secure(),
            is_cross_origin,
            is_cross_origin and _names_origin(request),
            stored.get("vary"),
            repr(getattr(response, "_csp_update", None)),
        )
        marks = self._of_kind.get(kind)
        if marks is None:
            marks = _made(request, response)
            if len(self._of_kind) < MOST_KINDS:
                self._of_kind[kind] = marks
        return marks


def _made(request: HttpRequest, response: HttpResponseBase) -> Stored:
    bare = HttpResponse()
    del bare["Content-Type"]
    if "Vary" in response.headers:
        bare["Vary"] = response.headers["Vary"]
    if hasattr(response, "_csp_update"):
        bare._csp_update = response._csp_update  # type: ignore[attr-defined]
    answered: Any = lambda request: bare  # noqa: E731
    for middleware in MARKING:
        answered = middleware(answered)
    return dict(_stored(answered(request)))


def _stored(response: HttpResponseBase) -> Stored:
    # Through Django's own door each name and value is read and encoded anew, a dozen times for
    # every answer.
    return response.headers._store


def _names_origin(request: HttpRequest) -> bool:
    origin = request.META.get("HTTP_ORIGIN")
    if not origin:
        return False
    try:
        urlsplit(origin)
    except ValueError:
        return False
    return True
