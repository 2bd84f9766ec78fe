"""The kinds of rows that the start page shows as waiting: of orders, messages, mail and people."""

from collections.abc import Callable

from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from downloads import lookups
from downloads.models import DataRequest, Mail, Message, Order
from storefront.staff.start.needs import Need, register

ORDER_LABEL = Concat(
    Value("#"), Coalesce(NullIf("receipt_number", Value("")), Cast("number", CharField()))
)


def _order_of_message() -> Coalesce:
    """Say by which number a message's order is known here, else by which on its platform."""
    known = Order.objects.filter(shop=OuterRef("shop"), platform_id=OuterRef("about_order"))
    labels = known.order_by().annotate(order_label=ORDER_LABEL).values("order_label")
    return Coalesce(Subquery(labels[:1]), "topic", output_field=CharField())


def _counted(one: Callable[[int], str]) -> Callable[[int], str]:
    return lambda count: one(count) % {"count": count}


NEEDS = (
    Need(
        "missing",
        lambda: lookups.without_downloads(Order.objects.all()),
        "downloads.view_order",
        _counted(
            lambda count: ngettext(
                "%(count)s order is paid, and has nothing to download",
                "%(count)s orders are paid, and have nothing to download",
                count,
            )
        ),
        _("Each order’s page says why, and proposes the files that were meant."),
        {"missing": "any"},
        label=ORDER_LABEL,
    ),
    Need(
        "messages",
        lambda: Message.objects.filter(state=Message.State.SET_ASIDE),
        "downloads.view_message",
        _counted(
            lambda count: ngettext(
                "%(count)s message could not be applied",
                "%(count)s messages could not be applied",
                count,
            )
        ),
        _("The page of each applies it again, or fetches its order anew."),
        {"state__exact": Message.State.SET_ASIDE.value},
        label=_order_of_message(),
        cause=F("error"),
    ),
    Need(
        "held",
        lambda: Order.objects.filter(
            payment=Order.Payment.PAID, cancelled_at=None, fully_refunded=False
        ).exclude(hold=Order.Hold.NONE),
        "downloads.view_order",
        _counted(
            lambda count: ngettext(
                "%(count)s order is held until its payment is checked",
                "%(count)s orders are held until their payment is checked",
                count,
            )
        ),
        _("Check the payment in your shop, then release the order, or cancel it there."),
        {
            "payment__exact": "paid",
            "hold__in": "dispute,risk",
            "cancelled_at__isnull": "True",
            "fully_refunded__exact": "0",
        },
        label=ORDER_LABEL,
    ),
    Need(
        "back",
        lambda: Mail.objects.came_back_last(),
        "downloads.view_mail",
        _counted(
            lambda count: ngettext("%(count)s mail came back", "%(count)s mails came back", count)
        ),
        _("Correct the address on the order’s page: the mail is sent to the new one."),
        {"came_back": "last"},
        is_bad=False,
        label=F("email"),
        cause=F("bounce"),
    ),
    Need(
        "unsent",
        lambda: Mail.objects.filter(state=Mail.State.SET_ASIDE).exclude(kind__in=Mail.PERSONAL),
        "downloads.view_mail",
        _counted(
            lambda count: ngettext(
                "%(count)s mail was not sent", "%(count)s mails were not sent", count
            )
        ),
        _("Correct the address on the order’s page, or send again."),
        {"state__exact": Mail.State.SET_ASIDE.value},
        is_bad=False,
        label=F("email"),
        cause=F("error"),
    ),
    Need(
        "data",
        lambda: DataRequest.objects.filter(answered_at=None),
        "downloads.view_datarequest",
        _counted(
            lambda count: ngettext(
                "%(count)s customer asks what is stored about them",
                "%(count)s customers ask what is stored about them",
                count,
            )
        ),
        _("The law gives you a month: export it on the request’s page, and send it."),
        {"answered": "no"},
        is_bad=False,
    ),
)

for _each in NEEDS:
    register(_each)
