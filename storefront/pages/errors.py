"""Error pages: what happened, and what the person can do next."""

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

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
from storefront.brand.marks import noted_brand
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

# Chrome holds a form's policy against every redirect that follows it, and a link asset's leads
# out of the house by design. Nothing a buyer typed is sent along.
forms_lead_out = csp_update({"form-action": ["https:", *(["http:"] * settings.ALLOW_HTTP_LINKS)]})

REOPEN = "Open your order page again, from the shop's mail or your account, and download there."
MAILED_AGAIN = {"url": "links", "words": "Have the links to your downloads mailed to you again"}
SPENT = (
    "If you set a password with it, sign in at the shop. If not, choose “forgot password” there: "
    "a new link is mailed to you."
)
ASK = "If you think this is a mistake, please ask the shop."
TITLES_AND_STEPS = {
    Unavailable.PENDING: (
        "Waiting for your payment",
        "Come back once the payment has arrived; this link will work then.",
    ),
    Unavailable.HELD: (
        "The shop is checking your payment",
        "Come back later; this link will work then. If it takes long, please ask the shop.",
    ),
    Unavailable.CANCELED: ("This order was cancelled", ASK),
    Unavailable.REFUNDED: ("This purchase was refunded", ASK),
    Unavailable.REPLACED: ("Changed to another product", REOPEN),
    Unavailable.WITHDRAWN: ("Withdrawn by the shop", "Please ask the shop what replaces it."),
    Unavailable.PAST: ("The time is over", "Please ask the shop for more time."),
    Unavailable.USED_UP: ("All downloads used", "Please ask the shop to allow more."),
    Unavailable.LINK_PAST: ("This link is too old", REOPEN),
    Unavailable.CLICK_OVER: (
        "This download has ended",
        "Start again with the button. It counts as one more download.",
    ),
}


# The first kind that fits: a broken link is a kind of storage that is down.
TITLES_BY_KIND: dict[type[DownloadsError], tuple[str, str]] = {
    LinkSpent: ("This link no longer works", SPENT),
    NotFound: ("Not found", REOPEN),
    OpensInTab: ("Open this in a tab", REOPEN),
    OutOfReach: ("One moment, please", "Wait a moment, then reload this page."),
    PasswordsBusy: ("One moment, please", "Wait a moment, then send the form again."),
    Contended: ("One moment, please", "Wait a moment, then reload this page."),
    LinkBroken: ("The link is broken", "Please ask the shop for another one."),
    StorageDown: ("The file is not within reach", "Wait a moment, then reload this page."),
    TooManyAtOnce: ("Too many downloads at once", "Then reload this page."),
    CutShort: ("This request broke off", "Please send it again."),
    TooLarge: ("Too much at once", "Send less, and try again."),
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


def title_and_step(error: DownloadsError) -> tuple[str, str]:
    """Return a heading for a refusal and what the person can do next."""
    match error:
        case Unavailable():
            return TITLES_AND_STEPS[error.reason]
        case RateExceeded():
            plural = "" if error.retry_after == 1 else "s"
            return "Too many tries", f"Wait {error.retry_after} second{plural}, then try again."
    found = (words for kind, words in TITLES_BY_KIND.items() if isinstance(error, kind))
    return next(found, ("This did not work", ASK))


def message_for_people(error: DownloadsError) -> str:
    """Return an error's message for a page: the wire's own is for programs."""
    match error:
        case RateExceeded():
            return "Too many requests came from your connection within a minute."
        case Unauthenticated():
            return "You are not signed in."
    return str(error)


def refusal_page(request: HttpRequest, error: DownloadsError) -> HttpResponse:
    """Render a refusal with its status and headers."""
    title, step = title_and_step(error)
    context = {
        "brand": noted_brand(request),
        "title": title,
        "message": message_for_people(error),
        "step": step,
        "way_on": MAILED_AGAIN if step == REOPEN else None,
        "form_action": error.form_action if isinstance(error, ClickOver) else None,
    }
    response = render(request, "refusal.html", context, status=status_of(error))
    for name, value in headers_of(error).items():
        response[name] = value
    return response


answers_with_pages = answering(refusal_page)


@answering
def answers_as_accepted(request: HttpRequest, error: DownloadsError) -> HttpResponse:
    """Turn every domain error of a view into its page for browsers, and into JSON for programs."""
    return refusal_page(request, error) if accepts_pages(request) else json_refusal(error)


def prefetch_refused(request: HttpRequest) -> HttpResponse:
    """Answer a prefetch with 503: nothing is cached, nothing is spent."""
    words = "Open this link to download."
    if accepts_pages(request):
        return HttpResponse(words, status=503, content_type="text/plain")
    return json_refusal(RequestRefused(words, 503))


def press_the_button(request: HttpRequest, *, status: int = 405) -> HttpResponse:
    """Answer a look at a form's address, which only its button may use. Nothing is spent."""
    context = {"title": "Nothing was downloaded", "step": REOPEN, "way_on": MAILED_AGAIN}
    response = render(request, "refusal.html", context, status=status)
    if status == 405:
        response["Allow"] = "POST"
    return response
