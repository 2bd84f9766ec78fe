"""The light of a connection: green, quiet, or failing with its cause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.registry import title_of

NOW = timedelta(seconds=1)
# To the hour is when a secret was last used: see `Credential`.
PRECISION = timedelta(hours=1)
# So long a drop of webhooks is told of.
TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Light:
    """`level` is "ok", "warn" or "bad"; `short` says it in a word, `words` in a few.

    `cause` says why, and what to do. `is_waiting` is said of one that has heard nothing yet.
    """

    level: str
    short: str
    words: str
    cause: str = ""
    is_waiting: bool = False


def last_messages(accesses: Iterable[PlatformAccess]) -> dict[int, datetime]:
    """Return when each of these last sent something, by number; to the hour. One query."""
    rows = list(accesses)
    shops = {access.shop_id for access in rows}
    used = WebhookSecret.objects.filter(shop__in=shops).values("shop", "source")
    found = {(row["shop"], row["source"]): row["at"] for row in used.annotate(at=Max("used_at"))}
    last = {access.pk: found.get((access.shop_id, access.source)) for access in rows}
    return {number: at for number, at in last.items() if at is not None}


def light_of(access: PlatformAccess, last_used: datetime | None, *, at: datetime) -> Light:
    """Return how a connection is, in words for a merchant."""
    if access.fault:
        return Light("bad", _("Failing"), _("Failing"), access.fault)
    if last_used is None:
        return _silent(access)
    if at - last_used > timedelta(hours=settings.CONNECTION_QUIET_HOURS):
        return _quiet(last_used, at)
    if access.mended_at is not None and at - access.mended_at < TOLD_FOR:
        return _mended(access, access.mended_at, at)
    ago = _ago(last_used, at)
    if access.connected_at is not None and at - access.connected_at < PRECISION:
        words = _("Connected: first message received {ago} ago").format(ago=ago)
    else:
        words = _("Connected; last message {ago} ago").format(ago=ago)
    return Light("ok", _("Connected"), words)


def _silent(access: PlatformAccess) -> Light:
    if access.connected_at is None:
        cause = _(
            "We may ask this shop, but have registered no webhooks there. Connect it, or enter "
            "them there by hand."
        )
        return Light("warn", _("No message yet"), _("No message yet"), cause)
    cause = _(
        "Change something in your shop, such as the text of a product: it shows here within "
        "seconds."
    )
    words = _("Waiting for the first message")
    return Light("warn", _("Waiting"), words, cause, is_waiting=True)


def _quiet(last_used: datetime, at: datetime) -> Light:
    words = _("Quiet since {span}").format(span=timesince(last_used, at, depth=1))
    cause = _(
        "Nothing came since then. That is as it should be if nothing was sold or changed; what "
        "was missed all the same is fetched each hour."
    )
    return Light("warn", words, words, cause)


def _mended(access: PlatformAccess, mended_at: datetime, at: datetime) -> Light:
    count = len(access.lost_topics.split())
    cause = ngettext(
        "{platform} had dropped {count} of our webhooks; it was registered again {ago} ago. It "
        "drops those that we did not answer: see whether this service was down.",
        "{platform} had dropped {count} of our webhooks; they were registered again {ago} ago. It "
        "drops those that we did not answer: see whether this service was down.",
        count,
    ).format(platform=title_of(access.source), count=count, ago=_ago(mended_at, at))
    return Light("warn", _("Webhooks lost"), _("Webhooks were lost, and are there again"), cause)


def _ago(moment: datetime, at: datetime) -> str:
    passed = max(at - moment, NOW)
    if passed < timedelta(minutes=1):
        return _("{seconds} s").format(seconds=passed.seconds)
    return timesince(moment, at, depth=1)
