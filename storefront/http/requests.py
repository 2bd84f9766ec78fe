"""Request requirements that all endpoints share."""

from collections.abc import Iterator, Mapping

from django.http import HttpRequest
from django.http.request import HttpHeaders
from django.utils.translation import gettext_noop as _

from downloads.errors import BadInput
from storefront.http.errors import RequestRefused


def require_length(request: HttpRequest) -> None:
    """Require Content-Length: refuse a chunked body, unread (411).

    Raises:
        RequestRefused: with 411.
    """
    # Not by `headers`, for which Django looks at each one that was sent.
    if "HTTP_TRANSFER_ENCODING" in request.META and "CONTENT_LENGTH" not in request.META:
        raise RequestRefused("Send the request with its Content-Length, not in chunks.", 411)


def declared_length(request: HttpRequest) -> int:
    """Return how many bytes a request says it has; 0 where it does not."""
    text: str = request.META.get("CONTENT_LENGTH", "")
    # Python reads no number of thousands of digits; of a longer one this is enough to refuse it.
    return int(text.lstrip("0")[:18] or 0) if text.isdecimal() else 0


class SentHeaders(Mapping[str, str]):
    """A request's headers, looked up one by one: Django's own reads all of them first."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> str:
        return self._request.META[HttpHeaders.to_wsgi_name(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._request.headers)

    def __len__(self) -> int:
        return len(self._request.headers)


def require_same_password(password: str, again: str) -> str:
    """Return a new password that was entered twice.

    Raises:
        BadInput: not the same both times.
    """
    if password != again:
        raise BadInput(_("The two passwords are not the same."))
    return password
