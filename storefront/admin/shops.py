"""Plans and shops: their policies, and the keys a merchant makes for a storefront."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from downloads import fulfilment
from downloads.audit.entries import enter_audit
from downloads.models import Mail, Message, Plan, Shop
from storefront import inbox
from storefront.admin.actions import only_row, show_secret_once
from storefront.admin.base import ScopedAdmin
from storefront.admin.brand.admin import BrandedAdmin, may_upload
from storefront.admin.brand.form import LOGO, columns_of, save_logo
from storefront.admin.statuses import StatusMeaningInline, statuses_of
from storefront.models import ApiKey, SecretKey, StorefrontKey

# What it is called, how the list of mails shows it alone, and which mails it is.
MAIL_TROUBLES = {
    "back": (_("came back"), "came_back=yes", Q(bounced_at__isnull=False)),
    "unsent": (_("not sent"), "state__exact=set_aside", Q(state=Mail.State.SET_ASIDE)),
    "perhaps": (_("perhaps sent"), "state__exact=doubtful", Q(state=Mail.State.DOUBTFUL)),
}
DEFAULTS = {"default_limit", "default_lifetime_days"}
SUPPORT = ("support_most_downloads", "support_most_days", "support_copies_links")
POLICIES = ("opens_when", "amount_refunds", "closes_order_assets", "holds_high_risk")


@admin.register(Plan)
class PlanAdmin(ScopedAdmin):
    list_display = ("__str__", "customer_account_links")

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        # The name is the key that shops hold: another name would be another plan.
        return () if obj is None else ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False


@admin.register(Shop)
class ShopAdmin(BrandedAdmin):
    list_display = ("name", "domain", "plan", "link_urls", "default_limit")
    list_select_related = ("plan",)
    list_filter = ("plan",)
    search_fields = ("name", "domain")
    actions = ("make_storefront_key", "make_secret_key", "apply_policies")
    asked_elsewhere = MappingProxyType(
        {
            "make_storefront_key": "storefront.add_storefrontkey",
            "make_secret_key": "storefront.add_secretkey",
            "choose_plan": "downloads.choose_plan",
        }
    )
    inlines = (StatusMeaningInline,)
    readonly_fields = (
        *("logo_shown", "uninstalled_at", "messages_set_aside", "mails_in_trouble"),
        "reported_statuses",
    )
    fieldsets = (
        (None, {"fields": ("name", "domain", "plan", "time_zone")}),
        (
            _("Your brand"),
            {"fields": ("accent", *LOGO, "address", "support", "imprint")},
        ),
        (_("The download page"), {"fields": ("page_title", "page_text")}),
        (_("Downloads"), {"fields": ("default_limit", "default_lifetime_days", "link_urls")}),
        (_("Mail to buyers"), {"fields": ("mails_buyers", "language", "reply_to", "mail_text")}),
        (_("Mail to staff"), {"fields": ("mails_used_up", "mails_figures")}),
        (_("Policies"), {"fields": (*POLICIES, "reported_statuses")}),
        (_("What support may do"), {"fields": SUPPORT}),
    )

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.list_display if _has_several_plans() else _without_plan(self.list_display)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return super().get_list_filter(request) if _has_several_plans() else []

    def get_inlines(self, request: HttpRequest, obj: Shop | None) -> Any:
        # A new shop has no orders yet, and so no words to translate.
        return () if obj is None else self.inlines

    def get_fieldsets(self, request: HttpRequest, obj: Shop | None = None) -> Any:
        news = []
        if obj is not None and obj.uninstalled_at is not None:
            news.append("uninstalled_at")
        may_look = request.user.has_perm("downloads.view_message", obj)
        if obj is not None and may_look and _set_aside(obj).exists():
            news.append("messages_set_aside")
        if obj is not None and request.user.has_perm("downloads.view_mail", obj) and _troubles(obj):
            news.append("mails_in_trouble")
        (_title, first), *rest = self.fieldsets
        if not self.may(request, "choose_plan", obj) and not _has_several_plans():
            first = {"fields": _without_plan(first["fields"])}
        may_change = self.has_change_permission(request, obj)
        rest = may_upload(rest, is_allowed=may_change)
        return [*([(None, {"fields": news})] if news else []), (None, first), *rest]

    def get_readonly_fields(self, request: HttpRequest, obj: Shop | None = None) -> Any:
        kept = list(self.readonly_fields)
        if not request.user.is_superuser:
            # Orders are matched by it: another shop's would bring that shop's.
            kept.append("domain")
        if not self.may(request, "choose_plan", obj):
            kept.append("plan")
        return kept

    def has_make_storefront_key_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "make_storefront_key")

    def has_make_secret_key_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "make_secret_key")

    def save_model(self, request: HttpRequest, obj: Shop, form: Any, change: bool) -> None:
        # The shop's own messages write other columns of this row meanwhile.
        obj.save(update_fields=columns_of(form) if change else None)
        save_logo(obj, form)
        if change and DEFAULTS & {*form.changed_data}:
            fulfilment.rules.apply_shop_defaults(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        is_table_changed = any(formset.has_changed() for formset in formsets)
        is_changed = is_table_changed or bool(set(POLICIES) & set(form.changed_data))
        orders = form.instance.orders.count() if is_changed else 0
        if orders:
            messages.warning(
                request,
                _(
                    "New orders follow the new policies from now on. {orders} earlier ones "
                    "follow at their next message, or at once with the action “Apply the "
                    "policies to all orders” in the list of shops."
                ).format(orders=orders),
            )

    @admin.display(description=_("statuses of its orders"))
    def reported_statuses(self, shop: Shop) -> str:
        return statuses_of(shop) if shop.pk else "–"

    @admin.display(description=_("messages set aside"))
    def messages_set_aside(self, shop: Shop) -> str:
        return format_html(
            '<a href="{}?shop__id__exact={}&amp;state__exact={}">{}</a>',
            reverse("admin:downloads_message_changelist"),
            shop.pk,
            Message.State.SET_ASIDE,
            _("{count} could not be applied: look").format(count=_set_aside(shop).count()),
        )

    @admin.display(description=_("mails to buyers"))
    def mails_in_trouble(self, shop: Shop) -> str:
        url = f"{reverse('admin:downloads_mail_changelist')}?shop__id__exact={shop.pk}"
        lines = (
            (url, only, _("{count} {what}: look").format(count=count, what=words))
            for count, words, only in _troubles(shop)
        )
        return format_html_join("", '<div><a href="{}&amp;{}">{}</a></div>', lines)

    @admin.action(description=_("Apply the policies to all orders"), permissions=["change"])
    def apply_policies(self, request: HttpRequest, shops: QuerySet[Shop]) -> None:
        for shop in shops:
            inbox.apply_policies.enqueue(shop.pk)
            self.log_change(request, shop, "Applied the policies to all orders")
            enter_audit("Applied the policies to all orders", row=shop)
            messages.success(
                request,
                _("{shop}: its {count} orders are being brought in line in the background.").format(
                    shop=shop, count=shop.orders.count()
                ),
            )

    @admin.action(
        description=_("Make a storefront key (shown once)"),
        permissions=["make_storefront_key"],
    )
    def make_storefront_key(
        self, request: HttpRequest, shops: QuerySet[Shop]
    ) -> HttpResponseBase | None:
        return self._make_key(
            request, shops, StorefrontKey, use=_("Send it in the header X-STOREFRONT-KEY.")
        )

    @admin.action(
        description=_("Make a secret key for your server (shown once)"),
        permissions=["make_secret_key"],
    )
    def make_secret_key(
        self, request: HttpRequest, shops: QuerySet[Shop]
    ) -> HttpResponseBase | None:
        return self._make_key(
            request,
            shops,
            SecretKey,
            use=_(
                "Send it from your own server as Authorization: Bearer …, never from a browser: "
                "with it any customer of this shop can be signed in."
            ),
        )

    def _make_key(
        self, request: HttpRequest, shops: QuerySet[Shop], kind: type[ApiKey], *, use: Any
    ) -> HttpResponseBase | None:
        shop = only_row(request, shops, why=_("each secret is shown once"))
        if shop is None:
            return None
        row, key = kind.issue(
            shop, name=_("Made on {day}").format(day=f"{timezone.localdate():%Y-%m-%d}")
        )
        words = kind._meta.verbose_name
        self.log_change(request, shop, f"Made the {words} {row.prefix}…")
        title = _("{kind} of {shop}").format(kind=str(words).capitalize(), shop=shop)
        return show_secret_once(self, request, title=title, secret=key, use=use)


def _has_several_plans() -> bool:
    """Say whether a plan tells anything of a shop: where all have the same, nothing. One query."""
    return len(Shop.objects.order_by().values_list("plan").distinct()[:2]) > 1


def _without_plan(columns: Iterable[Any]) -> tuple[Any, ...]:
    """Return columns without the plan."""
    return tuple(name for name in columns if name != "plan")


def _set_aside(shop: Shop) -> QuerySet[Message]:
    return shop.messages.filter(state=Message.State.SET_ASIDE)


def _troubles(shop: Shop) -> list[tuple[int, str, str]]:
    """Return how many mails have each trouble, its words and its filter. One query."""
    counts = {name: Count("pk", filter=which) for name, (*_, which) in MAIL_TROUBLES.items()}
    found = shop.mails.aggregate(**counts)
    troubles = ((found[name], str(words), only) for name, (words, only, _) in MAIL_TROUBLES.items())
    return [each for each in troubles if each[0]]
