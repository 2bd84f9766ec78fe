"""What is known of an order beside the order itself, in words: reports of the shop, mails."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, Sum
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from downloads.bidi import isolate
from downloads.models import Dispute, Mail, Order, Refund, RiskAssessment

NEWEST_MAILS = 5
ERROR_LENGTH = 200
# One that was sent is told by the order itself, which remembers longer.
UNTOLD = (Mail.State.SENT, Mail.State.NOT_NEEDED)


def facts_of(order: Order) -> SafeString | str:
    """Return a line for each refund, dispute and judgement of risk. Three queries."""
    return format_html_join("", "<div>{}</div>", ([each] for each in _sentences(order))) or "–"


def mail_facts_of(order: Order) -> SafeString | str:
    """Return when the buyer was last sent a mail, and a line for each that came to nothing yet.

    One query.
    """
    lines = ([each] for each in _mail_sentences(order))
    return format_html_join("", "<div>{}</div>", lines) or "None so far"


def _mail_sentences(order: Order) -> Iterator[str]:
    if order.email_sent_at is not None:
        yield f"{day_of(order.email_sent_at)}: sent"
    troubled = order.mails.filter(Q(bounced_at__isnull=False) | ~Q(state__in=UNTOLD))
    for mail in troubled[:NEWEST_MAILS]:
        if mail.bounced_at is not None:
            yield f"{day_of(mail.bounced_at)}: came back. {isolate(mail.bounce)}"
        else:
            why = Truncator(mail.error).chars(ERROR_LENGTH)
            yield f"{day_of(mail.created_at)}: {mail.get_state_display().lower()}. {isolate(why)}"


def _sentences(order: Order) -> Iterator[str]:
    key = (order.shop, order.platform_id)
    for refund in Refund.objects.of_order(*key).annotate(units=Sum("lines__quantity")):
        items = f"{refund.units} item{pluralize(refund.units or 0)}"
        what = "money alone" if refund.units is None else items
        yield f"{day_of(refund.refunded_at)}: refund of {what}"
    for dispute in Dispute.objects.of_order(*key):
        state = dispute.get_state_display()
        yield f"{day_of(dispute.opened_at)}: payment disputed. {state}"
    for risk in RiskAssessment.objects.of_order(*key):
        yield f"{day_of(risk.assessed_at)}: {str(risk).lower()} of fraud"
    if order.released_at is not None:
        yield f"{day_of(order.released_at)}: released by you"


def day_of(at: datetime) -> str:
    """Write a time as its day, here."""
    return f"{timezone.localtime(at):%Y-%m-%d}"
