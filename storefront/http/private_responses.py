"""Privacy headers of dynamic responses: no cache, no search engine, no referrer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseFileResponse

# A year: whatever changes has another address.
FOR_GOOD = "public, max-age=31536000, immutable"


def kept_by_caches(response: HttpResponse) -> HttpResponse:
    """Mark a response that is the same for everybody for good."""
    response["Cache-Control"] = FOR_GOOD
    response.is_kept_by_caches = True  # type: ignore[attr-defined]
    return response


class PrivateAnswers:
    """Middleware that marks responses as private, except static files. Staff alone get cookies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, WhiteNoiseFileResponse):
            return response
        if not getattr(response, "is_kept_by_caches", False):
            response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex"
        match = request.resolver_match
        if match is None or match.namespace != "admin":
            response["Referrer-Policy"] = "no-referrer"
            # Django gives one to whoever sends a broken one, wherever that is.
            response.cookies.clear()
        return response
