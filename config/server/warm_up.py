"""Do before the first request what the first ones would wait for: routes, middleware, templates."""

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.template.loader import get_template
from django.urls import get_resolver

# What buyers' browsers are shown, whoever they are.
TEMPLATES = ("order.html", "refusal.html")


def warm_up(application: Callable[..., Iterable[bytes]]) -> None:
    """Answer a probe, which asks no database and counts nothing, and compile what pages need."""
    for name in TEMPLATES:
        get_template(name)
    get_resolver().resolve("/")
    answer = application(_probe(), lambda *_: None)
    for _part in answer:
        pass
    getattr(answer, "close", lambda: None)()


def _probe() -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/healthz",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
