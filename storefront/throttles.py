"""Who asks too often. Counts live in the cache, exact as far as the cache is shared."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from storefront.errors import RateExceeded

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Rate:
    """`remaining` requests until the window ends in `reset_seconds`."""

    limit: int
    count: int
    reset_seconds: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)

    @property
    def is_exceeded(self) -> bool:
        return self.count > self.limit


def count(scope: str, who: str, *, limit: int, at: datetime) -> Rate:
    """Count one more request of `who` in this minute and return where that leaves them."""
    now = int(at.timestamp())
    key = f"throttle:{scope}:{who}:{now // WINDOW_SECONDS}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        counted = cache.incr(key)
    except ValueError:  # dropped by the cache between the two calls
        counted = 1
    return Rate(limit, counted, WINDOW_SECONDS - now % WINDOW_SECONDS)


def count_miss(request: HttpRequest, *, at: datetime) -> None:
    """Count a look-up that found nothing against the address it came from.

    Raises:
        RateExceeded: too many in this minute. A look-up that finds something never comes here.
    """
    limit = settings.TOKEN_MISSES_PER_MINUTE
    rate = count("token-miss", client_address(request), limit=limit, at=at)
    if rate.is_exceeded:
        raise RateExceeded(rate.reset_seconds)


def client_address(request: HttpRequest) -> str:
    """Return the address a request came from, behind `TRUSTED_PROXIES` proxies of ours."""
    return BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads META alone
