"""Customers: who they are, what is stored about them, and forgetting it."""

from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.email_addresses import mailbox_of
from downloads.lookups.personal_data import stored_about_customer
from downloads.models import Customer
from downloads.models.customers import CustomerQuerySet
from storefront.admin.actions import json_file, only_row, show_secret_once
from storefront.admin.anonymous_log import NamelessAdmin
from storefront.admin.customers.merges import MergeActs, merged_with
from storefront.formats import day_text
from storefront.models import CustomerToken


class CustomerForm(forms.ModelForm):
    class Meta:
        model = Customer
        fields = ("shop", "email", "first_name", "last_name", "platform_id")
        # Browsers refuse or respell in a field for addresses what shops have accepted.
        widgets = MappingProxyType({"email": AdminTextInputWidget(attrs={"inputmode": "email"})})

    def clean_email(self) -> str | None:
        email = self.cleaned_data["email"]
        return mailbox_of(email) if email else None


@admin.register(Customer)
class CustomerAdmin(MergeActs, NamelessAdmin):
    form = CustomerForm
    change_form_template = "admin/downloads/customer/change_form.html"
    list_display = ("__str__", "email", "shop", "created_at")
    list_select_related = ("shop", "merged_into")
    list_filter = ("shop",)
    search_fields = ("email", "first_name", "last_name", "=platform_id")
    autocomplete_fields = ("shop",)
    fields = CustomerForm.Meta.fields
    actions = ("make_customer_token", "export", "erase")
    asked_elsewhere = MappingProxyType({"make_token": "storefront.add_customertoken"})

    class Media:
        css = {"all": ("downloads/desk.css",)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context["original"] is not None:
            context["merged_with"] = merged_with(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request) & Customer.objects.known()

    def get_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        return (*self.fields, "erased_at") if _is_erased(obj) else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        # Orders and tokens of the shop hold this customer, who stays there.
        return () if obj is None else ("shop", "erased_at")

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_erased(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        # The empty row is how a message that comes late is known to be about somebody erased.
        return super().has_delete_permission(request, obj) and not _is_erased(obj)

    def has_make_token_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "make_token")

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        fulfilment.edit_customer(obj, values)

    def delete_model(self, request: HttpRequest, obj: Customer) -> None:
        fulfilment.delete_customers([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        fulfilment.delete_customers(list(queryset.select_related("shop")))

    @admin.action(
        description=gettext_lazy("Make a customer token (shown once)"), permissions=["make_token"]
    )
    def make_customer_token(
        self, request: HttpRequest, customers: QuerySet[Customer]
    ) -> HttpResponseBase | None:
        customer = only_row(request, customers, why=_("each secret is shown once"))
        if customer is None:
            return None
        row, bearer = CustomerToken.issue(customer, at=timezone.now())
        self.log_change(request, customer, f"Made the customer token {row.pk}")
        return show_secret_once(
            self,
            request,
            title=_("Customer token of {customer}").format(customer=customer),
            secret=bearer,
            use=_("Send it as Authorization: Bearer … It ends on {day}.").format(
                day=day_text(row.expires_at)
            ),
        )

    @admin.action(description=gettext_lazy("Export what is stored (JSON)"), permissions=["view"])
    def export(
        self, request: HttpRequest, customers: QuerySet[Customer]
    ) -> HttpResponseBase | None:
        customer = only_row(request, customers, why=_("each customer has a file of their own"))
        if customer is None:
            return None
        document = stored_about_customer(customer, at=timezone.now())
        return json_file(document, name=f"customer-{customer.pk}.json")

    @admin.action(
        description=gettext_lazy("Erase personal data (cannot be undone)…"), permissions=["delete"]
    )
    def erase(self, request: HttpRequest, customers: CustomerQuerySet) -> HttpResponseBase | None:
        customers = customers.not_erased()
        if not customers:
            messages.error(request, _("Nothing to erase: that was done before."))
            return None
        if "confirmed" not in request.POST:
            context = self.admin_site.each_context(request) | {
                "title": _("Erase personal data?"),
                "opts": self.opts,
                "customers": customers.annotate(orders_count=Count("orders")),
            }
            return TemplateResponse(request, "admin/downloads/erase_customers.html", context)
        erased = list(customers)
        for customer in erased:
            fulfilment.erase_customer(customer, at=timezone.now())
            self.log_change(request, customer, "Erased personal data")
        messages.success(
            request, _("{count} erased. Their orders and counts stay.").format(count=len(erased))
        )
        return None


def _is_erased(customer: Customer | None) -> bool:
    return customer is not None and customer.is_erased
