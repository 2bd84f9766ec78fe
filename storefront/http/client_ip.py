"""Client IP behind trusted proxies; IPv6 by its /64."""

import hashlib
import re
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import CaseInsensitiveMapping
from rest_framework.throttling import BaseThrottle

SUBSCRIBER_BITS = 64
# Some proxies write the port too, and IPv6 in brackets.
_WITH_PORT = re.compile(r"\A(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]+)?\Z")


class _LookedAt:
    """What is looked at of a request; its own `headers` would read all of them."""

    def __init__(self, meta: dict[str, Any]) -> None:
        self.META = meta
        forwarded = meta.get("HTTP_X_FORWARDED_FOR")
        given = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        self.headers = CaseInsensitiveMapping(given)


def client_ip(request: HttpRequest) -> str:
    """Return a request's client IP, behind `TRUSTED_PROXIES` proxies of ours.

    An IPv4 address, or the /64 that one subscriber of IPv6 has. What cannot be read as an address
    is told from others by a short hash: it fits any cache's key, whatever was sent.
    """
    known: str | None = getattr(request, "known_client_ip", None)
    if known is None:
        looked_at: Any = _LookedAt(request.META)
        known = request.known_client_ip = _address_in(BaseThrottle().get_ident(looked_at) or "")  # type: ignore[attr-defined]
    return known


# Many requests of one visitor.
@lru_cache(1000)
def _address_in(named: str) -> str:
    with_port = _WITH_PORT.match(named)
    try:
        address = ip_address((with_port[1] or with_port[2]) if with_port else named)
    except ValueError:
        return hashlib.sha256(named.encode(errors="replace")).hexdigest()[:32] if named else ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), SUBSCRIBER_BITS), strict=False))
