"""Orders: those a shop reported, and those a merchant makes by hand."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from downloads import fulfilment
from downloads.models import Grant, LineItem, Order
from storefront.admin.actions import act_on_each
from storefront.admin.closures import closed_downloads, closed_orders, still_closed
from storefront.admin.orders.acts import page_of
from storefront.admin.orders.changelist import OrderList
from storefront.admin.orders.contacts import ContactActs
from storefront.admin.orders.desk import DeskActs
from storefront.admin.orders.facts import mail_facts_of
from storefront.admin.orders.filters import (
    MailFilter,
    MissingFilter,
    NotesFilter,
    OrdersOfCustomer,
)
from storefront.admin.orders.form import OrderForm
from storefront.admin.orders.history import TimelineActs
from storefront.admin.orders.inlines import GrantInline, LineInline
from storefront.admin.orders.notes import NoteActs
from storefront.admin.orders.screen import screen_of
from storefront.admin.search import views

DOWNLOADED = gettext_lazy(
    "{}: downloads that were used: {}. Set “cancelled on” instead: it closes them all."
)


@admin.register(Order)
class OrderAdmin(ContactActs, NoteActs, TimelineActs, DeskActs, OrderList):
    form = OrderForm
    change_form_template = "admin/downloads/order/change_form.html"
    list_select_related = ("shop", "customer")
    list_filter = (
        *("shop", "payment", "hold", MailFilter, MissingFilter, NotesFilter, "placed_at"),
        OrdersOfCustomer,
    )
    asked_by_links = ("cancelled_at", "fully_refunded")
    search_fields = (
        "=number",
        "=receipt_number",
        "email",
        "customer__email",
        "customer__first_name",
        "customer__last_name",
        "lines__product__name",
        "lines__product__sku",
        "grants__asset__title",
        "grants__asset__file_name",
    )
    search_help_text = gettext_lazy(
        "Order number, buyer's name or mail address, product, SKU, file or link"
    )
    autocomplete_fields = ("shop", "customer")
    inlines = (LineInline, GrantInline)
    actions = ("release", "send_mail", "end_page_links")
    fields = OrderForm.Meta.fields

    def has_mail_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "mail")

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        if obj is None:
            return ()
        # What the shop's own system reports is changed there.
        return ("shop", "mail") if obj.is_by_hand else self.get_fields(request, obj)

    def get_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        if obj is None:
            return self.fields
        if obj.is_by_hand:
            return (*self.fields, "seen", "mail")
        # Where its mail goes stands on the desk, with what corrects it.
        reported = [name for name in self.fields if name != "email"]
        return (*reported, *(("hold_reason",) if obj.hold else ()), "mail")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context["original"] is not None:
            context["desk"] = screen_of(request, self, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = {"placed_at": timezone.now(), "payment": Order.Payment.PAID}
        return initial | super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        if not change:
            fulfilment.edit_order(obj, None)
            return
        others = {"email", "seen"}
        fulfilment.edit_order(obj, [name for name in form.changed_data if name not in others])
        if "email" in form.changed_data:
            # Not a column like the others: the links that were mailed to the former one end.
            fulfilment.correct_email(obj, form.cleaned_data["email"], at=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        if formset.model is LineItem:
            for line, fields in formset.changed_objects:
                fulfilment.edit_line(line, fields)
            fulfilment.add_lines(formset.instance, formset.new_objects)
            return
        formset.attached = [
            fulfilment.attach_to_order(
                formset.instance,
                grant.asset,
                limit=grant.limit,
                lifetime_days=grant.lifetime_days,
                at=timezone.now(),
            )
            for grant in formset.new_objects
        ]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        fulfilment.settle(form.instance, at=timezone.now())
        attached = [grant for each in formsets for grant in getattr(each, "attached", ())]
        if shut := still_closed(attached, closed_downloads):
            names = ", ".join(f"“{grant.asset}”" for grant in attached)
            messages.warning(
                request, _("Attached to the order: {names}. {shut}").format(names=names, shut=shut)
            )

    def get_deleted_objects(self, objs: Iterable[Order], request: HttpRequest) -> Any:
        """Say what goes along, and name the orders that stay because of their downloads."""
        deleted = [[str(order), [str(grant) for grant in order.grants.all()]] for order in objs]
        used = Grant.objects.downloaded().filter(order__in=objs).order_by()
        counts = Counter(used.values_list("order", flat=True))
        kept = [DOWNLOADED.format(order, counts[order.pk]) for order in objs if counts[order.pk]]
        return deleted, {self.opts.verbose_name_plural: len(deleted)}, set(), kept

    def delete_model(self, request: HttpRequest, obj: Order) -> None:
        fulfilment.delete_order(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        for order in queryset:
            fulfilment.delete_order(order)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("search/", view(views.find), name="search"),
            path("search/<str:name>/", view(views.show_result), name="search_result"),
            path("<int:number>/end-links/", view(self.end_links), name="order_end_links"),
            path("<int:number>/release/", view(self.release_one), name="order_release"),
            path("<int:number>/mail/", view(self.mail_one), name="order_mail"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def end_links(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """End every ticket handed out so far."""
        order = self.permitted(request, number, "change")
        fulfilment.revoke_tickets(order)
        self.log_change(request, order, "Ended all links to the page")
        messages.success(request, _("All links to this order's page that we sent have ended."))
        return page_of(order)

    @method_decorator(require_POST)
    def release_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Open an order that is held."""
        order = self.permitted(request, number, "change")
        self._release(request, [order])
        return page_of(order)

    @method_decorator(require_POST)
    def mail_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Have the mail about an order sent once more."""
        order = self.permitted(request, number, "mail")
        self._mail(request, [order])
        return page_of(order)

    def _mail(self, request: HttpRequest, orders: Iterable[Order]) -> None:
        at = timezone.now()

        def act(order: Order) -> None:
            fulfilment.send_order_mail(order, at=at)
            self.log_change(request, order, "Had the mail sent again")

        done = _("to be told by mail; look under Mail in a moment")
        act_on_each(request, orders, act, done=done, closed=closed_orders)

    def _release(self, request: HttpRequest, orders: Iterable[Order]) -> None:
        at = timezone.now()

        def act(order: Order) -> None:
            fulfilment.release(order, at=at)
            self.log_change(request, order, "Released: opened although it was held")

        act_on_each(request, orders, act, done="released", closed=closed_orders)

    @admin.display(description=gettext_lazy("held"), ordering="hold")
    def hold_reason(self, order: Order) -> str:
        return order.get_hold_display() if order.hold else ""

    @admin.display(description=gettext_lazy("mail to the buyer"))
    def mail(self, order: Order) -> str:
        return mail_facts_of(order)

    @admin.action(description=gettext_lazy("Send the mail again"), permissions=["mail"])
    def send_mail(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._mail(request, orders)

    @admin.action(
        description=gettext_lazy("Release: open although it is held"), permissions=["change"]
    )
    def release(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._release(request, orders)

    @admin.action(description=gettext_lazy("End all links to the page"), permissions=["change"])
    def end_page_links(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        for order in orders:
            fulfilment.revoke_tickets(order)
        messages.success(
            request, _("The page links of {count} orders have ended.").format(count=len(orders))
        )
