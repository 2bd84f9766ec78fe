"""Mail admin: the outbox, with bounces and retries."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.audit.entries import enter_audit
from downloads.models import Mail, Order
from storefront.admin.actions import act_on_each
from storefront.admin.anonymous_log import NamelessAdmin
from storefront.admin.closures import closed_orders
from storefront.admin.ledger.admin import OneRowFilter
from storefront.admin.read_only import ReportedAdmin

SHORT = 60
MEANINGS = {
    Mail.State.WAITING: gettext_lazy("It is sent within moments, as long as a worker runs."),
    Mail.State.SENDING: gettext_lazy("It is being sent just now."),
    Mail.State.HANDED: gettext_lazy("It is being sent just now."),
    Mail.State.SENT: (
        gettext_lazy(
            "The mail server took it. A buyer who has not got it should look among the "
            "unwanted mail."
        )
    ),
    Mail.State.DOUBTFUL: (
        gettext_lazy(
            "The mail was handed over, but before the mail server confirmed it the line broke, "
            "or our own program was stopped. The buyer may have it or not, and so that nobody "
            "gets it twice it is not sent again by itself. Ask the buyer, or look into the mail "
            "server's own log; if it did not arrive, choose “Send again” in the list of mails."
        )
    ),
    Mail.State.SET_ASIDE: (
        gettext_lazy(
            "It was given up. Put right what the error names, then choose “Send again” in the "
            "list of mails. If the address is wrong, correct it on the order's page, which has "
            "the mail sent to the new one."
        )
    ),
    Mail.State.NOT_NEEDED: (
        gettext_lazy(
            "When its turn came, nothing of the order could be downloaded any more, so it "
            "was not sent."
        )
    ),
}
TRIED = gettext_lazy("It could not be sent yet: the error says why. It is tried again by itself.")
CAME_BACK = gettext_lazy(
    "The mail server took it, but it came back, or its reader called it unwanted. If the address "
    "is wrong, correct it on the order's page, which has the mail sent to the new one."
)

# What is left out where it says nothing, by the column that holds it.
MAY_SAY_NOTHING = {
    name: name for name in ("error", "sent_at", "bounced_at", "bounce", "message_id")
} | {"about_order": "order_id", "failed_tries": "attempts"}


def meaning_of(mail: Mail) -> str:
    """Return what a mail's state means, and what the merchant can do."""
    if mail.bounced_at is not None:
        return str(CAME_BACK)
    if mail.state == Mail.State.WAITING and mail.error:
        return str(TRIED)
    return str(MEANINGS[Mail.State(mail.state)])


class MailsOfOrder(OneRowFilter):
    title = gettext_lazy("order")
    parameter_name = "order"
    rows = Order.objects.all()
    path = "order"


class CameBackFilter(admin.SimpleListFilter):
    title = gettext_lazy("whether it came back")
    parameter_name = "came_back"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Came back")), ("last", _("Came back, none since")), ("no", _("Did not"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Mail]:
        if self.value() == "last":
            return queryset.came_back_last()
        if self.value() not in {"no", "yes"}:
            return queryset
        return queryset.filter(bounced_at__isnull=self.value() == "no")


class FailedFilter(admin.SimpleListFilter):
    """What reached nobody, for whatever reason, as the start page counts it."""

    title = gettext_lazy("whether it failed")
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Reached nobody"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Mail]:
        return queryset.failed() if self.value() == "yes" else queryset


@admin.register(Mail)
class MailAdmin(ReportedAdmin, NamelessAdmin):
    list_display = (
        "created_at",
        "state",
        "about",
        "email",
        "short_error",
        "next_try",
        "bounced_at",
        "shop",
    )
    list_select_related = ("shop", "order")
    list_filter = (MailsOfOrder, "state", FailedFilter, CameBackFilter, "kind", "shop")
    asked_by_links = ("created_at",)
    search_fields = ("email", "=order__number", "=order__receipt_number")
    search_help_text = gettext_lazy("Mail address or order number")
    quick_order = ("created_at",)
    actions = ("send_again",)
    fields = (
        "shop",
        "kind",
        "email",
        "about_order",
        "created_at",
        "state",
        "meaning",
        "failed_tries",
        "error",
        "sent_at",
        "bounced_at",
        "bounce",
        "message_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        # At whose sign-in strangers try, and who forgot a password, is that person's business.
        return rows if request.user.is_superuser else rows.exclude(kind__in=Mail.PERSONAL)

    def get_fields(self, request: HttpRequest, obj: Mail | None = None) -> Any:
        fields = [name for name in self.fields if name not in self._unsaid(obj)]
        return [*fields, "due_at"] if obj is not None and _waits(obj) else fields

    @staticmethod
    def _unsaid(mail: Mail | None) -> set[str]:
        """Return the fields that say nothing about a mail."""
        return {name for name, own in MAY_SAY_NOTHING.items() if not getattr(mail, own, None)}

    @admin.display(description=gettext_lazy("about"), ordering="kind")
    def about(self, mail: Mail) -> str:
        return mail.get_kind_display() if mail.order is None else str(mail.order)

    @admin.display(description=gettext_lazy("order"), ordering="order__number")
    def about_order(self, mail: Mail) -> str:
        if mail.order is None:
            return ""
        url = reverse("admin:downloads_order_change", args=[mail.order_id])
        return format_html('<a href="{}">{}</a>', url, mail.order)

    @admin.display(description=gettext_lazy("failed tries"))
    def failed_tries(self, mail: Mail) -> int:
        return mail.attempts

    @admin.display(description=gettext_lazy("what this means"))
    def meaning(self, mail: Mail) -> str:
        return meaning_of(mail)

    @admin.display(description=gettext_lazy("next try"), ordering="due_at")
    def next_try(self, mail: Mail) -> object:
        return mail.due_at if _waits(mail) else None

    @admin.display(description=gettext_lazy("error"))
    def short_error(self, mail: Mail) -> str:
        return Truncator(mail.error or mail.bounce).chars(SHORT)

    @admin.action(
        description=gettext_lazy("Send again (what was not sent, or perhaps not)"),
        permissions=["act"],
    )
    def send_again(self, request: HttpRequest, mails: QuerySet[Mail]) -> None:
        at = timezone.now()

        def act(mail: Mail) -> None:
            fulfilment.try_mail_again(mail, at=at)
            enter_audit("Sent again", row=mail)
            self.log_change(request, mail, "Sent again")

        def closed(mails: list[Mail]) -> list[str]:
            return closed_orders(mail.order for mail in mails if mail.order is not None)

        done = _("to be sent again; look here in a moment")
        act_on_each(request, mails, act, done=done, closed=closed)


def _waits(mail: Mail) -> bool:
    return mail.state == Mail.State.WAITING
