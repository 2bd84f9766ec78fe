"""Middleware that sets the actor of a request for the audit trail."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_guid import get_guid

from downloads.audit.actors import Actor, acting
from storefront.http.client_ip import client_ip

NOBODY = "somebody not signed in"


class NamesActor:
    """Name whoever is signed in, once there is something to enter; until then it costs nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with acting(partial(actor_of, request)):
            return self.get_response(request)


def actor_of(request: HttpRequest) -> Actor:
    """Return who sent a request, from where and with which program."""
    name = request.user.get_username() if request.user.is_authenticated else NOBODY
    return Actor(name, client_ip(request), program_of(request), request_id())


def stranger(request: HttpRequest) -> Actor:
    """Return who sent a request to a face: whoever it is, no session of ours tells the name."""
    return Actor(NOBODY, client_ip(request), program_of(request), request_id())


def program_of(request: HttpRequest) -> str:
    """Return what a browser says that it is."""
    return request.headers.get("User-Agent", "")


def request_id() -> str:
    """Return what our answer and our log call the request that is answered just now."""
    return (get_guid() or "").replace("-", "").lower()
