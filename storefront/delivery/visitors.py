"""Visitor of a request for the ledger: client IP as a keyed hash, and user agent."""

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from downloads.models.ledger import USER_AGENT_MAX_LENGTH, Visitor
from storefront.http.client_ip import client_ip


def visitor_of(request: HttpRequest) -> Visitor:
    """Return a request's visitor: its IP is told from others, and cannot be read back."""
    ip = client_ip(request)
    user_agent = request.headers.get("User-Agent", "")
    printable = "".join(char if char.isprintable() else " " for char in user_agent)
    return Visitor(
        address_hash=salted_hmac("storefront.visitor", ip, algorithm="sha256").hexdigest(),
        user_agent=printable[:USER_AGENT_MAX_LENGTH],
    )
