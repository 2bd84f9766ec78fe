"""Who asks: a storefront key names the shop, a bearer names its customer."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from downloads.models import Customer, Shop
from downloads.tokens import hash_token
from storefront.errors import KeyRefused, Unauthenticated
from storefront.models import CustomerToken, StorefrontKey

_BEARER = re.compile(r"\ABearer +([0-9]{1,18})\|([^\s|]{40,200})\Z", re.IGNORECASE | re.ASCII)


def storefront_key(header: str | None, *, at: datetime) -> StorefrontKey:
    """Return the key of an X-STOREFRONT-KEY header, with its shop. One query.

    Raises:
        KeyRefused: missing (`missing_key`), or unknown, revoked or expired (`invalid_key`).
    """
    if not header:
        raise KeyRefused("X-STOREFRONT-KEY header is required for this operation", "missing_key")
    usable = StorefrontKey.objects.usable(at).select_related("shop")
    key = usable.filter(key_hash=hash_token(header)).first()
    if key is None:
        raise KeyRefused("Invalid API key", "invalid_key")
    return key


@dataclass
class StorefrontCaller:
    """One request to face B: its shop, the time it came, and, once asked for, its customer."""

    shop: Shop
    authorization: str
    at: datetime

    @cached_property
    def customer(self) -> Customer:
        """The signed-in customer of the key's own shop. One query.

        Raises:
            Unauthenticated: no, bad, revoked or expired bearer, another shop's, or of somebody
                erased since.
        """
        match = _BEARER.match(self.authorization)
        if match is None:
            raise Unauthenticated
        number, secret = match.groups()
        usable = CustomerToken.objects.usable(self.at).select_related("customer")
        token = usable.filter(
            pk=int(number),
            secret_hash=hash_token(secret),
            customer__shop=self.shop,
            customer__erased_at__isnull=True,
        ).first()
        if token is None:
            raise Unauthenticated
        return token.customer
