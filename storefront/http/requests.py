"""Request requirements that all endpoints share."""

from django.http import HttpRequest

from downloads.errors import BadInput
from storefront.http.errors import RequestRefused


def require_length(request: HttpRequest) -> None:
    """Require Content-Length: refuse a chunked body, unread (411).

    Raises:
        RequestRefused: with 411.
    """
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        raise RequestRefused("Send the request with its Content-Length, not in chunks.", 411)


def declared_length(request: HttpRequest) -> int:
    """Return how many bytes a request says it has; 0 where it does not."""
    text = request.headers.get("Content-Length", "")
    # Python reads no number of thousands of digits; of a longer one this is enough to refuse it.
    return int(text.lstrip("0")[:18] or 0) if text.isdecimal() else 0


def require_same_password(password: str, again: str) -> str:
    """Return a new password that was entered twice.

    Raises:
        BadInput: not the same both times.
    """
    if password != again:
        raise BadInput("The two passwords are not the same.")
    return password
