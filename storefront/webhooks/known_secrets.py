"""Webhook secrets in memory: those that signed, opened, so that a message needs one round trip.

None is trusted for being here: the INSERT of the message that one signed makes no row unless the
secret is usable at that moment, by the database. So a revoked one ends at once, in each process.
"""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from django.db import models

from downloads.fulfilment import Proviso
from downloads.models import Shop
from downloads.prepared_statements import Prepared, Slot
from storefront.models import WebhookSecret
from storefront.models.credentials import USED_AT_PRECISION
from storefront.platforms.base import Envelope, Platform

# Shops of which one is kept: the last ones that sent something.
MOST = 1000

_STANDS = Prepared(
    lambda: (
        WebhookSecret.objects.usable(Slot("at", models.DateTimeField()))
        .filter(
            pk=Slot("secret", models.BigAutoField()),
            sealed=Slot("sealed", models.TextField()),
            source=Slot("source", models.CharField()),
            shop=Slot("shop_id", models.BigAutoField()),
            shop__domain=Slot("domain", models.CharField()),
        )
        .exists()
    )
)


class Known(NamedTuple):
    """A secret that has signed, its text, and when its use was noted."""

    secret: WebhookSecret
    text: str
    noted_at: datetime

    @property
    def shop(self) -> Shop:
        """Whose it is."""
        return self.secret.shop

    def proviso(self, at: datetime) -> Proviso:
        """Return the condition that it is usable still, as it was read."""
        secret = self.secret
        values = {
            "at": at,
            "secret": secret.pk,
            "sealed": secret.sealed,
            "source": secret.source,
            "domain": secret.shop.domain,
        }
        return Proviso(_STANDS, values)


class KnownSecrets:
    """The last secret that signed, of each shop and platform."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def signer(
        self, platform: Platform, envelope: Envelope, body: bytes, *, at: datetime
    ) -> Known | None:
        """Return the secret that signed these bytes, if it is here: whether it stands is to ask."""
        key = (platform.name, domain_of(envelope))
        known = self._known.get(key)
        # Its use is to be noted again.
        if known is None or known.noted_at < at - USED_AT_PRECISION:
            return None
        return known if platform.is_signed(envelope, body, secret=known.text, at=at) else None

    def keep(self, secret: WebhookSecret, text: str, *, at: datetime) -> None:
        """Keep a secret that signed, its use noted by now, in the place of its shop's last one."""
        key = (secret.source, secret.shop.domain)
        with self._lock:
            self._known[key] = Known(secret, text, secret.used_at or at)
            self._known.move_to_end(key)
            if len(self._known) > MOST:
                self._known.popitem(last=False)


def domain_of(envelope: Envelope) -> str:
    """Return the shop's domain as it is looked for."""
    # Anybody may write a NUL into an address; PostgreSQL cannot even look for one.
    return envelope.shop_domain.lower().replace("\0", "")


known_secrets = KnownSecrets()
