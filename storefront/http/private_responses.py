"""Privacy headers of dynamic responses: no cache, no search engine, no referrer."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseFileResponse


class PrivateAnswers:
    """Middleware that marks responses as private, except static files. Staff alone get cookies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, WhiteNoiseFileResponse):
            return response
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex"
        match = request.resolver_match
        if match is None or match.namespace != "admin":
            response["Referrer-Policy"] = "no-referrer"
            # Django gives one to whoever sends a broken one, wherever that is.
            response.cookies.clear()
        return response
