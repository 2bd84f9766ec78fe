"""Map domain exceptions to HTTP statuses, error codes and headers; the faces' own exceptions."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop as _

from downloads.errors import (
    BadInput,
    Contended,
    DiskFull,
    DownloadsError,
    NoRoom,
    NotFound,
    PasswordsBusy,
    PlanRequired,
    SealBroken,
    SignInRefused,
    StorageDown,
    TooManyAtOnce,
    Unavailable,
)

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]
Decorator = Callable[[View], View]


class Unauthenticated(DownloadsError):
    """The bearer is missing, unknown, expired, or of another shop than the key."""

    MESSAGE = "Unauthenticated. Please login to perform this action"

    def __init__(self) -> None:
        super().__init__(self.MESSAGE)


class KeyRefused(DownloadsError):
    """The storefront key is missing or not usable; `code` is its error code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class OriginRefused(DownloadsError):
    """The storefront key does not allow the request's origin."""

    def __init__(self) -> None:
        super().__init__("This API key may not be used from this site")


class RequestRefused(DownloadsError):
    """A malformed request; `status` is its HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class MethodRefused(RequestRefused):
    """Method not allowed; `allowed` is the Allow header."""

    def __init__(self, *allowed: str) -> None:
        super().__init__(f"Send {' or '.join(allowed)}.", 405)
        self.allowed = ", ".join(allowed)


class SignatureRefused(DownloadsError):
    """Signature mismatch. Whether the shop or its secret is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("The signature does not match.")


class CutShort(DownloadsError):
    """A request body that was cut short, or came too slowly to be waited for."""

    def __init__(self) -> None:
        super().__init__(_("The request did not arrive whole."))


class TooLarge(DownloadsError):
    """A body larger than its limit."""


class RateExceeded(DownloadsError):
    """Rate limit exceeded; come back in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Rate limit exceeded")
        self.retry_after = retry_after


class ClickOver(Unavailable):
    """The window of this click is over; `form_action` is where a fresh one can be made."""

    def __init__(self, form_action: str) -> None:
        super().__init__(Unavailable.CLICK_OVER)
        self.form_action = form_action


class OpensInTab(DownloadsError):
    """A link requested by a script: the browser would withhold the other host's answer."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This download is kept at another site: open its address in a new tab. Nothing was "
                "counted."
            )
        )


class OutOfReach(DownloadsError):
    """The database or the shared cache does not answer."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The service cannot reach its own records just now. Please try again shortly: the "
                "same link is never counted twice."
            )
        )


INVALID, UNAVAILABLE = "invalid_request", "service_unavailable"
# Status, and the wire's word for what a program may want to tell apart. The first kind that fits.
ANSWERS: dict[type[DownloadsError], tuple[int, str]] = {
    BadInput: (400, INVALID),
    KeyRefused: (401, INVALID),  # each has a word of its own
    Unauthenticated: (401, "unauthenticated"),
    SignatureRefused: (401, INVALID),
    SignInRefused: (401, INVALID),
    OriginRefused: (403, "origin_not_allowed"),
    PlanRequired: (402, INVALID),
    NotFound: (404, "not_found"),
    OpensInTab: (409, "link"),
    CutShort: (408, INVALID),
    TooLarge: (413, INVALID),
    RateExceeded: (429, "rate_limit_exceeded"),
    StorageDown: (503, UNAVAILABLE),
    TooManyAtOnce: (503, UNAVAILABLE),
    Contended: (503, UNAVAILABLE),
    OutOfReach: (503, UNAVAILABLE),
    PasswordsBusy: (503, UNAVAILABLE),
    SealBroken: (503, UNAVAILABLE),
    NoRoom: (507, INVALID),
    DiskFull: (507, INVALID),
}
CODES_OF_STATUS = {
    404: "not_found",
    405: "method_not_allowed",
    500: "internal_error",
    503: UNAVAILABLE,
}


def status_of(error: DownloadsError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, RequestRefused):
        return error.status
    if isinstance(error, Unavailable):
        return 403 if error.reason in Unavailable.WAITING else 410
    return _answer_of(error)[0]


def code_of(error: DownloadsError) -> str:
    """Return an error's code, for the faces that have one."""
    if isinstance(error, KeyRefused):
        return error.code
    if isinstance(error, Unavailable):
        return error.reason
    if isinstance(error, RequestRefused):
        return code_of_status(error.status)
    return _answer_of(error)[1]


def code_of_status(status: int) -> str:
    """Return the error code of a bare HTTP status."""
    return CODES_OF_STATUS.get(status, INVALID)


def details_of(error: DownloadsError) -> dict[str, Any]:
    """Return the fields of an error's JSON beside its message and code."""
    if isinstance(error, RateExceeded):
        return {"retry_after": error.retry_after}
    return {"url": None} if isinstance(error, OpensInTab) else {}


def headers_of(error: DownloadsError) -> dict[str, str]:
    """Return an error's HTTP headers."""
    if isinstance(error, MethodRefused):
        return {"Allow": error.allowed}
    if isinstance(error, RateExceeded):
        return {"Retry-After": str(error.retry_after)}
    if status_of(error) == 503:
        return {"Retry-After": str(settings.RETRY_AFTER_SECONDS)}
    return {}


def note_outage(error: BaseException) -> OutOfReach:
    """Log an outage in one line; return what to answer."""
    logger.error("Out of reach: %s", " ".join(str(error).split()))
    return OutOfReach()


def answering(render: Callable[[HttpRequest, DownloadsError], HttpResponseBase]) -> Decorator:
    """Return a decorator of views, whose domain errors `render` answers."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except DownloadsError as error:
                return render(request, error)

        return answered

    return decorate


def _answer_of(error: DownloadsError) -> tuple[int, str]:
    return next(answer for kind, answer in ANSWERS.items() if isinstance(error, kind))
