"""Write the ledger of downloads (DownloadEvent), and prune it without moving a sum."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum

from downloads.models import Delivery, DownloadEvent, Grant
from downloads.models.ledger import Visitor
from downloads.prepared_statements import Prepared, slots_of

BATCH = 500


def _line(kind: str, **set_values: Any) -> DownloadEvent:
    return DownloadEvent(**slots_of(DownloadEvent) | {"kind": kind, "reason": ""} | set_values)


def _charge_line() -> DownloadEvent:
    return _line(DownloadEvent.Kind.CHARGED, downloads=1, sent_bytes=None)


def _bytes_line() -> DownloadEvent:
    return _line(DownloadEvent.Kind.SERVED, downloads=0)


# Beside the Delivery that opens, in the same chain.
CHARGE_LINE = Prepared(lambda: DownloadEvent.objects.bulk_create([_charge_line()]))
CHARGE_AND_BYTES_LINES = Prepared(
    lambda: DownloadEvent.objects.bulk_create([_charge_line(), _bytes_line()])
)
# Beside the count of what a Delivery has sent: its one line grows, or is made anew where it was
# pruned meanwhile.
MORE_BYTES = Prepared(
    lambda: DownloadEvent.objects.bulk_create([_bytes_line()]),
    on_conflict=(
        f'("delivery_id") WHERE "kind" = \'{DownloadEvent.Kind.SERVED}\' DO UPDATE SET '  # nosec B608
        '"sent_bytes" = "downloads_downloadevent"."sent_bytes" + EXCLUDED."sent_bytes", '
        '"at" = EXCLUDED."at"'
    ),
)


def line_of(delivery: Delivery, *, visitor: Visitor, at: datetime) -> dict[str, Any]:
    """Return the slots of a Delivery's lines that are the same for each."""
    return {
        "grant_id": delivery.grant_id,
        "delivery_id": delivery.pk,
        "at": at,
        "address_hash": visitor.address_hash,
        "user_agent": visitor.user_agent,
    }


def enter_served(delivery: Delivery, *, sent_bytes: int, visitor: Visitor, at: datetime) -> None:
    """Add what an answer has sent to its Delivery's one line."""
    if sent_bytes:
        MORE_BYTES.run(sent_bytes=sent_bytes, **line_of(delivery, visitor=visitor, at=at))


def enter_released(grant_id: int, *, downloads: int, reason: str, at: datetime) -> None:
    """Enter that downloads were given back."""
    DownloadEvent.objects.create(
        grant_id=grant_id,
        kind=DownloadEvent.Kind.RELEASED,
        downloads=-downloads,
        reason=reason,
        at=at,
    )


def enter_retaken(grant_id: int, *, downloads: int, at: datetime) -> None:
    """Enter that downloads which a reset gave back count again."""
    DownloadEvent.objects.create(
        grant_id=grant_id,
        kind=DownloadEvent.Kind.CARRIED,
        downloads=downloads,
        reason=DownloadEvent.Reason.RETAKEN,
        at=at,
    )


def enter_carried(grants: Iterable[Grant]) -> None:
    """Enter what grants made just now count as downloaded elsewhere before."""
    DownloadEvent.objects.bulk_create(
        DownloadEvent(
            grant=grant,
            kind=DownloadEvent.Kind.CARRIED,
            downloads=grant.used,
            at=grant.created_at,
        )
        for grant in grants
    )


def enter_refused(grant: Grant, reason: str, *, visitor: Visitor, at: datetime) -> None:
    """Enter why a click was refused; the same again soon after is not worth a line."""
    lately = at - timedelta(seconds=settings.LEDGER_REFUSAL_SECONDS)
    refusal = {
        "grant": grant,
        "kind": DownloadEvent.Kind.REFUSED,
        "reason": reason,
        "address_hash": visitor.address_hash,
    }
    if not DownloadEvent.objects.filter(at__gt=lately, **refusal).exists():
        DownloadEvent.objects.create(at=at, user_agent=visitor.user_agent, **refusal)


def prune_ledger(*, at: datetime, at_most: int | None = None) -> int:
    """Compact lines past `LEDGER_RETENTION_DAYS` into a sum per grant; return how many.

    The sum keeps what the counters are held to (`lookups.ledger`), and nothing of anybody.
    Ends after `at_most` lines; without it, once there are no more.
    """
    pruned = 0
    while at_most is None or pruned < at_most:
        size = BATCH if at_most is None else min(BATCH, at_most - pruned)
        carried = _carry(DownloadEvent.objects.past_retention(at), size)
        if carried is None:
            break
        pruned += carried
    return pruned


@transaction.atomic
def _carry(old: QuerySet[DownloadEvent], at_most: int) -> int | None:
    """Carry so many lines; None where there are none."""
    oldest_first = old.order_by("grant", "at", "pk")
    grants = set(oldest_first.values_list("grant", flat=True)[:at_most])
    if not grants:
        return None
    # Locked, so that two workers that prune at once do not both carry the same lines.
    locked = list(Grant.objects.select_for_update(no_key=True).filter(pk__in=grants).order_by("pk"))
    pruned = list(oldest_first.filter(grant__in=locked).values_list("pk", flat=True)[:at_most])
    lines = DownloadEvent.objects.filter(
        Q(pk__in=pruned) | Q(kind=DownloadEvent.Kind.CARRIED, grant__in=locked)
    )
    sums: list[Any] = list(lines.order_by().values("grant").annotate(**_SUM))
    lines.delete()
    DownloadEvent.objects.bulk_create(
        DownloadEvent(
            grant_id=row["grant"],
            kind=DownloadEvent.Kind.CARRIED,
            downloads=row["moved"],
            at=row["until"],
        )
        for row in sums
        # What was reset was downloaded: a sum of nothing keeps that.
        if row["moved"] or row["was_reset"]
    )
    return len(pruned)


_SUM = {
    "moved": Sum("downloads"),
    "until": Max("at"),
    "was_reset": Count(
        "pk",
        filter=Q(reason=DownloadEvent.Reason.RESET)
        | Q(kind=DownloadEvent.Kind.CARRIED, downloads=0),
    ),
}
