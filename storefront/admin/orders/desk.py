"""The desk on an order's page: what needs the merchant, and the acts that mend it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from downloads import fulfilment, lookups
from downloads.email_addresses import takes_mail
from downloads.errors import BadInput
from downloads.lookups import BareLine, Missing
from downloads.models import Dispute, Order, Product, Refund
from storefront.admin.base import ScopedAdmin
from storefront.admin.closures import why_order_is_closed
from storefront.admin.orders.facts import Fact, fact_of, facts_of, told_of
from storefront.formats import whole_number

WHY = {
    Missing.PRODUCT: (
        "Your shop no longer says which product this is: its variant may have been deleted there."
    ),
    Missing.VARIANT: "This variant has no files; another variant of the product has.",
    Missing.FILES: "This product has no files yet.",
}
NOT_PROPOSED = "This is not proposed any more. Look at the page again."
NO_MAIL = "But no mail can be sent to such an address."
NO_FACT = "This is not there any more. Look at the page again."


@dataclass(frozen=True)
class Desk:
    """What stands above an order's form; each may be empty."""

    notes: list[str]
    missing: list[tuple[BareLine, str]]
    facts: list[Fact]
    has_address: bool
    is_mailable: bool
    is_corrected: bool
    may_share: bool


def desk_of(request: HttpRequest, order: Order) -> Desk:
    """Return an order's desk. Ten queries at most."""
    return Desk(
        notes=notes_of(order),
        missing=[(bare, WHY[bare.why]) for bare in lookups.missing_of(order)],
        facts=facts_of(order),
        has_address=not order.is_by_hand,
        is_mailable=takes_mail(order.email),
        is_corrected=_is_corrected(order),
        may_share=request.user.has_perm("downloads.add_attachment", order),
    )


def notes_of(order: Order) -> list[str]:
    """Return what a merchant should know of an order, in sentences."""
    # An older row has notes alone.
    return list(getattr(order, "remarks", order.notes))


def _is_corrected(order: Order) -> bool:
    return bool(order.corrected_email) and order.email == order.corrected_email


class DeskActs(ScopedAdmin):
    """The acts on the desk, each sent by a form of its own."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/address/", view(self.correct_address), name="order_address"),
            path("<int:number>/dismiss/", view(self.dismiss), name="order_dismiss"),
            path("<int:number>/count-again/", view(self.count_again), name="order_count_again"),
            path("<int:number>/match/", view(self.match), name="order_match"),
            *super().get_urls(),
        ]

    def permitted(self, request: HttpRequest, number: int, *, change: bool) -> Order:
        """Return an order that the reader may see, or change."""
        order = self.get_object(request, str(number))
        if order is None:
            raise Http404
        may = self.has_change_permission if change else self.has_view_permission
        if not may(request, order):
            raise PermissionDenied
        return order

    @method_decorator(require_POST)
    def correct_address(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Correct where mail about an order goes; empty takes a correction back."""
        order = self.permitted(request, number, change=True)
        email = request.POST.get("email", "")
        if not email.strip() and not _is_corrected(order):
            messages.error(request, "Enter a mail address.")
            return _page(order)
        former = order.email
        try:
            fulfilment.correct_email(order, email, at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
            return _page(order)
        order.refresh_from_db()
        self.log_change(request, order, "Corrected the mail address")
        _tell_correction(request, order, former=former)
        return _page(order)

    @method_decorator(require_POST)
    def dismiss(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Count a refund or a dispute for nothing: it was a mistake."""
        return self._weigh(request, number, is_mistake=True)

    @method_decorator(require_POST)
    def count_again(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Count a refund or a dispute that was dismissed."""
        return self._weigh(request, number, is_mistake=False)

    def _weigh(self, request: HttpRequest, number: int, *, is_mistake: bool) -> HttpResponseBase:
        order = self.permitted(request, number, change=True)
        kind = "refund" if "refund" in request.POST else "dispute"
        row = fact_of(order, kind, whole_number(request.POST.get(kind, "")) or 0)
        if row is None:
            messages.error(request, NO_FACT)
            return _page(order)
        fact = told_of(order, row)
        if "confirmed" not in request.POST:
            return self._confirmation(request, order, fact, is_mistake=is_mistake)
        _verb_of(row, is_mistake=is_mistake)(row, at=timezone.now())
        what = "Said that it was a mistake" if is_mistake else "Counted again"
        self.log_change(request, order, f"{what}: {fact.words}")
        shut = why_order_is_closed(order, at=timezone.now())
        done = f"The {kind} counts for nothing now." if is_mistake else f"The {kind} counts again."
        level = messages.WARNING if shut and is_mistake else messages.SUCCESS
        stays = f"The order stays closed: {shut}" if shut and is_mistake else ""
        messages.add_message(request, level, f"{done} {stays}".strip())
        return _page(order)

    def _confirmation(
        self, request: HttpRequest, order: Order, fact: Fact, *, is_mistake: bool
    ) -> TemplateResponse:
        context = self.admin_site.each_context(request) | {
            "title": "Was this a mistake?" if is_mistake else "Count this again?",
            "opts": self.opts,
            "original": order,
            "fact": fact,
            "is_mistake": is_mistake,
        }
        return TemplateResponse(request, "admin/downloads/order/dismiss.html", context)

    @method_decorator(require_POST)
    def match(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Open what brings nothing, with the files of a product that is proposed."""
        order = self.permitted(request, number, change=True)
        line, product = whole_number(request.POST.get("line", "")), request.POST.get("product", "")
        for bare in lookups.missing_of(order):
            for proposed in bare.proposed:
                if (bare.line.pk, str(proposed.pk)) == (line, product):
                    return self._match(request, order, bare, proposed)
        messages.error(request, NOT_PROPOSED)
        return _page(order)

    def _match(
        self, request: HttpRequest, order: Order, bare: BareLine, product: Product
    ) -> HttpResponseBase:
        at, own = timezone.now(), bare.line.product
        try:
            if bare.is_of_this_order:
                fulfilment.match_line(bare.line, product, at=at)
                done = f"“{own}” is “{product}” in this order now, and open."
            elif not request.user.has_perm("downloads.add_attachment", order):
                raise PermissionDenied
            else:
                shared = fulfilment.share_files(own, product, at=at)
                done = (
                    f"“{own}” has the files of “{product}” now: {shared.grants} "
                    f"purchase{pluralize(shared.grants)} got them, {shared.mails} "
                    f"buyer{pluralize(shared.mails, ' gets,s get')} a mail."
                )
        except BadInput as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, order, f"Matched “{own}” with “{product}”")
            messages.success(request, done)
        return _page(order)


def _tell_correction(request: HttpRequest, order: Order, *, former: str) -> None:
    done = f"Mail about this order goes to {order.email or 'nobody'} now."
    if former not in ("", order.email):
        done += " Links that were mailed to the former address have ended."
    if order.email and not takes_mail(order.email):
        messages.warning(request, f"{done} {NO_MAIL}")
    else:
        messages.success(request, done)


def _verb_of(row: Refund | Dispute, *, is_mistake: bool) -> Callable[..., Any]:
    if isinstance(row, Refund):
        return fulfilment.dismiss_refund if is_mistake else fulfilment.restore_refund
    return fulfilment.dismiss_dispute if is_mistake else fulfilment.restore_dispute


def _page(order: Order) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:downloads_order_change", args=[order.pk]))
