"""Rate limiting of password guesses by customer account: slower, and never a lock-out.

Wrong passwords are counted by (account, client address), and those of addresses the account was
never signed in from by the account too. An address that was is asked for its own count alone. Of
the others, once their common count is used up, one that has not failed itself is judged every few
seconds: whoever comes from a new address waits, and strangers need a new address for every guess.
A new password, chosen by a link in a mail, begins all counts anew, wherever they were used up. An
account is its shop and mail address, whether there is one or not: both are answered alike.
"""

import secrets
from datetime import datetime
from typing import NoReturn

from django.conf import settings
from django.core.cache import cache

from downloads.email_addresses import count_key
from downloads.models import Shop
from storefront.http.errors import RateExceeded
from storefront.http.throttling import KEPT_WINDOWS, Rate, count, give_back

WINDOW_SECONDS = 15 * 60
KNOWN_SECONDS = 90 * 24 * 60 * 60
ANYWHERE = "anywhere"


class AccountTries:
    """Password attempts for one account by one client IP."""

    def __init__(self, shop: Shop, email: str, *, client_ip: str, at: datetime) -> None:
        self._account = f"{shop.pk}:{count_key(email)}"
        self._client_ip, self._at = client_ip, at
        # Of the last new password: what was counted before it is nobody's concern.
        self._series = cache.get(self._key("series"), "")
        self._taken: list[Rate] = []

    def take(self) -> None:
        """Count an attempt before it is verified. No query.

        Raises:
            RateExceeded: none is left; what was entered is not to be looked at.
        """
        here = self._count(self._client_ip, limit=settings.ACCOUNT_TRIES)
        if here.is_exceeded:
            self._refuse(here.reset_seconds)
        if cache.get(self._key("known", self._client_ip)):
            return
        anywhere = self._count(ANYWHERE, limit=settings.ACCOUNT_TRIES_ANYWHERE)
        if anywhere.is_exceeded:
            self._take_turn(anywhere, has_failed=here.count > 1)

    def clear(self) -> None:
        """Uncount the attempt and remember this IP: the password was right."""
        self.give_back()
        cache.set(self._key("known", self._client_ip), 1, timeout=KNOWN_SECONDS)

    def give_back(self) -> None:
        """Uncount the attempt: what is not verified uses nothing up."""
        for rate in self._taken:
            give_back(rate)

    def begin_anew(self) -> None:
        """Reset all counts of the account: its owner chose a new password here."""
        cache.set(self._key("series"), secrets.token_hex(4), timeout=KEPT_WINDOWS * WINDOW_SECONDS)
        cache.set(self._key("known", self._client_ip), 1, timeout=KNOWN_SECONDS)

    def _count(self, where: str, *, limit: int) -> Rate:
        who = f"{self._account}:{where}:{self._series}"
        rate = count("account", who, limit=limit, at=self._at, seconds=WINDOW_SECONDS)
        self._taken.append(rate)
        return rate

    def _take_turn(self, anywhere: Rate, *, has_failed: bool) -> None:
        """Take the account's next turn, for an IP that has not failed in this window."""
        if has_failed:
            self._refuse(anywhere.reset_seconds)
        turns = settings.ACCOUNT_TRY_SECONDS
        now = int(self._at.timestamp())
        if not cache.add(self._key("turn", str(now // turns)), 1, timeout=KEPT_WINDOWS * turns):
            self._refuse(turns - now % turns)

    def _refuse(self, seconds: int) -> NoReturn:
        self.give_back()
        raise RateExceeded(seconds)

    def _key(self, what: str, which: str = "") -> str:
        return f"account-{what}:{self._account}:{which}"
