"""Authentication: a key or a signature names the shop, a bearer its customer."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from downloads import fulfilment
from downloads.errors import SealBroken
from downloads.models import Account, Customer, Reader, Shop
from downloads.tokens import has_checksum, hash_token
from storefront.http.client_ip import client_ip
from storefront.http.errors import KeyRefused, OriginRefused, SignatureRefused, Unauthenticated
from storefront.http.throttling import Rate, count
from storefront.models import (
    ApiKey,
    CustomerToken,
    SecretKey,
    StorefrontKey,
    WebhookSecret,
)
from storefront.platforms.base import Envelope, Platform

Key = TypeVar("Key", bound=ApiKey)

_BEARER = re.compile(r"\ABearer +([0-9]{1,18})\|([^\s|]{40,200})\Z", re.IGNORECASE | re.ASCII)
_SECRET_KEY = re.compile(r"\ABearer +(sk_\S+)\Z", re.IGNORECASE | re.ASCII)


def storefront_key(header: str | None, *, origin: str | None = None, at: datetime) -> StorefrontKey:
    """Return the key of an X-STOREFRONT-KEY header, with its shop. One query at most.

    `origin` is the site whose script asks, where a browser says so.

    Raises:
        KeyRefused: missing (`missing_key`), or unknown, revoked or expired (`invalid_key`).
        OriginRefused: the key is for other sites.
    """
    if not header:
        raise KeyRefused("X-STOREFRONT-KEY header is required for this operation", "missing_key")
    key = _usable_key(StorefrontKey, header, at=at)
    if not key.allows(origin):
        raise OriginRefused
    return key


def secret_key(authorization: str, *, at: datetime) -> SecretKey:
    """Return the secret key of an Authorization header, with its shop. One query at most.

    Raises:
        KeyRefused: missing (`missing_key`), or unknown, revoked or expired (`invalid_key`).
    """
    match = _SECRET_KEY.match(authorization)
    if match is None:
        raise KeyRefused("Send the shop's secret key as Authorization: Bearer sk_…", "missing_key")
    return _usable_key(SecretKey, match[1], at=at)


def count_request(key: ApiKey, *, at: datetime) -> Rate:
    """Count one more request of a key in this minute and return where that leaves it."""
    return count(type(key).__name__, str(key.pk), limit=key.rate_per_minute, at=at)


@dataclass
class StorefrontCaller:
    """A storefront's request: shop, time and client IP, and its customer, loaded on demand."""

    shop: Shop
    authorization: str
    at: datetime
    client_ip: str = ""
    was_let_in: bool = False

    @classmethod
    def of(cls, request: HttpRequest, key: StorefrontKey, *, at: datetime) -> "StorefrontCaller":
        """Return who sends a request with a key."""
        authorization = request.headers.get("Authorization", "")
        return cls(key.shop, authorization, at, client_ip(request))

    @property
    def customer(self) -> Customer:
        """The signed-in customer of the key's own shop.

        Raises:
            Unauthenticated: no, bad, revoked or expired bearer, another shop's, or of somebody
                erased since.
        """
        return self.token.customer

    @property
    def reader(self) -> Reader:
        """Who asks by the bearer: a person, or the owner of a mail address.

        Raises:
            Unauthenticated: as `customer` does.
        """
        return self.token.reader

    @cached_property
    def token(self) -> CustomerToken:
        """The bearer, with its customer. One query.

        Raises:
            Unauthenticated: as `customer` does.
        """
        if not is_whole_bearer(self.authorization):
            raise Unauthenticated
        number, secret = _BEARER.match(self.authorization).groups()  # type: ignore[union-attr]
        usable = CustomerToken.objects.usable(self.at).select_related("customer")
        token = usable.filter(
            pk=int(number),
            secret_hash=hash_token(secret),
            customer__shop=self.shop,
        ).first()
        if token is None or token.customer.is_erased:
            raise Unauthenticated
        token.note_use(self.at)
        self.was_let_in = True
        return token

    @property
    def has_signed_in(self) -> bool:
        """Whether the bearer was good, or a password was right, at any time of this request. One
        query where nobody asked yet."""
        if not self.was_let_in:
            with suppress(Unauthenticated):
                self.was_let_in = bool(self.token)
        return self.was_let_in

    def sign_out(self) -> None:
        """Close the bearer of this request.

        Raises:
            Unauthenticated: as `customer` does.
        """
        CustomerToken.objects.filter(pk=self.token.pk).sign_out(self.at)
        del self.token  # whatever the same request asks next is asked without it


@transaction.atomic
def let_in(account: Account, *, at: datetime) -> tuple[Customer, str]:
    """Return the customer whom an account leads to, and a fresh bearer.

    In one piece: else a bearer could come after the others were closed by a new password.

    Raises:
        SignInRefused: another password was chosen since, or the account is gone.
    """
    customer = fulfilment.sign_in(account, at=at)
    origin = CustomerToken.Origin.SIGN_IN
    email = account.email if account.confirmed_at is not None else ""
    _row, bearer = CustomerToken.issue(customer, at=at, origin=origin, account=account, email=email)
    return customer, bearer


def choose_password(number: int, *, state: str, password: str, at: datetime) -> Account:
    """Set the password of an account, as `fulfilment` does, and end its customer's bearers.

    In one piece: whoever was signed in with the password before is to sign in anew.
    """

    def sign_out(account: Account) -> None:
        theirs = Q(customer=account.customer) | Q(account=account)
        CustomerToken.objects.filter(theirs).sign_out(at)

    return fulfilment.choose_password(
        number, state=state, password=password, at=at, and_with_it=sign_out
    )


def is_whole_bearer(authorization: str) -> bool:
    """Say whether an Authorization header may hold a customer's bearer. No query.

    One made before bearers had a checksum is shorter, and may be one.
    """
    match = _BEARER.match(authorization)
    return match is not None and (
        len(match[2]) != CustomerToken.SECRET_LENGTH or has_checksum(match[2])
    )


def shop_of_message(platform: Platform, envelope: Envelope, body: bytes, *, at: datetime) -> Shop:
    """Return the shop whose own secret signed exactly these bytes. One query.

    `body` is the raw bytes as they came.

    Raises:
        SignatureRefused: none of this shop's usable secrets did, or there is no such shop.
        SealBroken: one of them cannot be opened, and none of the others signed.
    """
    usable = WebhookSecret.objects.usable(at).select_related("shop")
    unread: SealBroken | None = None
    # Anybody may write a NUL into an address; PostgreSQL cannot even look for one.
    domain = envelope.shop_domain.lower().replace("\0", "")
    for secret in usable.filter(shop__domain=domain, source=platform.name):
        try:
            known = secret.reveal()
        except SealBroken as error:
            unread = error
            continue
        if platform.is_signed(envelope, body, secret=known, at=at):
            secret.note_use(at)
            return secret.shop
    # What we cannot read may well have been the right one: the shop is to try again.
    raise unread or SignatureRefused()


def _usable_key(kind: type[Key], text: str, *, at: datetime) -> Key:
    key: Any = None
    # What was not copied whole costs no query.
    if kind.is_key(text):
        usable: Any = kind._default_manager.all()
        usable = usable.usable(at).select_related("shop")
        key = usable.filter(key_hash=hash_token(text)).first()
    if key is None:
        raise KeyRefused("Invalid API key", "invalid_key")
    key.note_use(at)
    return key
