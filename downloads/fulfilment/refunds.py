"""Record refunds: what the newest report says of each, and lists that are complete."""

from datetime import UTC, datetime
from typing import NamedTuple

from django.db import transaction

from downloads.audit.entries import enter_audit, name_of
from downloads.fulfilment.bounds import require_few, require_few_refunded
from downloads.fulfilment.changes import assign, assign_each, rank
from downloads.fulfilment.recalculation import lock_shop, settle_known
from downloads.incoming import OrderReport, RefundReport
from downloads.models import Order, Refund, RefundedLine, Shop

# Of what one moment says of a refund, the last stands: it is told of, is not in a complete list,
# is in one.
TOLD, MISSING, LISTED = range(3)
# In the place of these where it cannot be read whole.
UNREAD = "-"
MOST_UNITS = 16**7 - 1
NEVER = datetime.min.replace(tzinfo=UTC)


class Mention(NamedTuple):
    """One mention of a refund: when it happened, when we asked for it, and how."""

    reported_at: datetime
    how: int = TOLD
    fetched_at: datetime | None = None

    @property
    def stands_at(self) -> tuple[datetime, datetime]:
        """Return which of two mentions is newer: of one time, the one that was asked for last."""
        return self.reported_at, self.fetched_at or NEVER

    def rank_of(self, report: RefundReport | None) -> str:
        """Return its rank among all that is said of a refund; null: it is missing here."""
        fetched = 0 if self.fetched_at is None else int(self.fetched_at.timestamp() * 1000)
        if report is None:
            return rank(self.reported_at, f"{fetched:011x}{MISSING}{0:07x}", content=None)
        how, at = str(self.how), self.reported_at
        if not report.is_whole:
            # It is no news of the refund but that there is one.
            fetched, how, at = 0, UNREAD, report.refunded_at
        # Of equal ones the one that gives more units back, so that none opens by accident.
        back = min(sum(report.units.values()), MOST_UNITS)
        content = (report.refunded_at, sorted(report.units.items()))
        return rank(at, f"{fetched:011x}{how}{back:07x}", content=content)


@transaction.atomic
def record_refund(shop: Shop, order: int, report: RefundReport, *, at: datetime) -> bool:
    """Record a refund of an order and revoke its units; say whether that is news.

    `order` is the platform's number.

    Raises:
        AboveLimit: it names more lines, or is one refund more, than `ORDER_MAX_LINES`.
    """
    shop = lock_shop(shop)
    known = Order.objects.filter(shop=shop, platform_id=order)
    mention = Mention(report.refunded_at)
    is_news = _save(shop, order, report, mention, listed=_listed(known.first()), at=at)
    settle_known(shop, order, at=at)
    return is_news


def record_refunds(order: Order, report: OrderReport, *, at: datetime) -> bool:
    """Save the refunds that a report lists, before `settle`; say whether anything changed.

    A list that is complete takes back what it lacks and is no newer than itself, and one that we
    asked for also all that we had noted before we asked.

    Raises:
        AboveLimit: more refunds, or more lines of one, than `ORDER_MAX_LINES`.
    """
    # Not the report's: another order may have taken that over.
    shop, number = order.shop, order.platform_id or report.platform_id
    is_complete = report.are_refunds_complete
    mention = Mention(report.reported_at, LISTED if is_complete else TOLD, report.fetched_at)
    changed = False
    known = _listed(order)
    for refund in report.refunds:
        changed |= _save(shop, number, refund, mention, listed=known, at=at)
    if not is_complete:
        return changed
    listed = {refund.platform_id for refund in report.refunds}
    gone = [
        refund
        for refund in Refund.objects.of_order(shop, number).filter(is_gone=False)
        if refund.platform_id not in listed and _is_ended(refund, mention)
    ]
    noted = {} if report.fetched_at is None else {"noted_at": report.fetched_at}
    assign_each((refund, {"is_gone": True} | noted) for refund in gone)
    if known is None or known.stands_at < mention.stands_at:
        fetched = {"refunds_fetched_at": report.fetched_at}
        assign(order, refunds_listed_at=report.reported_at, **fetched)
    return changed or bool(gone)


def _save(
    shop: Shop,
    order: int,
    report: RefundReport,
    mention: Mention,
    *,
    listed: Mention | None,
    at: datetime,
) -> bool:
    """Save what a report says of a refund, where it is the newest; say whether that is news."""
    refund, is_new = Refund.objects.get_or_create(
        shop=shop,
        order_platform_id=order,
        platform_id=report.platform_id,
        defaults={"refunded_at": report.refunded_at},
    )
    if is_new:
        require_few(Refund.objects.all(), shop, order, "refunds")
    new_rank = mention.rank_of(report)
    if not is_new and not _stands(new_rank, above=refund, is_whole=report.is_whole):
        return _is_back(refund, mention) and assign(
            refund, is_gone=False, noted_at=mention.fetched_at
        )
    require_few_refunded(shop, order, refund, report.units.keys())
    was_gone = is_new or refund.is_gone
    is_changed = _replace_lines(refund, report.units, is_new=is_new)
    if is_changed and refund.dismissed_at is not None:
        row = Order.objects.filter(shop=shop, platform_id=order).first() or refund
        enter_audit(f"The shop changed {name_of(refund)}, which stays dismissed", row=row)
    assign(
        refund,
        reported_rank=new_rank,
        refunded_at=report.refunded_at,
        noted_at=at,
        is_gone=_is_past(mention, listed),
    )
    return was_gone != refund.is_gone or (is_changed and not refund.is_gone)


def _replace_lines(refund: Refund, units: dict[int, int], *, is_new: bool) -> bool:
    existing = {} if is_new else {line.line_platform_id: line for line in refund.lines.all()}
    left_out = [line.pk for number, line in existing.items() if number not in units]
    if left_out:
        refund.lines.filter(pk__in=left_out).delete()
    fresh = RefundedLine.objects.bulk_create(
        RefundedLine(refund=refund, line_platform_id=number, quantity=quantity)
        for number, quantity in units.items()
        if number not in existing
    )
    changed = assign_each(
        (line, {"quantity": units[number]}) for number, line in existing.items() if number in units
    )
    return changed or bool(fresh or left_out)


def _rank_of(refund: Refund) -> str:
    # Of one from before ranks were kept the time alone is known.
    return refund.reported_rank or rank(refund.refunded_at, content="").split()[0]


def _stands(new_rank: str, *, above: Refund, is_whole: bool) -> bool:
    """Say whether a mention stands above what is known of a refund.

    One that cannot be read whole never does above one that can, whatever the clocks say.
    """
    known = _rank_of(above)
    was_whole = f"{0:011x}{UNREAD}" not in known
    return is_whole if is_whole != was_whole else new_rank > known


def _listed(order: Order | None) -> Mention | None:
    """Return the newest complete list of an order's refunds, null where there was none."""
    if order is None or order.refunds_listed_at is None:
        return None
    return Mention(order.refunds_listed_at, LISTED, order.refunds_fetched_at)


def _is_past(mention: Mention, listed: Mention | None) -> bool:
    """Say whether the newest complete list, which lacked what is told here, speaks after it."""
    if listed is None or mention.stands_at > listed.stands_at:
        return False
    return mention.stands_at < listed.stands_at or mention.how != LISTED


def _is_back(refund: Refund, mention: Mention) -> bool:
    """Say whether one that was taken back is there again, as the platform said when we asked.

    By our clock: when it happened may be after the time of all that the platform says since.
    """
    if not refund.is_gone or mention.fetched_at is None:
        return False
    return refund.noted_at is None or refund.noted_at < mention.fetched_at


def _is_ended(refund: Refund, missing: Mention) -> bool:
    """Say whether a complete list without a refund takes it back."""
    if _rank_of(refund) < missing.rank_of(None):
        return True
    # Both by our clock: when we noted it and when we asked. When it happened is another clock's.
    if missing.fetched_at is None:
        return False
    return refund.noted_at is None or refund.noted_at < missing.fetched_at
