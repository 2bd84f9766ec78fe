"""List filters of orders: by the state of their mail, by what is missing, by their notes."""

from types import MappingProxyType
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from downloads import lookups
from downloads.lookups import Missing
from downloads.models import Customer, Mail, Order
from storefront.admin.ledger.admin import OneRowFilter

# Its entry goes after a while; the order remembers that it was sent.
IS_SENT = Q(newest_state=Mail.State.SENT) | Q(newest_state=None, email_sent_at__isnull=False)


class OrdersOfCustomer(OneRowFilter):
    title = gettext_lazy("customer")
    parameter_name = "customer"
    rows = Customer.objects.all()
    path = "customer"


class MailFilter(admin.SimpleListFilter):
    """The newest mail about an order counts: one that came back before it is done with."""

    title = gettext_lazy("mail to the buyer")
    parameter_name = "mail"
    # Which orders are looked at at all, by an index of their mails: those that have such a one.
    candidates = MappingProxyType(
        {
            "back": Q(bounced_at__isnull=False),
            "aside": Q(state=Mail.State.SET_ASIDE),
            "perhaps": Q(state=Mail.State.DOUBTFUL),
            "moving": Q(state__in=Mail.MOVING),
        }
    )
    choices_of_newest = {
        "sent": (pgettext_lazy("of a mail", "Sent"), IS_SENT & Q(newest_bounce=None)),
        "back": (gettext_lazy("Came back"), Q(newest_bounce__isnull=False)),
        "aside": (gettext_lazy("Not sent"), Q(newest_state=Mail.State.SET_ASIDE)),
        "perhaps": (gettext_lazy("Perhaps sent"), Q(newest_state=Mail.State.DOUBTFUL)),
        "moving": (gettext_lazy("Waiting"), Q(newest_state__in=Mail.MOVING)),
        "none": (gettext_lazy("None"), Q(newest_state=None, email_sent_at=None)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(words)) for value, (words, _which) in self.choices_of_newest.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        chosen = self.choices_of_newest.get(self.value() or "")
        if chosen is None:
            return queryset
        if self.value() in self.candidates:
            such = Mail.objects.order_by().filter(self.candidates[self.value() or ""])
            queryset = queryset.filter(pk__in=such.values("order"))
        mails = Mail.objects.filter(order=OuterRef("pk")).exclude(state=Mail.State.NOT_NEEDED)
        mails = mails.order_by("-created_at", "-pk")
        newest = queryset.annotate(
            newest_state=Subquery(mails.values("state")[:1]),
            newest_bounce=Subquery(mails.values("bounced_at")[:1]),
        )
        return newest.filter(chosen[1])


class MissingFilter(admin.SimpleListFilter):
    """Paid, and nothing to download: whatever for, or for one reason."""

    title = gettext_lazy("paid, nothing to download")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("any", _("For any reason")),
            (Missing.PRODUCT, _("No product known")),
            (Missing.VARIANT, _("Variant new since")),
            (Missing.FILES, _("Product without files")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() == "any":
            return lookups.without_downloads(queryset)
        if self.value() in set(Missing):
            return lookups.without_downloads(queryset, Missing(self.value() or ""))
        return queryset


class NotesFilter(admin.SimpleListFilter):
    """What a merchant should know of an order; tests and vendors' parts apart."""

    title = gettext_lazy("notes")
    parameter_name = "notes"
    choices_of_notes = {
        "any": (
            gettext_lazy("Has notes"),
            ~Q(notes=[]) | Q(is_token_taken=True) | Q(former_platform_id__isnull=False),
        ),
        "test": (gettext_lazy("Test order"), Q(is_test=True)),
        "part": (gettext_lazy("Part of another order"), Q(parent_platform_id__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(words)) for value, (words, _which) in self.choices_of_notes.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        chosen = self.choices_of_notes.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])
