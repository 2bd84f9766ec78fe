"""Pages behind a link to choose a password: one form, entered twice, and one flow."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from downloads.errors import BadInput, LinkSpent
from storefront.http.requests import require_same_password
from storefront.http.throttling import count_miss
from storefront.pages.errors import answers_with_pages

View = Callable[..., HttpResponse]


def password_page(view: View) -> Callable[..., Any]:
    """Guard a view whose address holds its permission: no cookie, and so no forger, plays a part.

    A mail scanner that opens the link changes nothing: only the form does.
    """
    answering = require_http_methods(["GET", "HEAD", "POST"])(answers_with_pages(view))
    return csrf_exempt(sensitive_post_parameters("password", "again")(answering))


def answer_form(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    take: Callable[[str], HttpResponse],
) -> HttpResponse:
    """Show the form, or `take` the password that was entered; what is wrong with it is shown."""
    complaint = ""
    if request.method == "POST":
        # A file sent along is not stored.
        request.upload_handlers = [MemoryFileUploadHandler(request)]
        entered = request.POST
        try:
            return take(
                require_same_password(entered.get("password", ""), entered.get("again", ""))
            )
        except BadInput as error:
            complaint = str(error)
    status = 400 if complaint else 200
    return render(request, template, context | {"complaint": complaint}, status=status)


def refuse_spent(request: HttpRequest, error: LinkSpent, *, title: str, step: str) -> HttpResponse:
    """Answer that a link of the staff's no longer works, and count it as a miss."""
    count_miss(request, at=timezone.now())
    way_on = {"url": "admin:index", "words": "Sign in"}
    context = {"title": title, "message": str(error), "step": step, "way_on": way_on}
    return render(request, "refusal.html", context, status=404)
