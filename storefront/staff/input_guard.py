"""Middleware: refuse malformed input to the admin with 400 and a sentence.

Forms judge what is typed into them. What stands in an address, or is posted past every form, is
judged here: a text that no database takes, before anything is looked up; a number or a time that
only the database itself finds out of range, when it says so.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.errors import BadInput
from storefront.http.errors import RequestRefused, status_of
from storefront.pages.handlers import forbidden

logger = logging.getLogger(__name__)

NOT_TEXT = gettext_lazy(
    "The request holds a character that no text has: a zero byte, or half of a character."
)
OUT_OF_RANGE = gettext_lazy("A number or a date in the request is too large, or does not exist.")
NOT_ASKED = gettext_lazy("The address asks for something that this page does not tell.")
# What a database, or the driver on the way to it, says of a value that does not fit.
UNFIT = (DataError, OverflowError, ValueError)


class RefusesMalformed:
    """Turn input that cannot be stored or compared into a page, never into a fault of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        # Lists ask the database only while the page is written, long after their view returned.
        with connection.execute_wrapper(partial(refuse_unfit, request)):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not _is_admin(request):
            return None
        # Whoever is exempt from CSRF has yet to say how an upload is read.
        is_read = not getattr(view, "csrf_exempt", False)
        if all(is_storable(text) for text in _texts(request, kwargs, is_read=is_read)):
            return None
        return refused(request, str(NOT_TEXT))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not _is_admin(request):
            return None
        if isinstance(error, RequestRefused | BadInput):
            return refused(request, str(error), status=status_of(error))
        # Django would log each of these with a traceback, as if it were a fault.
        if isinstance(error, PermissionDenied):
            return forbidden(request, error)
        return refused(request, str(NOT_ASKED)) if isinstance(error, SuspiciousOperation) else None


def refused(request: HttpRequest, sentence: str, *, status: int = 400) -> HttpResponse:
    """Render the page that says why a request was refused, and the way on."""
    context = admin.site.each_context(request) | {
        "title": _("This was not understood"),
        "sentence": sentence,
        "way_on": request.path if request.GET and is_storable(request.path) else None,
    }
    return TemplateResponse(request, "admin/refused.html", context, status=status).render()


def is_storable(text: str) -> bool:
    """Say whether a database takes a text: neither does a zero byte, nor half of a character."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _is_admin(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.namespace == admin.site.name


def _texts(request: HttpRequest, kwargs: dict[str, Any], *, is_read: bool) -> Iterator[str]:
    yield from (str(value) for value in kwargs.values())
    for given in (request.GET, request.POST) if is_read else (request.GET,):
        for name, values in given.lists():
            yield from (name, *(each for each in values if isinstance(each, str)))


def refuse_unfit(
    request: HttpRequest,
    execute: Callable[..., Any],
    sql: str,
    params: Any,
    many: bool,  # noqa: FBT001 (Django's)
    context: dict[str, Any],
) -> CursorWrapper:
    """Tell a value that does not fit into a question from a fault of ours.

    What is stored was fit for the database once, so that a question fails by what was asked alone.
    A statement that writes is not judged: its values are those of a form, whose task that is. Nor
    is a page of which nothing was asked.
    """
    try:
        return execute(sql, params, many, context)
    except UNFIT as error:
        if not sql.startswith("SELECT") or not _has_input(request):
            raise
        logger.warning("Refused a question of the admin: %s", type(error).__name__)
        raise RequestRefused(str(OUT_OF_RANGE)) from error


def _has_input(request: HttpRequest) -> bool:
    match = request.resolver_match
    return bool(request.GET or request.method == "POST" or (match and match.kwargs))
