"""The faces' short chain of middleware: no session, no messages, no sign-in, no CSRF check.

What a browser or a program asks with a token, a key or a signature needs none of that. Its answers
bear the same headers, byte for byte, as through the whole chain (`answer_marks.py`).
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_guid.context import guid
from django_guid.utils import get_id_from_header

from downloads.audit.actors import acting
from downloads.upgrades import pending_migrations
from storefront.http.chain.answer_marks import Marks
from storefront.http.chain.views import Views
from storefront.http.proxies import note_proxies
from storefront.staff.audit_middleware import stranger

# Every route below these is exempt from the CSRF check, and reads its body within a limit of its
# own.
FACES = (
    "/api/v2/",
    "/api/graphql",
    "/api/shop/",
    "/api/v1/",
    "/downloadable/",
    "/downloads/",
    "/clicks/",
    "/orders/",
    "/webhooks/",
)


class ShortensFaces:
    """Middleware, the first of all, that leads requests to the faces past most of the others.

    What is refused before any view (a host, plain http, a database behind the code) and what CORS
    answers by itself goes through the whole chain.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if settings.DEBUG:
            raise MiddlewareNotUsed("Django's debug pages have a policy of their own.")
        self._whole = get_response
        self._view: Any = convert_exception_to_response(Views())
        self._marks = Marks()
        self._redirects: bool = settings.SECURE_SSL_REDIRECT

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(FACES) or not self._comes_to_a_view(request):
            return self._whole(request)
        name = _name(request)
        note_proxies(request)
        with acting(partial(stranger, request)):
            response: HttpResponseBase = self._view(request)
        self._marks.put(request, response, name)
        return response

    def _comes_to_a_view(self, request: HttpRequest) -> bool:
        if request.method == "OPTIONS" or pending_migrations.are_there():
            return False
        if self._redirects and not request.is_secure():
            return False
        try:
            request.get_host()
        except DisallowedHost:
            return False
        return True


def _name(request: HttpRequest) -> str:
    """Give a request its id: for our log lines, and in the answer."""
    if request.META.get("HTTP_X_REQUEST_ID"):
        name = get_id_from_header(request)
    else:
        name = request.correlation_id = uuid4().hex  # type: ignore[attr-defined]
    guid.set(name)
    return name
