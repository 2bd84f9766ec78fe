"""The light of a connection: green, quiet, or failing with its cause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils.timesince import timesince

from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.registry import title_of

SHORT = {"ok": "Connected", "bad": "Failing"}
NOW = timedelta(seconds=1)
# To the hour is when a secret was last used: see `Credential`.
PRECISION = timedelta(hours=1)
# So long a drop of webhooks is told of.
TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Light:
    """`level` is "ok", "warn" or "bad"; `cause` says why, and what to do."""

    level: str
    words: str
    cause: str = ""

    @property
    def short(self) -> str:
        """Return it in a word or two, for a list."""
        return SHORT[self.level] if self.level != "warn" else self.words.partition(";")[0]


def last_messages(accesses: Iterable[PlatformAccess]) -> dict[int, datetime]:
    """Return when each of these was last last_used of, by number; to the hour. One query."""
    rows = list(accesses)
    shops = {access.shop_id for access in rows}
    used = WebhookSecret.objects.filter(shop__in=shops).values("shop", "source")
    found = {(row["shop"], row["source"]): row["at"] for row in used.annotate(at=Max("used_at"))}
    last_used = {access.pk: found.get((access.shop_id, access.source)) for access in rows}
    return {number: at for number, at in last_used.items() if at is not None}


def light_of(access: PlatformAccess, last_used: datetime | None, *, at: datetime) -> Light:
    """Return how a connection is, in words for a merchant."""
    if access.fault:
        return Light("bad", "Failing", access.fault)
    if last_used is None:
        return _silent(access)
    last = f"last message {_ago(last_used, at)}"
    if at - last_used > timedelta(hours=settings.CONNECTION_QUIET_HOURS):
        return Light(
            "warn",
            f"Quiet since {timesince(last_used, at, depth=1)}",
            "Nothing came since then. That is as it should be if nothing was sold or changed; what "
            "was missed all the same is fetched each hour.",
        )
    if access.mended_at is not None and at - access.mended_at < TOLD_FOR:
        count = len(access.lost_topics.split())
        return Light(
            "warn",
            f"Webhooks lost; {last}",
            f"{title_of(access.source)} had dropped {count} of our webhooks; they were registered "
            f"again {_ago(access.mended_at, at)}. It drops those that we did not answer: see "
            "whether this service was down.",
        )
    if access.connected_at is not None and at - access.connected_at < PRECISION:
        return Light("ok", f"Connected: first message received {_ago(last_used, at)}")
    return Light("ok", f"Connected; {last}")


def _silent(access: PlatformAccess) -> Light:
    if access.connected_at is None:
        return Light(
            "warn",
            "No message yet",
            "We may ask this shop, but have registered no webhooks there. Connect it, or enter "
            "them there by hand.",
        )
    return Light(
        "warn",
        "Waiting for the first message",
        "Change something in your shop, such as the text of a product: it shows here within "
        "seconds.",
    )


def _ago(moment: datetime, at: datetime) -> str:
    passed = max(at - moment, NOW)
    if passed < timedelta(minutes=1):
        return f"{passed.seconds} s ago"
    return f"{timesince(moment, at, depth=1)} ago"
