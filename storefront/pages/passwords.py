"""Pages behind a link to choose a password: one form, entered twice, and one flow."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy, pgettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from downloads.errors import BadInput, LinkSpent
from storefront.http.requests import require_same_password
from storefront.http.throttling import count_miss
from storefront.pages.errors import answers_with_pages
from storefront.pages.languages import language_of, page, words_of

View = Callable[..., HttpResponse]
# Django's own words, which it lacks in five of our languages: as words of ours they stand in our
# catalogues, and those go before Django's.
TOO_SHORT = ngettext_lazy(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)


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
    shop_language: str = "",
) -> HttpResponse:
    """Show the form, or `take` the password that was entered; what is wrong with it is shown."""
    language = language_of(request, shop_language)
    complaint = ""
    if request.method == "POST":
        # A file sent along is not stored.
        request.upload_handlers = [MemoryFileUploadHandler(request)]
        entered = request.POST
        # Django's rules of passwords complain in the language that is spoken just then.
        with translation.override(language):
            try:
                return take(
                    require_same_password(entered.get("password", ""), entered.get("again", ""))
                )
            except BadInput as error:
                complaint = words_of(error)
    status = 400 if complaint else 200
    entered_wrong = context | {"complaint": complaint}
    return page(request, template, entered_wrong, status=status, shop_language=shop_language)


def refuse_spent(
    request: HttpRequest, error: LinkSpent, *, title: str | Promise, step: str | Promise
) -> HttpResponse:
    """Answer that a link of the staff's no longer works, and count it as a miss."""
    count_miss(request, at=timezone.now())
    way_on = {"url": "admin:index", "words": pgettext_lazy("on a page", "Sign in")}

    def context() -> dict[str, Any]:
        return {"title": title, "message": words_of(error), "step": step, "way_on": way_on}

    return page(request, "refusal.html", context, status=404)
