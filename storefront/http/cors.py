"""CORS: which request headers a script of another origin may send, and who marks every answer.

django-cors-headers answers preflights and knows our paths; it can allow a fixed list of header
names only. Clients, tracers and frameworks add names of their own, so whatever is asked for is
allowed: a header that we do not read does nothing here.
"""

import re

from corsheaders.middleware import (
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    CorsMiddleware,
)
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

# RFC 9110, 5.6.2. Nothing else may come back in a header of ours.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
MAX_NAMES = 50
MAX_LENGTH = 2048


class CrossOriginAnswers(CorsMiddleware):
    """Add CORS headers to whatever middleware answers too: redirects, bad hosts, faults.

    Preflights are left to `CorsMiddleware` itself, which stands further in, so that what it
    answers carries the headers of every other answer.
    """

    def check_preflight(self, request: HttpRequest) -> None:
        request._cors_enabled = self.is_enabled(request)  # type: ignore[attr-defined]

    def add_response_headers(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request._cors_enabled:  # type: ignore[attr-defined]
            # In one order everywhere, whoever named one of the two before.
            others = re.findall(r"[^\s,]+", response.headers.get("Vary", ""))
            response["Vary"] = "Origin, Accept"
            patch_vary_headers(response, others)
        response = super().add_response_headers(request, response)
        if request.method == "OPTIONS":
            requested = request.headers.get("Access-Control-Request-Headers", "")
            del response[ACCESS_CONTROL_ALLOW_HEADERS]
            names = allowed_names(requested)
            if names and ACCESS_CONTROL_ALLOW_ORIGIN in response.headers:
                response[ACCESS_CONTROL_ALLOW_HEADERS] = names
        return response


def allowed_names(requested: str) -> str:
    """Return the header names of `Access-Control-Request-Headers`, as far as they are valid.

    At most 50 of them, and 2 KB.
    """
    names: list[str] = []
    left = MAX_LENGTH
    for name in dict.fromkeys(part.strip(" \t") for part in requested.split(",")):
        if _TOKEN.fullmatch(name) and len(name) <= left and len(names) < MAX_NAMES:
            names.append(name)
            left -= len(name) + len(", ")
    return ", ".join(names)
