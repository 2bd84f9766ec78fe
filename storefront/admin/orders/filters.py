"""List filters of orders: by the state of their mail, by what is missing, by their notes."""

from types import MappingProxyType
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest

from downloads import lookups
from downloads.lookups import Missing
from downloads.models import Customer, Mail, Order
from storefront.admin.ledger.admin import OneRowFilter

# Its entry goes after a while; the order remembers that it was sent.
IS_SENT = Q(newest_state=Mail.State.SENT) | Q(newest_state=None, email_sent_at__isnull=False)


class OrdersOfCustomer(OneRowFilter):
    title = parameter_name = "customer"
    rows = Customer.objects.all()
    path = "customer"


class MailFilter(admin.SimpleListFilter):
    """The newest mail about an order counts: one that came back before it is done with."""

    title = "mail to the buyer"
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
        "sent": ("Sent", IS_SENT & Q(newest_bounce=None)),
        "back": ("Came back", Q(newest_bounce__isnull=False)),
        "aside": ("Not sent", Q(newest_state=Mail.State.SET_ASIDE)),
        "perhaps": ("Perhaps sent", Q(newest_state=Mail.State.DOUBTFUL)),
        "moving": ("Waiting", Q(newest_state__in=Mail.MOVING)),
        "none": ("None", Q(newest_state=None, email_sent_at=None)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _which) in self.choices_of_newest.items()]

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

    title = "paid, nothing to download"
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("any", "For any reason"),
            (Missing.PRODUCT, "No product known"),
            (Missing.VARIANT, "Variant new since"),
            (Missing.FILES, "Product without files"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() == "any":
            return lookups.without_downloads(queryset)
        if self.value() in set(Missing):
            return lookups.without_downloads(queryset, Missing(self.value() or ""))
        return queryset


class NotesFilter(admin.SimpleListFilter):
    """What a merchant should know of an order; tests and vendors' parts apart."""

    title = "notes"
    parameter_name = "notes"
    choices_of_notes = {
        "any": (
            "Has notes",
            ~Q(notes=[]) | Q(is_token_taken=True) | Q(former_platform_id__isnull=False),
        ),
        "test": ("Test order", Q(is_test=True)),
        "part": ("Part of another order", Q(parent_platform_id__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _which) in self.choices_of_notes.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        chosen = self.choices_of_notes.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])
