"""Rate limiting of refused requests, by storefront key and client address.

A storefront's key stands in its pages, for anybody to send with junk: such a request gives the
key's own count back, and counts against the key and the address it came from. Whoever is signed
in is served whatever others sent from there: a whole network, or a storefront's server, may share
one address.
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from downloads.errors import BadInput
from downloads.tokens import hash_token
from storefront.callers import is_whole_bearer
from storefront.errors import RequestRefused, TooLarge, Unauthenticated
from storefront.throttles import Rate, client_address, count, counted, give_back

# What says that a request did no useful work; a missing row and a used-up download do not.
REFUSALS = (BadInput, RequestRefused, TooLarge, Unauthenticated)
SHOWN = 32


class Refusals:
    """The refused requests of one sender with one key; `exceeded` once there are too many."""

    exceeded: Rate | None = None

    def __init__(self, request: HttpRequest, key: str, *, at: datetime) -> None:
        self._who = f"{hash_token(key)[:SHOWN]}:{client_address(request)}"
        self._limit = settings.KEY_REFUSALS_PER_MINUTE
        self._at = at
        self._authorization = request.headers.get("Authorization", "")

    def require_hope(self) -> None:
        """Refuse, past the limit, what shows no bearer that could be one. No query.

        Raises:
            RateExceeded: with the seconds until the next minute.
        """
        if not is_whole_bearer(self._authorization):
            self._require(counted("refused", self._who, limit=self._limit, at=self._at))

    def note(self, rate: Rate) -> Rate:
        """Give a refused request back to its key and count it here; return the key's rate.

        Raises:
            RateExceeded: too many in this minute.
        """
        left = give_back(rate)
        self._require(count("refused", self._who, limit=self._limit, at=self._at))
        return left

    def _require(self, rate: Rate) -> None:
        if rate.is_exceeded:
            self.exceeded = rate
        rate.require()
