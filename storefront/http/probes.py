"""Answer health checks before the Host header is validated against `ALLOWED_HOSTS`."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from storefront.pages import health

PROBES = {"/healthz": health.healthz, "/readyz": health.readyz}


class AnswersProbes:
    """Middleware that answers `/healthz` and `/readyz` whatever host they are asked by.

    A container or a pod is asked by its own address, which nobody can name beforehand. No answer
    of theirs repeats the host. It stands in front of whatever calls `get_host()`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        response = probe(request)
        # CommonMiddleware, which sets it otherwise, stands behind this one.
        response["Content-Length"] = str(len(response.content))
        return response
