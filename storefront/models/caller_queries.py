"""Queries of who asks at a storefront's doors: key, bearer and grant, in one round trip."""

import re
import threading
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from django.db import models
from django.db.models import Subquery

from downloads.lookups.grants import grant_seen_by, question_of_grant
from downloads.models import Customer, Grant, Reader
from downloads.prepared_queries import FilledQuery, PreparedQuery, fetch
from downloads.prepared_statements import Slot
from downloads.tokens import has_checksum, hash_token
from storefront.models.customer_tokens import CustomerToken
from storefront.models.keys import StorefrontKey

_SENT = re.compile(r"\ABearer +([0-9]{1,18})\|([^\s|]{40,200})\Z", re.IGNORECASE | re.ASCII)
# Bearers whose person is kept: those that came last.
MOST_PERSONS = 10_000


class Bearer(NamedTuple):
    """The number and the secret's hash of a bearer that was sent."""

    number: int
    secret_hash: str

    @classmethod
    def read(cls, authorization: str) -> "Bearer | None":
        """Return what an Authorization header holds, unless it can be no customer's bearer.

        One made before bearers had a checksum is shorter, and may be one.
        """
        match = _SENT.match(authorization)
        if match is None:
            return None
        number, secret = match.groups()
        if len(secret) == CustomerToken.SECRET_LENGTH and not has_checksum(secret):
            return None
        return cls(int(number), hash_token(secret))


class Found(NamedTuple):
    """What was found of a bearer beside a key: neither is judged yet.

    It may be of another shop than the key, and the grant is for whoever it is good for. There is
    none for the owner of an address, however they spell it: no SQL knows how.
    """

    bearer: Bearer | None = None
    token: CustomerToken | None = None
    grant: Grant | None = None


NOTHING = Found()


def find_bearer(bearer: Bearer, *, at: datetime) -> CustomerToken | None:
    """Return a usable bearer of whatever shop, with its customer. One query."""
    token: CustomerToken | None = _BEARER.first(**bearer._asdict(), at=at)
    return token


def find_caller(
    key_hash: str, bearer: Bearer | None = None, *, grant: int | None = None, at: datetime
) -> tuple[StorefrontKey | None, Found]:
    """Return the usable key with this hash, and what a bearer leads to. One round trip.

    `grant` is the number of one that is going to be asked for.
    """
    queries = [_KEY.given(key_hash=key_hash, at=at)]
    person = None
    if bearer is not None:
        queries.append(_BEARER.given(**bearer._asdict(), at=at))
        if grant is not None:
            person = _PERSONS.of(bearer)
            queries.append(_question_of(grant, bearer, person))
    key, *others = [rows[0] if rows else None for rows in fetch(*queries)]
    found = Found(bearer, *others)
    if bearer is None or grant is None:
        return key, found
    if found.token is None:
        return key, found._replace(grant=None)
    now = _person_of(found.token)
    if now != person:
        _PERSONS.keep(bearer, now)
        if person is not None:
            # They are one with somebody else since: it was asked for as another.
            found = found._replace(grant=_GRANT.first(**bearer._asdict(), grant=grant))
    return key, found


class Person(NamedTuple):
    """Whom a bearer is for, by our numbers."""

    shop: int
    number: int


class _Persons:
    """Whom the bearers were for that came last, so that a grant is asked for by that.

    It is a guess, and never trusted: the bearer itself is read in the same round trip, and what was
    asked for another than it says counts for nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Bearer, Person] = OrderedDict()

    def of(self, bearer: Bearer) -> Person | None:
        return self._known.get(bearer)

    def keep(self, bearer: Bearer, person: Person | None) -> None:
        with self._lock:
            self._known.pop(bearer, None)
            if person is not None:
                self._known[bearer] = person
            if len(self._known) > MOST_PERSONS:
                self._known.popitem(last=False)


_PERSONS = _Persons()


def _person_of(token: CustomerToken) -> Person | None:
    """Return whom a bearer is for; None for the owner of an address, and for an account's."""
    customer = token.customer
    is_owners = token.email or token.account is not None
    return None if is_owners else Person(customer.shop_id, customer.person_number)


def _question_of(grant: int, bearer: Bearer, person: Person | None) -> FilledQuery:
    if person is None:
        return _GRANT.given(**bearer._asdict(), grant=grant)
    # Who the bearer is for would be looked up three times.
    return question_of_grant(grant, shop=person.shop, person=person.number)


_AT = Slot("at", models.DateTimeField())
_NUMBER = Slot("number", models.BigAutoField())
_SECRET_HASH = Slot("secret_hash", models.CharField())


def _somebody() -> Reader:
    """Return the person a bearer is for, whatever became of it since."""
    theirs = Customer.objects.order_by().filter(
        tokens__pk=_NUMBER, tokens__secret_hash=_SECRET_HASH, tokens__email=""
    )
    shop, person = theirs.values("shop"), theirs.person_numbers()
    return Reader(Customer(shop_id=Subquery(shop), person_id=Subquery(person)))


# What a door looks at, and what the faces show of a customer; a time costs most to read.
JUDGED_OF_KEY = (
    *("shop", "name", "prefix", "rate_per_minute", "allowed_origins", "used_at"),
    *("shop__name", "shop__domain", "shop__language"),
)
JUDGED_OF_BEARER = (
    *("customer", "account", "email", "origin", "used_at"),
    *("customer__shop", "customer__person", "customer__erased_at"),
    *("customer__email", "customer__first_name", "customer__last_name"),
    *("account__customer", "account__email"),
    *("account__customer__shop", "account__customer__person", "account__customer__erased_at"),
    *("account__customer__email", "account__customer__first_name"),
    "account__customer__last_name",
)
_KEY = PreparedQuery(
    lambda: (
        StorefrontKey.objects.usable(_AT)
        .select_related("shop")
        .only(*JUDGED_OF_KEY)
        .filter(key_hash=Slot("key_hash", models.CharField()))
        .order_by()
    )
)
_BEARER = PreparedQuery(
    lambda: (
        CustomerToken.objects.usable(_AT)
        .select_related("customer", "account__customer")
        .only(*JUDGED_OF_BEARER)
        .filter(pk=_NUMBER, secret_hash=_SECRET_HASH)
        .order_by()
    )
)
_GRANT = grant_seen_by(_somebody)
