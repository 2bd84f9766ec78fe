"""What a shop reported about an order beside the order itself, in words."""

from collections.abc import Iterator

from django.db.models import Sum
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from downloads.models import Dispute, Order, Refund, RiskAssessment


def facts_of(order: Order) -> SafeString | str:
    """Return a line for each refund, dispute and judgement of risk. Three queries."""
    return format_html_join("", "<div>{}</div>", ([each] for each in _sentences(order))) or "–"


def _sentences(order: Order) -> Iterator[str]:
    key = (order.shop, order.platform_id)
    for refund in Refund.objects.of_order(*key).annotate(units=Sum("lines__quantity")):
        items = f"{refund.units} item{pluralize(refund.units or 0)}"
        what = "money alone" if refund.units is None else items
        yield f"{timezone.localtime(refund.refunded_at):%Y-%m-%d}: refund of {what}"
    for dispute in Dispute.objects.of_order(*key):
        state = dispute.get_state_display()
        yield f"{timezone.localtime(dispute.opened_at):%Y-%m-%d}: payment disputed. {state}"
    for risk in RiskAssessment.objects.of_order(*key):
        yield f"{timezone.localtime(risk.assessed_at):%Y-%m-%d}: {str(risk).lower()} of fraud"
    if order.released_at is not None:
        yield f"{timezone.localtime(order.released_at):%Y-%m-%d}: released by you"
