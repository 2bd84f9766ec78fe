"""Error pages: what happened, and what the person can do next."""

from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from downloads.errors import (
    Contended,
    DiskFull,
    DownloadsError,
    LinkBroken,
    LinkSpent,
    NoRoom,
    NotFound,
    PasswordsBusy,
    StorageDown,
    TooManyAtOnce,
    Unavailable,
)
from storefront.brand.marks import noted_brand, noted_language
from storefront.http.errors import (
    ClickOver,
    CutShort,
    OpensInTab,
    OutOfReach,
    RateExceeded,
    RequestRefused,
    TooLarge,
    Unauthenticated,
    answering,
    headers_of,
    status_of,
)
from storefront.http.json_errors import accepts_pages, json_refusal
from storefront.pages.languages import answer_in_language, page, words_of

# Translated where they are shown.
Words = str | Promise

# Chrome holds a form's policy against every redirect that follows it, and a link asset's leads
# out of the house by design. Nothing a buyer typed is sent along.
forms_lead_out = csp_update({"form-action": ["https:", *(["http:"] * settings.ALLOW_HTTP_LINKS)]})

REOPEN = _("Open your order page again, from the shop's mail or your account, and download there.")
MAILED_AGAIN = {"url": "links", "words": _("Have the links to your downloads mailed to you again")}
SPENT = _(
    "If you set a password with it, sign in at the shop. If not, choose “forgot password” there: "
    "a new link is mailed to you."
)
ASK = _("If you think this is a mistake, please ask the shop.")
WAIT = _("Wait a moment, then reload this page.")
ONE_MOMENT = _("One moment, please")
TITLES_AND_STEPS = {
    Unavailable.PENDING: (
        _("Waiting for your payment"),
        _("Come back once the payment has arrived; this link will work then."),
    ),
    Unavailable.HELD: (
        _("The shop is checking your payment"),
        _("Come back later; this link will work then. If it takes long, please ask the shop."),
    ),
    Unavailable.CANCELED: (_("This order was cancelled"), ASK),
    Unavailable.REFUNDED: (_("This purchase was refunded"), ASK),
    Unavailable.REPLACED: (_("Changed to another product"), REOPEN),
    Unavailable.WITHDRAWN: (
        _("Withdrawn by the shop"),
        _("Please ask the shop what replaces it."),
    ),
    Unavailable.PAST: (_("The time is over"), _("Please ask the shop for more time.")),
    Unavailable.USED_UP: (_("All downloads used"), _("Please ask the shop to allow more.")),
    Unavailable.LINK_PAST: (_("This link is too old"), REOPEN),
    Unavailable.CLICK_OVER: (
        _("This download has ended"),
        _("Start again with the button. It counts as one more download."),
    ),
}


# The first kind that fits: a broken link is a kind of storage that is down.
TITLES_BY_KIND: dict[type[DownloadsError], tuple[Words, Words]] = {
    LinkSpent: (_("This link no longer works"), SPENT),
    NotFound: (_("Not found"), REOPEN),
    OpensInTab: (_("Open this in a tab"), REOPEN),
    OutOfReach: (ONE_MOMENT, WAIT),
    PasswordsBusy: (ONE_MOMENT, _("Wait a moment, then send the form again.")),
    Contended: (ONE_MOMENT, WAIT),
    LinkBroken: (_("The link is broken"), _("Please ask the shop for another one.")),
    StorageDown: (_("The file is not within reach"), WAIT),
    TooManyAtOnce: (_("Too many downloads at once"), _("Then reload this page.")),
    CutShort: (_("This request broke off"), _("Please send it again.")),
    TooLarge: (_("Too much at once"), _("Send less, and try again.")),
    NoRoom: (
        "No room for this file",
        "Send a smaller one, delete assets that no order needs, or ask whoever runs this service "
        "for more room. Nothing was stored.",
    ),
    DiskFull: (
        "No room for this file",
        "Ask whoever runs this service to make room on its disk, then send it again. Nothing was "
        "stored.",
    ),
}


def title_and_step(error: DownloadsError) -> tuple[Words, Words]:
    """Return a heading for a refusal and what the person can do next."""
    match error:
        case Unavailable():
            return TITLES_AND_STEPS[error.reason]
        case RateExceeded():
            words = ngettext(
                "Wait {count} second, then try again.",
                "Wait {count} seconds, then try again.",
                error.retry_after,
            )
            return _("Too many tries"), words.format(count=error.retry_after)
    found = (words for kind, words in TITLES_BY_KIND.items() if isinstance(error, kind))
    return next(found, (_("This did not work"), ASK))


def message_for_people(error: DownloadsError) -> Words:
    """Return an error's message for a page: the wire's own is for programs."""
    match error:
        case RateExceeded():
            return _("Too many requests came from your connection within a minute.")
        case Unauthenticated():
            return _("You are not signed in.")
    return words_of(error)


def refusal_page(request: HttpRequest, error: DownloadsError) -> HttpResponse:
    """Render a refusal with its status and headers."""

    def context() -> dict[str, Any]:
        title, step = title_and_step(error)
        return {
            "brand": noted_brand(request),
            "title": title,
            "message": message_for_people(error),
            "step": step,
            "way_on": MAILED_AGAIN if step is REOPEN else None,
            "form_action": error.form_action if isinstance(error, ClickOver) else None,
        }

    language = noted_language(request)
    status = status_of(error)
    response = page(request, "refusal.html", context, status=status, shop_language=language)
    for name, value in headers_of(error).items():
        response[name] = value
    return response


answers_with_pages = answering(refusal_page)


@answering
def answers_as_accepted(request: HttpRequest, error: DownloadsError) -> HttpResponse:
    """Turn every domain error of a view into its page for browsers, and into JSON for programs."""
    if accepts_pages(request):
        return refusal_page(request, error)
    language = noted_language(request)
    return answer_in_language(
        request, lambda: json_refusal(error, message=words_of(error)), shop_language=language
    )


def prefetch_refused(request: HttpRequest) -> HttpResponse:
    """Answer a prefetch with 503: nothing is cached, nothing is spent."""
    words = _("Open this link to download.")

    def answer() -> HttpResponse:
        if accepts_pages(request):
            return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")
        return json_refusal(RequestRefused(str(words), 503))

    return answer_in_language(request, answer)


def press_the_button(request: HttpRequest, *, status: int = 405) -> HttpResponse:
    """Answer a look at a form's address, which only its button may use. Nothing is spent."""
    context = {"title": _("Nothing was downloaded"), "step": REOPEN, "way_on": MAILED_AGAIN}
    response = page(request, "refusal.html", context, status=status)
    if status == 405:
        response["Allow"] = "POST"
    return response
