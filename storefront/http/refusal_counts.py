"""Rate limiting with a storefront's key, which is public, by who proved to be its customer.

A storefront's key stands in its pages, for anybody to send. Its rate is its signed-in customers':
they are counted wherever they come from. Any other request counts against the key and the client
address it came from: one that is answered at the same rate as the key's, one that is refused at a
rate of its own, beyond which it costs no query. Whoever is signed in is served whatever others sent
from there: a whole network, or a storefront's server, may share one address.
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException

from downloads.errors import BadInput
from downloads.tokens import hash_token
from storefront.authentication import StorefrontCaller, count_request
from storefront.http.client_ip import client_ip
from storefront.http.errors import RateExceeded, RequestRefused, TooLarge, Unauthenticated
from storefront.http.throttling import Rate, count, counted, give_back
from storefront.models import StorefrontKey
from storefront.models.caller_queries import Bearer

# What says that a request did no useful work; a missing row and a used-up download do not.
REFUSALS = (APIException, BadInput, RateExceeded, RequestRefused, TooLarge, Unauthenticated)
SHOWN = 32


class Refusals:
    """Rate limits of one sender with one key; `exceeded` once too many were refused.

    `rate` is what the present one is counted under, and `bearer` what may be its bearer.
    """

    is_admitted = False
    rate: Rate | None = None
    exceeded: Rate | None = None

    def __init__(self, request: HttpRequest, key: str, *, at: datetime) -> None:
        self._who = f"{hash_token(key)[:SHOWN]}:{client_ip(request)}"
        self._limit = settings.KEY_REFUSALS_PER_MINUTE
        self._at = at
        self.bearer = Bearer.read(request.META.get("HTTP_AUTHORIZATION", ""))
        self.shows_bearer = self.bearer is not None

    def require_hope(self) -> None:
        """Refuse, past the limit, a request without a plausible bearer. No query.

        Raises:
            RateExceeded: with the seconds until the next minute.
        """
        if not self.shows_bearer:
            self._require(counted("refused", self._who, limit=self._limit, at=self._at))

    def admit(self, key: StorefrontKey) -> None:
        """Count a request before it is answered, against its key or its sender.

        Raises:
            RateExceeded: it is one too many in this minute.
        """
        if self.shows_bearer:
            self.rate = count_request(key, at=self._at)
        else:
            self.rate = count("guest", self._who, limit=key.rate_per_minute, at=self._at)
        self.rate.require()
        self.is_admitted = True

    def settle(self, caller: StorefrontCaller) -> None:
        """Uncount an answered request from its key if its bearer is invalid. One query at most.

        Raises:
            RateExceeded: it is not, and too many were not in this minute.
        """
        if self.is_admitted and self.shows_bearer and not caller.has_signed_in:
            self.note()

    def note(self) -> None:
        """Uncount a refused request, and count it among the refused ones.

        Raises:
            RateExceeded: too many in this minute.
        """
        if self.is_admitted and self.rate is not None:
            self.rate, self.is_admitted = give_back(self.rate), False
        self._require(count("refused", self._who, limit=self._limit, at=self._at))

    def _require(self, rate: Rate) -> None:
        if rate.is_exceeded:
            self.exceeded = rate
        rate.require()
