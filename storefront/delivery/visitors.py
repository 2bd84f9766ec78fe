"""Whose request it was, as far as the ledger may know."""

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from downloads.models.ledger import USER_AGENT_MAX_LENGTH, Visitor
from storefront.http.client_ip import client_address


def visitor_of(request: HttpRequest) -> Visitor:
    """Return a request's visitor: an address is told from another, and cannot be read back."""
    address = client_address(request)
    user_agent = request.headers.get("User-Agent", "")
    printable = "".join(char if char.isprintable() else " " for char in user_agent)
    return Visitor(
        address_hash=salted_hmac("storefront.visitor", address, algorithm="sha256").hexdigest(),
        user_agent=printable[:USER_AGENT_MAX_LENGTH],
    )
