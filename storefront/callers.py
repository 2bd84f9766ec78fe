"""Who asks: a storefront key or a signature names the shop, a bearer names its customer."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q

from downloads.errors import SealBroken
from downloads.models import Customer, Shop
from downloads.tokens import hash_token
from storefront.errors import KeyRefused, SignatureRefused, Unauthenticated
from storefront.models import CustomerToken, StorefrontKey, WebhookSecret
from storefront.sources import Envelope, Source

USED_AT_PRECISION = timedelta(hours=1)

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


def shop_of_message(
    platform: Source, source: str, envelope: Envelope, body: bytes, *, at: datetime
) -> Shop:
    """Return the shop whose own secret signed exactly these bytes. One query.

    `source` is the platform's name, `body` the raw bytes as they came.

    Raises:
        SignatureRefused: none of this shop's usable secrets did, or there is no such shop.
        SealBroken: one of them cannot be opened, and none of the others signed.
    """
    usable = WebhookSecret.objects.usable(at).select_related("shop")
    unread: SealBroken | None = None
    for secret in usable.filter(shop__domain=envelope.shop_domain.lower(), source=source):
        try:
            known = secret.reveal()
        except SealBroken as error:
            unread = error
            continue
        if platform.is_signed(body, signature=envelope.signature, secret=known):
            _note_use(secret, at=at)
            return secret.shop
    # What we cannot read may well have been the right one: the shop is to try again.
    raise unread or SignatureRefused()


def _note_use(secret: WebhookSecret, *, at: datetime) -> None:
    # To the hour, so that a crowd of messages does not queue for this one row.
    stale = Q(used_at__isnull=True) | Q(used_at__lt=at - USED_AT_PRECISION)
    if secret.used_at is None or secret.used_at < at - USED_AT_PRECISION:
        WebhookSecret.objects.filter(stale, pk=secret.pk).update(used_at=at)
