"""The rest of an order's timeline, page by page."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from downloads.models import Grant
from storefront.admin.orders.acts import OrderActs
from storefront.admin.orders.facts import facts_of
from storefront.admin.orders.timeline import MOST_PAGES, timeline_of
from storefront.formats import whole_number


class TimelineActs(OrderActs):
    """What happened to an order, for who wants to see more of it than its page shows."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/timeline/", view(self.timeline), name="order_timeline"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def timeline(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Show one page of what happened to an order."""
        order = self.permitted(request, number, "view")
        page = whole_number(request.GET.get("page", "1"), most=MOST_PAGES) or 1
        grants = list(Grant.objects.with_rights().filter(order=order))
        context = self.admin_site.each_context(request) | {
            "title": _("What happened"),
            "opts": self.opts,
            "original": order,
            "timeline": timeline_of(order, grants, facts_of(order), page=page),
        }
        return TemplateResponse(request, "admin/downloads/order/timeline_page.html", context)
