"""Order state: payment, hold and refund, derived from the facts and the shop's policies."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from downloads.fulfilment.settling.known_facts import KnownFacts
from downloads.incoming import OrderReport
from downloads.models import Dispute, LineItem, Order, Refund, RiskAssessment, Shop, StatusMeaning
from downloads.models.reported import STATUS_LENGTH
from downloads.prepared_queries import FilledQuery, PreparedQuery, fetch
from downloads.prepared_statements import Slot

_REACHED = {
    Order.ReportedPayment.PENDING: 0,
    Order.ReportedPayment.PARTIAL: 0,
    Order.ReportedPayment.AUTHORIZED: 1,
    Order.ReportedPayment.PAID: 2,
}
_NEEDED = {Shop.OpensWhen.PLACED: 0, Shop.OpensWhen.AUTHORIZED: 1, Shop.OpensWhen.PAID: 2}


_SHOP = Slot("shop", models.BigAutoField())
# A shop's table is short: read whole, it is one statement for any number of words.
MEANINGS = PreparedQuery(lambda: StatusMeaning.objects.filter(shop=_SHOP).order_by())
_DISPUTES = PreparedQuery(
    lambda: Dispute.objects.filter(
        shop=_SHOP, order_platform_id=Slot("order", models.BigIntegerField())
    ).effective()
)

# Below every rank: not one report said so far.
UNSAID = "-"
# Ends a payment's rank where, before each status had its own, that was another report's.
ALONE = "~"
# More than an order has in its life.
MOST_STATUSES = 50


def standing_of(
    order: Order,
    *,
    reported: str,
    is_given_back: bool,
    disputes: Collection[Dispute] | None = None,
    known: KnownFacts | None = None,
) -> dict[str, Any]:
    """Return `payment`, `hold`, `fully_refunded` and `keeps_own_assets` as they are to be now.

    `order` has its shop loaded; `reported` is its `said_payment`; `is_given_back` says that every
    line went back whole; `disputes` are those that count, and `known` are the other facts, null to
    have them asked for.
    """
    if disputes is None:
        _meanings, disputes = meanings_and_disputes(order, ())
    payment = payment_of(reported, order.shop) or order.payment
    if payment == Order.Payment.REFUNDED and _is_mistaken(order, known):
        payment = Order.Payment.PAID
    lost = any(dispute.state == Dispute.State.LOST for dispute in disputes)
    revokes = _money_revokes(order, known)
    shuts_all = lost or revokes or payment == Order.Payment.PENDING
    return {
        "payment": payment,
        "hold": _hold_of(order, disputes, known),
        "fully_refunded": (payment == Order.Payment.REFUNDED or is_given_back or lost or revokes),
        "keeps_own_assets": (
            is_given_back and not shuts_all and not order.shop.closes_order_assets
        ),
    }


def payment_of(reported: str, shop: Shop) -> str | None:
    """Map a reported payment to ours by the shop's policy; None where none was reported."""
    if not reported:
        return None
    if reported == Order.ReportedPayment.REFUNDED:
        return Order.Payment.REFUNDED
    # A payment that was given up opens nothing, also where an unpaid one would.
    reached = _REACHED.get(Order.ReportedPayment(reported), -1)
    is_enough = reached >= _NEEDED[Shop.OpensWhen(shop.opens_when)]
    return Order.Payment.PAID if is_enough else Order.Payment.PENDING


def meanings_of(shop: Shop, statuses: Collection[str]) -> dict[str, str]:
    """Return what a shop's table says that these statuses of its platform mean, where it does."""
    words = [status for status in statuses if status]
    if not words:
        return {}
    [rows] = fetch(MEANINGS.given(shop=shop.pk))
    return {row.status: row.payment for row in rows if row.status in words}


def meanings_and_disputes(
    order: Order, statuses: Collection[str]
) -> tuple[dict[str, str], list[Dispute]]:
    """Return what these statuses mean in a shop's table, and an order's disputes that count.

    One round trip; no question where there is no status, or where it was made by hand.
    """
    shop, number = order.shop_id, order.platform_id
    questions = [MEANINGS.given(shop=shop)] if any(statuses) else []
    facts = [_DISPUTES.given(shop=shop, order=number)] if number is not None else []
    answers = fetch(*questions, *facts) if questions or facts else []
    rows = answers[0] if questions else []
    meanings = {row.status: row.payment for row in rows if row.status in statuses}
    return meanings, answers[-1] if facts else []


def questions_of(shop: int, number: int) -> list[FilledQuery]:
    """Return what asks for a shop's table of statuses, and for an order's disputes that count."""
    return [MEANINGS.given(shop=shop), _DISPUTES.given(shop=shop, order=number)]


def meanings_in(rows: Iterable[StatusMeaning]) -> dict[str, str]:
    """Return what a shop's table says, by the platform's words."""
    return {row.status: row.payment for row in rows if row.status}


def statuses_of(order: Order) -> list[str]:
    """Return the platform's words that say an order's payment, the newest first.

    The last is that of the report which says it; those after it may say what it is by the shop's
    table alone.
    """
    if not order.status_ranks:
        return [order.reported_status] if order.reported_status else []
    return [status for _rank, status in _in_turn(order.status_ranks)][::-1]


def said_payment(order: Order, meanings: Mapping[str, str]) -> str:
    """Return the payment that a platform's words say: the shop's table stands above the report.

    `meanings` are those of `statuses_of` the order.
    """
    payments = (meanings[status] for status in statuses_of(order) if status in meanings)
    return next(payments, order.reported_payment)


def units_reported(line: LineItem, report: OrderReport, units: int) -> dict[str, int]:
    """Return the most units of a line that reports of each payment and status had."""
    known = line.reported_units
    if not report.status and report.payment != Order.ReportedPayment.PAID:
        return known  # no row of a table can call it paid
    words = f"{report.payment or ''} {report.status[:STATUS_LENGTH]}"
    if not known and line.paid_units:
        # Of before each had its own: who called them paid is not known any more.
        known = {f"{Order.ReportedPayment.PAID} ": line.paid_units}
    most = known | {words: max(known.get(words, 0), units)}
    ranked = sorted(most.items(), key=lambda each: (each[1], each[0]))[-MOST_STATUSES:]
    return dict(sorted(ranked))


def units_paid(line: LineItem, meanings: Mapping[str, str]) -> int:
    """Return the most units of a line that a report called paid, as the shop's table has it now.

    `meanings` are those of the line's `words_of`.
    """
    if not line.reported_units:
        return line.paid_units
    paid = 0
    for words, units in line.reported_units.items():
        payment, _space, status = words.partition(" ")
        if meanings.get(status, payment) == Order.ReportedPayment.PAID:
            paid = max(paid, units)
    return paid


def words_of(line: LineItem) -> set[str]:
    """Return the platform's words for an order's state that its reports of a line had."""
    return {words.partition(" ")[2] for words in line.reported_units}


def reported_payment(order: Order, report: OrderReport, reported_rank: str) -> dict[str, Any]:
    """Return the columns of an order's payment and status, as a report at a rank leaves them.

    The newest report that says a payment readably says it. A status that says nothing of it stands
    beside what was known before, and the shop's table may say what it means.
    """
    known = order.payment_rank.removesuffix(ALONE) or UNSAID
    payment, status = order.reported_payment, report.status[:STATUS_LENGTH]
    is_silent = report.payment is None
    if reported_rank < known or (is_silent and not status):
        return {"payment_rank": order.payment_rank or UNSAID}
    ranks = order.status_ranks or {order.reported_status: order.payment_rank}
    ranks = {word: each for word, each in ranks.items() if word}
    if report.payment is not None:
        payment, known = report.payment, reported_rank
        ranks = {word: each for word, each in ranks.items() if each > known}
    if status:
        ranks[status] = max(ranks.get(status, ""), reported_rank)
    in_turn = _in_turn(ranks)
    return {
        "reported_payment": payment,
        "reported_status": in_turn[-1][1] if in_turn else "",
        "payment_rank": known,
        "status_ranks": {word: each for each, word in in_turn if in_turn != [(known, word)]},
    }


def _in_turn(ranks: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted((each, word) for word, each in ranks.items())[-MOST_STATUSES:]


def times_of_causes(order: Order) -> list[datetime]:
    """Return the times of an order's disputes and risk assessments, by the platform's clock."""
    about = (order.shop, order.platform_id)
    return [
        *Dispute.objects.of_order(*about).effective().values_list("opened_at", flat=True),
        *RiskAssessment.objects.of_order(*about).values_list("assessed_at", flat=True),
    ]


def _is_mistaken(order: Order, known: KnownFacts | None) -> bool:
    # What went back by a merchant's word did not: so not all of the money can have gone back.
    if known is not None:
        return order.platform_id in known.mistaken
    return Refund.objects.of_order(order.shop, order.platform_id).mistaken().exists()


def _hold_of(order: Order, disputes: Collection[Dispute], known: KnownFacts | None) -> str:
    # A release answers what was known when the merchant gave it, not what came up afterwards.
    released_at = order.released_at
    for dispute in disputes:
        is_news = released_at is None or dispute.opened_at > released_at
        if dispute.state == Dispute.State.OPEN and is_news:
            return Order.Hold.DISPUTE
    if order.shop.holds_high_risk:
        assessed_at = _high_risk_at(order, known)
        if assessed_at is not None and (released_at is None or assessed_at > released_at):
            return Order.Hold.RISK
    return Order.Hold.NONE


def _high_risk_at(order: Order, known: KnownFacts | None) -> datetime | None:
    if known is not None:
        return known.risks.get(order.platform_id)
    risks = RiskAssessment.objects.of_order(order.shop, order.platform_id).filter(is_high=True)
    return risks.values_list("assessed_at", flat=True).first()


def _money_revokes(order: Order, known: KnownFacts | None) -> bool:
    if order.shop.amount_refunds != Shop.AmountRefunds.REVOKE:
        return False
    if known is not None:
        return order.platform_id in known.money_back
    refunds = Refund.objects.of_order(order.shop, order.platform_id)
    return refunds.effective().money_alone().exists()
