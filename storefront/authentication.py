"""Authentication: a key names the shop, a bearer its customer."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from downloads import fulfilment
from downloads.models import Account, Customer, Grant, Reader, Shop
from downloads.tokens import hash_token
from storefront.grant_fields import require_grant
from storefront.http.client_ip import client_ip
from storefront.http.errors import KeyRefused, OriginRefused, Unauthenticated
from storefront.http.throttling import Rate, count
from storefront.models import (
    ApiKey,
    CustomerToken,
    SecretKey,
    StorefrontKey,
)
from storefront.models.caller_queries import NOTHING, Bearer, Found, find_bearer, find_caller

_SECRET_KEY = re.compile(r"\ABearer +(sk_\S+)\Z", re.IGNORECASE | re.ASCII)


def storefront_key(header: str | None, *, origin: str | None = None, at: datetime) -> StorefrontKey:
    """Return the key of an X-STOREFRONT-KEY header, with its shop. One query at most.

    `origin` is the site whose script asks, where a browser says so.

    Raises:
        KeyRefused: missing (`missing_key`), or unknown, revoked or expired (`invalid_key`).
        OriginRefused: the key is for other sites.
    """
    return key_and_bearer(header, origin=origin, at=at)[0]


def key_and_bearer(
    header: str | None,
    bearer: Bearer | None = None,
    *,
    origin: str | None = None,
    grant: int | None = None,
    at: datetime,
) -> tuple[StorefrontKey, Found]:
    """Return a key as `storefront_key` does, and what else came in its round trip.

    That is of a bearer and of the grant with a number, for a caller to judge.

    Raises:
        KeyRefused, OriginRefused: as `storefront_key` does.
    """
    if not header:
        raise KeyRefused("X-STOREFRONT-KEY header is required for this operation", "missing_key")
    if not StorefrontKey.is_key(header):
        raise _invalid_key()
    key, found = find_caller(hash_token(header), bearer, grant=grant, at=at)
    if key is None:
        raise _invalid_key()
    key.note_use(at)
    if not key.allows(origin):
        raise OriginRefused
    return key, found


def secret_key(authorization: str, *, at: datetime) -> SecretKey:
    """Return the secret key of an Authorization header, with its shop. One query at most.

    Raises:
        KeyRefused: missing (`missing_key`), or unknown, revoked or expired (`invalid_key`).
    """
    match = _SECRET_KEY.match(authorization)
    if match is None:
        raise KeyRefused("Send the shop's secret key as Authorization: Bearer sk_…", "missing_key")
    key = None
    # What was not copied whole costs no query.
    if SecretKey.is_key(match[1]):
        usable = SecretKey.objects.usable(at).select_related("shop")
        key = usable.filter(key_hash=hash_token(match[1])).first()
    if key is None:
        raise _invalid_key()
    key.note_use(at)
    return key


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
    found: Found = NOTHING

    @classmethod
    def of(
        cls, request: HttpRequest, key: StorefrontKey, found: Found, *, at: datetime
    ) -> "StorefrontCaller":
        """Return who sends a request with a key, of whom something was found in its round trip."""
        authorization = request.META.get("HTTP_AUTHORIZATION", "")
        return cls(key.shop, authorization, at, client_ip(request), found=found)

    @property
    def customer(self) -> Customer:
        """The signed-in customer of the key's own shop.

        Raises:
            Unauthenticated: no, bad, revoked or expired bearer, another shop's, or of somebody
                erased since.
        """
        return self.token.reader.customer

    @property
    def reader(self) -> Reader:
        """Who asks by the bearer: a person, or the owner of a mail address.

        Raises:
            Unauthenticated: as `customer` does.
        """
        return self.token.reader

    @cached_property
    def token(self) -> CustomerToken:
        """The bearer, with its customer. One query, unless it came with the key.

        Raises:
            Unauthenticated: as `customer` does.
        """
        found = self.found
        bearer = found.bearer or Bearer.read(self.authorization)
        if bearer is None:
            raise Unauthenticated
        token = found.token if found.bearer == bearer else find_bearer(bearer, at=self.at)
        if token is None or token.customer.shop_id != self.shop.pk:
            raise Unauthenticated
        if token.reader.customer.is_erased:
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

    def grant(self, number: int) -> Grant:
        """Return one grant that the bearer shows. One query, unless it came with the key.

        Raises:
            Unauthenticated, NotFound: in this order.
        """
        reader, grant = self.reader, self.found.grant
        # What came is for the person; the owner of an address sees what is written to it.
        if grant is not None and grant.pk == number and not reader.email:
            return grant
        return require_grant(reader, number)

    def sign_out(self) -> None:
        """Close the bearer of this request.

        Raises:
            Unauthenticated: as `customer` does.
        """
        CustomerToken.objects.filter(pk=self.token.pk).sign_out(self.at)
        # Whatever the same request asks next is asked without it.
        del self.token
        self.found = NOTHING


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


def _invalid_key() -> KeyRefused:
    return KeyRefused("Invalid API key", "invalid_key")
