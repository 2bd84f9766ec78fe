"""Language of the buyers' pages: asked for in the address, else the browser's, the shop's, ours.

No cookie keeps it: the links and forms of a page that was asked for in a language ask for it again.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from downloads.errors import DownloadsError
from downloads.models.shops import LANGUAGES
from storefront.brand.marks import QUERY as OF_SHOP

QUERY = "lang"
NAMES = dict(LANGUAGES)
# What Java's browsers still call Hebrew.
FORMER = {"iw": "he"}
DEPENDS_ON_READER = "Accept-Language"
# What of an address stays in the links to the same page in another language.
KEPT = (OF_SHOP, "find")
LONGEST_KEPT = 1_000
LONGEST_HEADER = 500
# Looking there once more would be a click, or show a page of its own.
NOT_TO_REPEAT = ("/downloads/", "/clicks/")

Context = dict[str, Any]


def page(
    request: HttpRequest,
    template: str,
    context: Context | Callable[[], Context] | None = None,
    *,
    status: int = 200,
    shop_language: str = "",
) -> HttpResponse:
    """Render a page in its reader's language. A `context` that is called is made in it, too."""
    language = language_of(request, shop_language)
    with translation.override(language):
        found = context() if callable(context) else context or {}
        response = render(request, template, found | _ways_on(request, language), status=status)
    return _marked(response, language)


def answer_in_language(
    request: HttpRequest, answer: Callable[[], HttpResponse], *, shop_language: str = ""
) -> HttpResponse:
    """Make an answer whose words are for a person in that person's language."""
    language = language_of(request, shop_language)
    with translation.override(language):
        response = answer()
    return _marked(response, language)


def words_of(error: DownloadsError) -> str:
    """Return an error's message in the language that is spoken just now."""
    text = str(error)
    return _(text) if text else text


def language_of(request: HttpRequest, shop_language: str = "") -> str:
    """Return the language of a page. `shop_language` is that of the shop it is of, if of one."""
    return (
        asked_language(request)
        or accepted_language(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:LONGEST_HEADER])
        or shop_language
        or known_language(settings.LANGUAGE_CODE)
        or "en"
    )


def asked_language(request: HttpRequest) -> str:
    """Return the language that an address asks for, empty for none that there is."""
    # Most have no query, and reading one costs.
    code = request.GET.get(QUERY, "") if request.META.get("QUERY_STRING") else ""
    return code if code in NAMES else ""


@lru_cache(1000)
def accepted_language(header: str) -> str:
    """Return which of our languages `Accept-Language` likes best, empty for none."""
    for code, weight in parse_accept_lang_header(header):
        if weight and (known := known_language(code)):
            return known
    return ""


def known_language(code: str) -> str:
    """Return our language of a code like `pt-BR`, empty for none."""
    plain = code.lower().partition("-")[0]
    plain = FORMER.get(plain, plain)
    return plain if plain in NAMES else ""


def kept_language(request: HttpRequest) -> str:
    """Return what a link adds to an address to be read in the language that this page was."""
    code = asked_language(request)
    return f"?{QUERY}={code}" if code else ""


def _marked(response: HttpResponse, language: str) -> HttpResponse:
    response["Content-Language"] = language
    response["Vary"] = DEPENDS_ON_READER
    return response


def _ways_on(request: HttpRequest, language: str) -> Context:
    """Return what every page says of its language, and how its links keep it."""
    is_repeatable = not request.path_info.startswith(NOT_TO_REPEAT)
    return {
        "chosen_language": asked_language(request),
        "kept_language": kept_language(request),
        "language_links": _language_links(language, _kept(request)) if is_repeatable else "",
    }


def _kept(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    if not request.META.get("QUERY_STRING"):
        return ()
    found = ((name, request.GET.get(name, "")) for name in KEPT)
    return tuple((name, value) for name, value in found if 0 < len(value) <= LONGEST_KEPT)


# The same for all who read a language.
@lru_cache(100)
def _language_links(language: str, kept: tuple[tuple[str, str], ...]) -> SafeString:
    entries = [
        (
            urlencode({QUERY: code, **dict(kept)}, safe=":"),
            code,
            SafeString(' aria-current="true"' if code == language else ""),  # nosec B703
            name,
        )
        for code, name in LANGUAGES
    ]
    links = format_html_join(
        "",
        '<li><a href="?{}" lang="{}" dir="auto"{} rel="nofollow">{}</a></li>',
        entries,
    )
    # Whoever reads nothing of this page finds the way by the word that most know.
    known = "" if language == "en" else SafeString(' · <span lang="en" dir="ltr">Language</span>')
    return format_html(
        '<details class="languages"><summary>{}{}</summary><ul>{}</ul></details>',
        _("Language"),
        known,
        links,
    )
