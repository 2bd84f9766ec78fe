"""Admin pages of connections: choose a platform, enter its access, see the light.

Nothing is asked of a platform inside a transaction, and nothing that was entered is shown again.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from downloads.audit.entries import enter_audit
from downloads.models import Shop
from storefront.admin.base import ScopedAdmin
from storefront.admin.connections.connecting import access_of, keep
from storefront.admin.connections.form import ConnectForm
from storefront.connections.addresses import webhook_address, why_unreachable
from storefront.connections.checks import Finding, look
from storefront.connections.lights import Light, last_messages, light_of
from storefront.connections.opening import open_access
from storefront.models import PlatformAccess
from storefront.platforms.base import Platform
from storefront.platforms.client import PlatformFault
from storefront.platforms.registry import PLATFORMS, title_of
from storefront.platforms.setup import Entered, Setup
from storefront.reconciling import reconcile_in_background
from storefront.staff.roles import rows_where

ENTERED = "key secret signs_with token"
MEANWHILE = _("Somebody has connected this shop meanwhile. Look at its connection.")
# So many shops' addresses stand on the page of a platform.
MOST_SHOPS = 20


class ConnectionPages(ScopedAdmin):
    """What is done beside the list and the form of an access."""

    change_form_template = "admin/storefront/platformaccess/change_form.html"
    change_list_template = "admin/storefront/platformaccess/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("connect/<slug:source>/", view(self.connect), name="connect"),
            path("<int:number>/look/", view(self.look_again), name="connection_look"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = bool(self._shops(request).exists())
        words = {"platforms": list(PLATFORMS.values()) if may else []}
        return super().changelist_view(request, words | (extra_context or {}))

    @method_decorator(sensitive_post_parameters(*ENTERED.split()))
    def connect(self, request: HttpRequest, source: str) -> HttpResponse:
        """Connect a shop: try what is entered, and keep it if the platform lets us in."""
        platform = PLATFORMS.get(source)
        if platform is None:
            raise Http404
        shops = self._shops(request)
        if not shops.exists():
            raise PermissionDenied
        setup, obstacle = platform.setup, why_unreachable()
        form = None
        if setup is not None:
            entered = request.POST if request.method == "POST" else None
            form = ConnectForm(
                entered, setup=setup, shops=shops, initial=self._initial(request, source)
            )
        if form is not None and request.method == "POST" and form.is_valid():
            if obstacle:
                form.add_error(None, obstacle)
            elif (found := self._try(request, form, source)) is not None:
                return self._connected(request, *found)
        return self._page(request, platform, form=form, shops=shops, obstacle=obstacle)

    @method_decorator(require_POST)
    def look_again(self, request: HttpRequest, number: int) -> HttpResponse:
        """Test a connection now, and register what is missing of its webhooks."""
        access = self.get_object(request, str(number))
        if access is None:
            raise Http404
        if not self.may(request, "change", access):
            raise PermissionDenied
        was_waiting = access.connected_at is None
        finding = look(access, at=timezone.now(), is_anew=was_waiting, is_hurried=True)
        enter_audit("Tested the connection", row=access)
        if finding.fault:
            messages.error(request, finding.fault)
        else:
            messages.success(request, _words_of(access, finding))
        return _page_of(access)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        access = context["original"]
        if access is not None:
            context |= self._state_of(request, access)
        return super().render_change_form(request, context, *args, **kwargs)

    def light(self, access: PlatformAccess, last_used: dict[int, Any]) -> Light:
        """Return how a connection is."""
        return light_of(access, last_used.get(access.pk), at=timezone.now())

    def _state_of(self, request: HttpRequest, access: PlatformAccess) -> dict[str, Any]:
        setup = PLATFORMS[access.source].setup if access.source in PLATFORMS else None
        topics = set(access.topics.split())
        light = self.light(access, last_messages([access]))
        return {
            "heading": _("{shop} at {platform}").format(
                shop=access.shop, platform=title_of(access.source)
            ),
            "address": access.address,
            "show_save_and_add_another": False,
            "light": light,
            "is_waiting": light.is_waiting,
            "advised": _advised(access, setup),
            "topics": [(topic, topic in topics) for topic in (setup.TOPICS if setup else ())],
            "own_file": _own_file(setup, access.shop, access.source),
            "webhook_address": webhook_address(access.shop, access.source),
            "may_change": self.may(request, "change", access),
        }

    def _shops(self, request: HttpRequest) -> Any:
        """Return the shops that the reader may connect."""
        may = self.permission_for("add")
        return rows_where(Shop.objects.order_by("name", "pk"), request.user, may)

    def _initial(self, request: HttpRequest, source: str) -> dict[str, Any]:
        number = request.GET.get("access", "")
        access = self.get_object(request, number) if number.isdecimal() else None
        if access is None or access.source != source:
            return {}
        return {"shop": access.shop_id, "address": access.address}

    def _try(
        self, request: HttpRequest, form: ConnectForm, source: str
    ) -> tuple[PlatformAccess, Entered] | None:
        """Return the access if the platform lets us in with it; else the form says why not."""
        given, entered = form.cleaned_data, form.entered
        if entered is None:
            return None
        access = access_of(given["shop"], source, address=given["address"], entered=entered)
        if access.pk and not self.may(request, "change", access):
            raise PermissionDenied
        try:
            with open_access(access, is_hurried=True) as connection:
                form.setup.test(connection)
        except PlatformFault as error:
            form.add_error(None, str(error))
            return None
        return access, entered

    def _connected(
        self, request: HttpRequest, access: PlatformAccess, entered: Entered
    ) -> HttpResponse:
        try:
            keep(access, entered)
        except IntegrityError:
            messages.error(request, MEANWHILE)
            return HttpResponseRedirect(reverse("admin:storefront_platformaccess_changelist"))
        finding = look(access, at=timezone.now(), is_anew=True, is_hurried=True)
        reconcile_in_background.enqueue(access.pk)
        self.log_change(request, access, "Connected the shop")
        if finding.fault:
            messages.error(request, finding.fault)
        else:
            count = len(finding.registered.topics)
            title = title_of(access.source)
            words = ngettext(
                "{title} is connected: {count} webhook is registered, and its products and orders "
                "are being fetched in the background.",
                "{title} is connected: {count} webhooks are registered, and its products and "
                "orders are being fetched in the background.",
                count,
            )
            messages.success(request, words.format(title=title, count=count))
        return _page_of(access)

    def _page(
        self, request: HttpRequest, platform: Platform, *, form: Any, shops: Any, obstacle: str
    ) -> HttpResponse:
        setup = platform.setup
        named = list(shops[:MOST_SHOPS])
        context = self.admin_site.each_context(request) | {
            "title": _("Connect {platform}").format(platform=platform.title)
            if setup
            else platform.title,
            "opts": self.opts,
            "platform": platform,
            "setup": setup,
            "form": form,
            "obstacle": obstacle,
            "addresses": [(shop, webhook_address(shop, platform.name)) for shop in named],
            "topics": list(setup.TOPICS) if setup else [],
            # Of several, each shop's own page has it.
            "own_file": _own_file(setup, named[0], platform.name) if len(named) == 1 else "",
        }
        return TemplateResponse(request, "admin/storefront/platformaccess/connect.html", context)


def _advised(access: PlatformAccess, setup: Setup | None) -> list[tuple[str, str]]:
    missing = set(access.missing_rights.split("\n"))
    advised = setup.ADVISED if setup else {}
    return [(right, words) for right, words in advised.items() if right in missing]


def _own_file(setup: Setup | None, shop: Shop, source: str) -> str:
    if setup is None:
        return ""
    return setup.OWN_FILE.format(address=webhook_address(shop, source))


def _words_of(access: PlatformAccess, finding: Finding) -> str:
    count, made = len(access.topics.split()), len(finding.registered.made)
    words = ngettext(
        "{title} lets us in; {count} webhook is registered.",
        "{title} lets us in; {count} webhooks are registered.",
        count,
    ).format(title=title_of(access.source), count=count)
    if not made:
        return words
    again = ngettext(
        "{made} of them was missing and made again.",
        "{made} of them were missing and made again.",
        made,
    ).format(made=made)
    return f"{words} {again}"


def _page_of(access: PlatformAccess) -> HttpResponse:
    page = reverse("admin:storefront_platformaccess_change", args=[access.pk])
    return HttpResponseRedirect(page)
