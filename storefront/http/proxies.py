"""Detect a reverse proxy that `TRUSTED_PROXIES` does not count: all visitors have its address."""

import logging
from collections.abc import Callable
from ipaddress import ip_network
from threading import Lock

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from storefront.http.client_ip import client_ip
from storefront.http.probes import PROBES

logger = logging.getLogger(__name__)
# Of a few requests one cannot tell: whoever installs it is the first visitor.
ENOUGH = 50
WORDS = (
    "Everybody seems to come from {address}: that is a proxy of yours which TRUSTED_PROXIES "
    "({counted}) does not count. All visitors share the limits of one, and a stranger who uses "
    "them up stops everybody. Set TRUSTED_PROXIES to the number of proxies in front, and restart."
)


class OneAddress:
    """Track whether every request of this process came from one and the same private IP.

    In memory alone. As soon as a second address, or a public one, is seen, nothing is looked at
    any more.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._address: str | None = None
        self._requests = 0
        self.is_settled = False

    @property
    def words(self) -> str:
        """A warning for whoever runs the service; empty where all is well, or not known."""
        if self.is_settled or self._requests < ENOUGH:
            return ""
        named = self._address or "a local socket"
        return WORDS.format(address=named, counted=settings.TRUSTED_PROXIES)

    def note(self, address: str) -> None:
        """Note a request's IP, as it is counted; log the warning once."""
        with self._lock:
            if self._address is None:
                self._address = address
                self.is_settled = not _is_private(address)
            if address != self._address:
                self.is_settled = True
            if self.is_settled:
                return
            self._requests += 1
            is_news = self._requests == ENOUGH
        if is_news:
            logger.warning(self.words)


seen = OneAddress()


class NotesProxies:
    """Middleware that notes visitors' IPs, health checks aside."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        note_proxies(request)
        return self.get_response(request)


def note_proxies(request: HttpRequest) -> None:
    """Note a visitor's IP, while it is in question whether all come from one address."""
    if not seen.is_settled and _is_conclusive(request):
        seen.note(client_ip(request))


def _is_conclusive(request: HttpRequest) -> bool:
    if request.path_info in PROBES:
        return False
    # On a laptop one's own browser is everybody; a proxy says that it is one.
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    passed_on = len(forwarded.split(",")) if forwarded else 0
    return settings.PRODUCTION or passed_on > settings.TRUSTED_PROXIES


def _is_private(address: str) -> bool:
    if not address:
        return True  # a socket of this machine has none
    try:
        return ip_network(address).is_private
    except ValueError:
        return False
