"""Rate limiting of password guesses by customer account: slower, and never a lock-out.

Wrong passwords are counted by (account, client address), and those of addresses the account was
never signed in from by the account too. An address that was is asked for its own count alone, and
so is one where a new password was chosen: the link by mail leads in whatever strangers do. An
account is its shop and mail address, whether there is one or not: both are answered alike.
"""

import hashlib
from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from downloads.email_addresses import counted_spelling
from downloads.models import Shop
from storefront.throttles import Rate, count, forget, give_back

WINDOW_SECONDS = 15 * 60
KNOWN_SECONDS = 90 * 24 * 60 * 60
ANYWHERE = "anywhere"


class AccountTries:
    """The passwords tried for one account by one client address."""

    def __init__(self, shop: Shop, email: str, *, address: str, at: datetime) -> None:
        spelling = counted_spelling(email).encode(errors="surrogatepass")
        self._account = f"{shop.pk}:{hashlib.sha256(spelling).hexdigest()[:32]}"
        self._here = f"{self._account}:{address}"
        self._at = at
        self._taken: list[Rate] = []

    def take(self) -> None:
        """Take a try ahead of its judgement. No query.

        Raises:
            RateExceeded: none is left; what was entered is not to be looked at.
        """
        self._take(self._here, limit=settings.ACCOUNT_TRIES)
        if not cache.get(self._known_key):
            self._take(f"{self._account}:{ANYWHERE}", limit=settings.ACCOUNT_TRIES_ANYWHERE)

    def clear(self) -> None:
        """Give the try back, and know this address from now on: the password was right."""
        for rate in self._taken:
            give_back(rate)
        cache.set(self._known_key, 1, timeout=KNOWN_SECONDS)

    def begin_anew(self) -> None:
        """Forget what was tried before the owner chose a new password here."""
        for who in (self._here, f"{self._account}:{ANYWHERE}"):
            forget("account", who, at=self._at, seconds=WINDOW_SECONDS)
        cache.set(self._known_key, 1, timeout=KNOWN_SECONDS)

    @property
    def _known_key(self) -> str:
        return f"known:{self._here}"

    def _take(self, who: str, *, limit: int) -> None:
        rate = count("account", who, limit=limit, at=self._at, seconds=WINDOW_SECONDS)
        self._taken.append(rate)
        if rate.is_exceeded:
            # What is not judged uses nothing up for an address that is known.
            for taken in self._taken:
                give_back(taken)
            rate.require()
