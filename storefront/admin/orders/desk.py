"""Acts on an order's page that mend what came up of it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from downloads import fulfilment, lookups
from downloads.errors import BadInput
from downloads.lookups import BareLine
from downloads.models import Dispute, Order, Product, Refund
from storefront.admin.closures import why_order_is_closed
from storefront.admin.orders.acts import OrderActs, page_of
from storefront.admin.orders.facts import Fact, fact_of, told_of
from storefront.formats import whole_number

NOT_PROPOSED = gettext_lazy("This is not proposed any more. Look at the page again.")
NO_FACT = gettext_lazy("This is not there any more. Look at the page again.")


class DeskActs(OrderActs):
    """What came up: a refund or dispute that was a mistake, a line that brings nothing."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/dismiss/", view(self.dismiss), name="order_dismiss"),
            path("<int:number>/count-again/", view(self.count_again), name="order_count_again"),
            path("<int:number>/match/", view(self.match), name="order_match"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def dismiss(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Count a refund or a dispute for nothing: it was a mistake."""
        return self._weigh(request, number, is_mistake=True)

    @method_decorator(require_POST)
    def count_again(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Count a refund or a dispute that was dismissed."""
        return self._weigh(request, number, is_mistake=False)

    def _weigh(self, request: HttpRequest, number: int, *, is_mistake: bool) -> HttpResponseBase:
        order = self.permitted(request, number, "change")
        kind = "refund" if "refund" in request.POST else "dispute"
        row = fact_of(order, kind, whole_number(request.POST.get(kind, "")) or 0)
        if row is None:
            messages.error(request, NO_FACT)
            return page_of(order)
        fact = told_of(order, row)
        if "confirmed" not in request.POST:
            return self._confirmation(request, order, fact, is_mistake=is_mistake)
        _verb_of(row, is_mistake=is_mistake)(row, at=timezone.now())
        what = "Said that it was a mistake" if is_mistake else "Counted again"
        self.log_change(request, order, f"{what}: {fact.words}")
        shut = why_order_is_closed(order, at=timezone.now())
        done = (
            _("The {kind} counts for nothing now.").format(kind=kind)
            if is_mistake
            else _("The {kind} counts again.").format(kind=kind)
        )
        level = messages.WARNING if shut and is_mistake else messages.SUCCESS
        stays = _("The order stays closed: {shut}").format(shut=shut) if shut and is_mistake else ""
        messages.add_message(request, level, f"{done} {stays}".strip())
        return page_of(order)

    def _confirmation(
        self, request: HttpRequest, order: Order, fact: Fact, *, is_mistake: bool
    ) -> TemplateResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Was this a mistake?") if is_mistake else _("Count this again?"),
            "opts": self.opts,
            "original": order,
            "fact": fact,
            "is_mistake": is_mistake,
        }
        return TemplateResponse(request, "admin/downloads/order/dismiss.html", context)

    @method_decorator(require_POST)
    def match(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Open what brings nothing, with the files of a product that is proposed."""
        order = self.permitted(request, number, "change")
        line, product = whole_number(request.POST.get("line", "")), request.POST.get("product", "")
        for bare in lookups.missing_of(order):
            for proposed in bare.proposed:
                if (bare.line.pk, str(proposed.pk)) == (line, product):
                    return self._match(request, order, bare, proposed)
        messages.error(request, NOT_PROPOSED)
        return page_of(order)

    def _match(
        self, request: HttpRequest, order: Order, bare: BareLine, product: Product
    ) -> HttpResponseBase:
        at, own = timezone.now(), bare.line.product
        try:
            if bare.is_of_this_order:
                fulfilment.match_line(bare.line, product, at=at)
                done = _("“{own}” is “{product}” in this order now, and open.").format(
                    own=own, product=product
                )
            elif not request.user.has_perm("downloads.add_attachment", order):
                raise PermissionDenied
            else:
                shared = fulfilment.share_files(own, product, at=at)
                done = _(
                    "“{own}” has the files of “{product}” now. Purchases that got them: {grants}. "
                    "Buyers who get a mail: {mails}."
                ).format(own=own, product=product, grants=shared.grants, mails=shared.mails)
        except BadInput as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, order, f"Matched “{own}” with “{product}”")
            messages.success(request, done)
        return page_of(order)


def _verb_of(row: Refund | Dispute, *, is_mistake: bool) -> Callable[..., Any]:
    if isinstance(row, Refund):
        return fulfilment.dismiss_refund if is_mistake else fulfilment.restore_refund
    return fulfilment.dismiss_dispute if is_mistake else fulfilment.restore_dispute
