"""Customers' own accounts: seen here, and helped with a link, by mail or where none reaches."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.audit.entries import enter_audit
from downloads.models import Account
from storefront.admin.actions import act_on_each, only_row, show_secret_once
from storefront.admin.anonymous_log import NamelessAdmin
from storefront.signed_urls import account_url


class ConfirmedFilter(admin.SimpleListFilter):
    title = gettext_lazy("mail address")
    parameter_name = "confirmed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Confirmed")), ("no", _("Not confirmed yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        if self.value() not in {"no", "yes"}:
            return queryset
        return queryset.filter(confirmed_at__isnull=self.value() == "no")


@admin.register(Account)
class AccountAdmin(NamelessAdmin):
    list_display = ("email", "shop", "customer", "confirmed_at", "signed_in_at")
    list_select_related = ("shop", "customer")
    list_filter = ("shop", ConfirmedFilter)
    search_fields = ("email", "first_name", "last_name")
    fields = (
        "shop",
        "email",
        "first_name",
        "last_name",
        "customer",
        "confirmed_at",
        "signed_in_at",
        "created_at",
    )
    actions = ("mail_password_link", "make_password_link")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        # An account says what its owner entered. The action below asks for this permission.
        return obj is None and super().has_change_permission(request)

    def delete_model(self, request: HttpRequest, obj: Account) -> None:
        fulfilment.forget_accounts(Account.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        fulfilment.forget_accounts(queryset)

    @admin.action(
        description=gettext_lazy("Mail a link to choose a password"), permissions=["change"]
    )
    def mail_password_link(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        at = timezone.now()

        def act(account: Account) -> None:
            fulfilment.request_password(account.shop, account.email, at=at, by_merchant=True)
            enter_audit("Had a link to choose a password mailed", row=account)
            self.log_change(request, account, "Had a link to choose a password mailed")

        done = _("to be mailed a link to choose a password; look under Mail in a moment")
        act_on_each(request, accounts, act, done=done)

    @admin.action(
        description=gettext_lazy("Make a link to choose a password (for its owner)"),
        permissions=["change"],
    )
    def make_password_link(
        self, request: HttpRequest, accounts: QuerySet[Account]
    ) -> HttpResponseBase | None:
        account = only_row(request, accounts, why=_("each link is for one person"))
        if account is None:
            return None
        self.log_change(request, account, "Made a link to choose a password")
        enter_audit("Made a link to choose a password", row=account)
        return show_secret_once(
            self,
            request,
            title=_("A link for {account}").format(account=account),
            secret=account_url(account, at=timezone.now()),
            use=_(
                "Send it to {account} and to nobody else: whoever opens it chooses the password "
                "and sees what was bought with this address. It can be used once."
            ).format(account=account),
        )
