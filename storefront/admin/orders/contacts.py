"""Acts on an order's page by which its buyer is reached: mail, another address, the link, a look.

What shows a link or the buyer's page is kept by no cache and stands in no address.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from downloads import lookups
from downloads.audit.entries import enter_audit
from downloads.bidi import isolate
from downloads.email_addresses import takes_mail
from downloads.errors import BadInput
from downloads.fulfilment import desk
from downloads.models import Order
from storefront.admin.orders.acts import OrderActs, page_of
from storefront.pages.orders import page_context
from storefront.signed_urls import ticket_url

COPIED = "Copied the link to the customer's page"


class ContactActs(OrderActs):
    """What reaches an order's buyer, each sent by a form of its own."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/page/", view(self.see_page), name="order_page"),
            path("<int:number>/link/", view(self.copy_link), name="order_link"),
            path("<int:number>/address/", view(self.correct_address), name="order_address"),
            path("<int:number>/send-once/", view(self.send_once), name="order_send_once"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def see_page(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Show the buyer's page as it is now, without anything that downloads or counts."""
        order = self.permitted(request, number, "view")
        shown = lookups.open_order(lookups.orders_with_shop().get(pk=order.pk))
        context = page_context(shown, at=timezone.now(), is_preview=True)
        template = "admin/downloads/order/page.html"
        return _kept_by_nobody(TemplateResponse(request, template, context | {"original": order}))

    @method_decorator(require_POST)
    def copy_link(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Show the link to the buyer's page, and enter that in the trail."""
        order = self.permitted(request, number, "view")
        if not may_copy_link(request, order):
            raise PermissionDenied
        enter_audit(COPIED, row=order)
        self.log_change(request, order, COPIED)
        context = self.admin_site.each_context(request) | {
            "title": _("The link to the customer’s page"),
            "opts": self.opts,
            "original": order,
            "link": ticket_url(order),
        }
        template = "admin/downloads/order/link.html"
        return _kept_by_nobody(TemplateResponse(request, template, context))

    @method_decorator(require_POST)
    @method_decorator(sensitive_post_parameters("email", "former"))
    def correct_address(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Correct where mail about an order goes, and send it; empty takes a correction back."""
        order = self.permitted(request, number, "change")
        email, former = request.POST.get("email", ""), request.POST.get("former", "")
        if not email.strip() and not is_corrected(order):
            messages.error(request, _("Enter a mail address."))
            return page_of(order, "buyer")
        try:
            unsent = desk.correct_and_send(order, email, former=former, at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
            return page_of(order, "buyer")
        order.refresh_from_db()
        self.log_change(request, order, "Corrected the mail address")
        _tell_correction(request, order, former=former, unsent=unsent)
        return page_of(order)

    @method_decorator(require_POST)
    @method_decorator(sensitive_post_parameters("email"))
    def send_once(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Send an order's mail once to another address; it goes on going where it goes."""
        order = self.permitted(request, number, "forward")
        try:
            mail = desk.send_once(order, request.POST.get("email", ""), at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
            return page_of(order, "buyer")
        self.log_change(request, order, "Sent the mail once to another address")
        words = _("The mail goes to {email} once. Later mail about this order goes where it went.")
        messages.success(request, words.format(email=isolate(mail.email)))
        return page_of(order)


def is_corrected(order: Order) -> bool:
    """Say whether mail about an order goes to an address that staff put there."""
    return bool(order.corrected_email) and order.email == order.corrected_email


def may_copy_link(request: HttpRequest, order: Order) -> bool:
    """Say whether the reader may have the link, by which anybody has an order's downloads."""
    if request.user.has_perm("downloads.link_order", order):
        return True
    is_allowed = order.shop.support_copies_links
    return is_allowed and request.user.has_perm("downloads.mail_order", order)


def _tell_correction(request: HttpRequest, order: Order, *, former: str, unsent: str) -> None:
    whom = isolate(order.email) if order.email else _("nobody")
    done = [_("Mail about this order goes to {email} now.").format(email=whom)]
    if former not in ("", order.email):
        done.append(_("Links that were mailed to the former address have ended."))
    if order.email and not takes_mail(order.email):
        done.append(_("But no mail can be sent to such an address."))
        messages.warning(request, " ".join(done))
    elif unsent:
        done.append(_("But no mail was sent: {why}").format(why=unsent))
        messages.warning(request, " ".join(done))
    else:
        messages.success(request, " ".join(done))


def _kept_by_nobody(response: TemplateResponse) -> TemplateResponse:
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    return response
