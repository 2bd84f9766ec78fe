"""What is known of an order beside the order itself, in words: reports of the shop, mails."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from downloads.bidi import isolate
from downloads.models import Dispute, LineItem, Mail, Order, Refund, RiskAssessment, Shop
from storefront.formats import day_text

NEWEST_MAILS = 5
ERROR_LENGTH = 200
# One that was sent is told by the order itself, which remembers longer.
UNTOLD = (Mail.State.SENT, Mail.State.NOT_NEEDED)
DISPUTE_TAKES = {
    Dispute.State.OPEN: gettext_lazy("It holds the order until it is decided."),
    Dispute.State.WON: gettext_lazy("It takes nothing."),
    Dispute.State.LOST: gettext_lazy("It closes all downloads of the order."),
}
GONE = gettext_lazy("Your shop took it back: it takes nothing any more.")
UNKNOWN_LINE = gettext_lazy("an item that is not in the order")


@dataclass(frozen=True)
class Fact:
    """Something that came up: when, what it is, and what it takes from the buyer.

    `kind` and `key` name the row that a merchant may dismiss, empty where there is none to;
    `is_dismissed` says that it was.
    """

    at: datetime
    what: str
    takes: str = ""
    kind: str = ""
    key: int = 0
    is_dismissed: bool = False

    @property
    def words(self) -> str:
        """The day, and what it is."""
        return f"{day_of(self.at)}: {self.what}"


def facts_of(order: Order) -> list[Fact]:
    """Return each refund, dispute and judgement of risk, and the release. Five queries at most."""
    about = (order.shop, order.platform_id)
    refunds = list(Refund.objects.of_order(*about).prefetch_related("lines"))
    lines = _lines_by_number(order) if refunds else {}
    facts = [_refund(refund, lines, order.shop) for refund in refunds]
    facts += [_dispute(dispute) for dispute in Dispute.objects.of_order(*about)]
    for risk in RiskAssessment.objects.of_order(*about):
        holds = risk.is_high and order.shop.holds_high_risk
        takes = _("It holds the order until you release it.") if holds else ""
        facts.append(
            Fact(
                risk.assessed_at,
                _("high risk of fraud") if risk.is_high else _("low risk of fraud"),
                takes,
            )
        )
    if order.released_at is not None:
        facts.append(Fact(order.released_at, _("released by you")))
    return facts


def fact_of(order: Order, kind: str, key: int) -> Refund | Dispute | None:
    """Return a refund or a dispute of an order by its key, if a merchant may dismiss it."""
    about = (order.shop, order.platform_id)
    if kind == "refund":
        return Refund.objects.of_order(*about).filter(pk=key, is_gone=False).first()
    return Dispute.objects.of_order(*about).filter(pk=key, is_gone=False).first()


def told_of(order: Order, row: Refund | Dispute) -> Fact:
    """Return one fact in words."""
    if isinstance(row, Dispute):
        return _dispute(row)
    return _refund(row, _lines_by_number(order), order.shop)


def _lines_by_number(order: Order) -> dict[int | None, LineItem]:
    return {line.platform_id: line for line in order.lines.select_related("product")}


def _refund(refund: Refund, lines: dict[int | None, LineItem], shop: Shop) -> Fact:
    rows = list(refund.lines.all())
    units = sum(row.quantity for row in rows)
    what = (
        ngettext("refund of {units} item", "refund of {units} items", units).format(units=units)
        if rows
        else _("refund of money alone")
    )
    if rows:
        names = (
            f"{row.quantity} × {lines[row.line_platform_id].product}"
            if row.line_platform_id in lines
            else f"{row.quantity} × {UNKNOWN_LINE}"
            for row in rows
        )
        takes = _("It takes back {names}.").format(names=", ".join(names))
    elif shop.amount_refunds == Shop.AmountRefunds.REVOKE:
        takes = _("It closes all downloads of the order, as your shop’s policy says.")
    else:
        takes = _("It takes nothing, as your shop’s policy says.")
    return _fact(refund, refund.refunded_at, what, takes, kind="refund")


def _dispute(dispute: Dispute) -> Fact:
    what = _("payment disputed. {state}").format(state=dispute.get_state_display())
    takes = DISPUTE_TAKES[Dispute.State(dispute.state)]
    return _fact(dispute, dispute.opened_at, what, str(takes), kind="dispute")


def _fact(row: Refund | Dispute, at: datetime, what: str, takes: str, *, kind: str) -> Fact:
    if row.is_gone:
        return Fact(at, what, str(GONE))
    if row.dismissed_at is not None:
        day = day_of(row.dismissed_at)
        sentence = _("You said on {day} that it was a mistake: it takes nothing.").format(day=day)
        return Fact(at, what, sentence, kind, row.pk, is_dismissed=True)
    return Fact(at, what, takes, kind, row.pk)


def mail_facts_of(order: Order) -> SafeString | str:
    """Return when the buyer was last sent a mail, and a line for each that came to nothing yet.

    One query.
    """
    lines = ([each] for each in _mail_sentences(order))
    return format_html_join("", "<div>{}</div>", lines) or _("None so far")


def _mail_sentences(order: Order) -> Iterator[str]:
    if order.email_sent_at is not None:
        yield f"{day_of(order.email_sent_at)}: sent"
    troubled = order.mails.filter(Q(bounced_at__isnull=False) | ~Q(state__in=UNTOLD))
    for mail in troubled[:NEWEST_MAILS]:
        if mail.bounced_at is not None:
            yield _("{day}: came back. {bounce}").format(
                day=day_of(mail.bounced_at), bounce=isolate(mail.bounce)
            )
        else:
            why = Truncator(mail.error).chars(ERROR_LENGTH)
            yield f"{day_of(mail.created_at)}: {mail.get_state_display().lower()}. {isolate(why)}"


def day_of(at: datetime) -> str:
    """Write a time as its day, here."""
    return day_text(at)
