"""Webhook authentication: the signature over a message's raw bytes names its shop."""

from datetime import datetime

from django.db import models

from downloads.errors import SealBroken
from downloads.models import Shop
from downloads.prepared_queries import PreparedQuery, fetch
from downloads.prepared_statements import Slot
from storefront.http.errors import SignatureRefused
from storefront.models import WebhookSecret
from storefront.platforms.base import Envelope, Platform
from storefront.webhooks.known_secrets import domain_of, known_secrets

_SECRETS = PreparedQuery(
    lambda: (
        WebhookSecret.objects.usable(Slot("at", models.DateTimeField()))
        .filter(
            shop__domain=Slot("domain", models.CharField()),
            source=Slot("source", models.CharField()),
        )
        .select_related("shop")
    )
)


def shop_of_message(platform: Platform, envelope: Envelope, body: bytes, *, at: datetime) -> Shop:
    """Return the shop whose own secret signed exactly these bytes. One query.

    `body` is the raw bytes as they came.

    Raises:
        SignatureRefused: none of this shop's usable secrets did, or there is no such shop.
        SealBroken: one of them cannot be opened, and none of the others signed.
    """
    unread: SealBroken | None = None
    domain = domain_of(envelope)
    [secrets] = fetch(_SECRETS.given(at=at, domain=domain, source=platform.name))
    for secret in secrets:
        try:
            known = secret.reveal()
        except SealBroken as error:
            unread = error
            continue
        if platform.is_signed(envelope, body, secret=known, at=at):
            secret.note_use(at)
            known_secrets.keep(secret, known, at=at)
            return secret.shop
    # What we cannot read may well have been the right one: the shop is to try again.
    raise unread or SignatureRefused()
