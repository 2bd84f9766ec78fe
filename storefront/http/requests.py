"""Requirements on requests that every endpoint shares."""

from django.http import HttpRequest

from storefront.http.errors import RequestRefused


def require_length(request: HttpRequest) -> None:
    """Refuse a body that comes in chunks: how long it is stands nowhere, and it is not read.

    Raises:
        RequestRefused: with 411.
    """
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        raise RequestRefused("Send the request with its Content-Length, not in chunks.", 411)
