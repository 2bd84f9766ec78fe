"""Credential admins: list, limit, rotate and revoke keys and bearers."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from storefront.admin.actions import only_row, report_count, show_secret_once
from storefront.admin.anonymous_log import NamelessAdmin
from storefront.admin.base import ScopedAdmin
from storefront.admin.credentials.webhook_secret_form import PastedSecretForm
from storefront.formats import zoned_text
from storefront.models import (
    ApiKey,
    CredentialQuerySet,
    CustomerToken,
    SecretKey,
    StorefrontKey,
    WebhookSecret,
)
from storefront.platforms.registry import PLATFORMS, title_of
from storefront.signed_urls import absolute

HELP_TEXTS = {
    "address": gettext_lazy("Give this to the platform: it sends your orders there."),
    "expires_at": gettext_lazy("Refused from then on. Empty: no end."),
    "rate_per_minute": gettext_lazy("Further requests are refused until the next minute."),
    "used_at": gettext_lazy("To the hour."),
}
HOW_TO_CHANGE_IT = gettext_lazy(
    "To change the secret, add the new one beside this one. Revoke this one once “last used” "
    "stands still."
)

NO_SUCCESSOR = gettext_lazy(
    "is of no use any more. Make a new key with the action in the list of shops."
)


class CredentialAdmin(ScopedAdmin):
    """A credential is made by an action on its owner and shown once. Revoking keeps the row."""

    actions: tuple[str, ...] = ("revoke",)
    made_where: Any = ""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        words = {"subtitle": self.made_where} | (extra_context or {})
        return super().changelist_view(request, words)

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT002 (Django's signature)
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        return super().get_form(request, obj, change, **{"help_texts": HELP_TEXTS} | kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # Each request writes when it was used; it may be revoked while the form is open.
        obj.save(update_fields=form.changed_data)

    @admin.action(
        description=gettext_lazy("Revoke: refuse from the next request on"), permissions=["change"]
    )
    def revoke(self, request: HttpRequest, rows: CredentialQuerySet) -> None:
        for row in rows.filter(revoked_at__isnull=True):
            self.log_change(request, row, "Revoked")
        revoked = rows.revoke(timezone.now())
        report_count(
            request, revoked, done=_("revoked"), none=_("Nothing to revoke: that was done before.")
        )

    @admin.display(description=gettext_lazy("usable"), boolean=True)
    def is_usable(self, row: Any) -> bool:
        return row.is_usable(timezone.now())


class ApiKeyAdmin(CredentialAdmin):
    """Keys of programs. What a key may do is changed here; a fresh one is made by rotating."""

    list_display = ("name", "shop", "prefix", "is_usable", "used_at", "expires_at")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("name", "prefix", "shop__name")
    readonly_fields = ("shop", "prefix", "used_at", "revoked_at", "created_at")
    actions = ("rotate", "revoke")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        ours = ("shop", "prefix", "name", "rate_per_minute", "expires_at")
        return (*ours, *self.readonly_fields[2:])

    @admin.action(
        description=gettext_lazy("Rotate: make a successor (shown once), end this one soon"),
        permissions=["change"],
    )
    def rotate(self, request: HttpRequest, keys: CredentialQuerySet) -> HttpResponseBase | None:
        at = timezone.now()
        key = only_row(request, keys, why=_("each successor is shown once"))
        if key is None:
            return None
        if not key.is_usable(at):
            messages.error(request, f"{key} {NO_SUCCESSOR}")
            return None
        row, secret = key.rotate(at=at)
        self.log_change(request, key, f"Rotated to {row.prefix}…")
        return show_secret_once(
            self,
            request,
            title=_("Successor of {key}").format(key=key),
            secret=secret,
            use=_("Put it where the earlier key is used. That one ends on {day}.").format(
                day=zoned_text(key.expires_at)
            ),
        )


@admin.register(StorefrontKey)
class StorefrontKeyAdmin(ApiKeyAdmin):
    made_where = gettext_lazy("Made in the list of shops, with the action “Make a storefront key”.")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return (
            *super().get_fields(request, obj)[:4],
            "allowed_origins",
            "expires_at",
            *self.readonly_fields[2:],
        )


@admin.register(SecretKey)
class SecretKeyAdmin(ApiKeyAdmin):
    made_where = gettext_lazy(
        "Made in the list of shops, with the action “Make a secret key for your server”."
    )


@admin.register(CustomerToken)
class CustomerTokenAdmin(CredentialAdmin, NamelessAdmin):
    made_where = gettext_lazy("Made when a customer signs in; by hand in the list of customers.")
    list_display = ("id", "customer", "is_usable", "origin", "used_at", "expires_at")
    list_select_related = ("customer",)
    list_filter = ("customer__shop", "origin")
    search_fields = ("customer__email", "customer__first_name", "customer__last_name")
    readonly_fields = ("customer", "origin", "used_at", "revoked_at", "created_at")
    fields = ("customer", "origin", "used_at", "expires_at", "revoked_at", "created_at")


@admin.register(WebhookSecret)
class WebhookSecretAdmin(CredentialAdmin):
    list_display = ("shop", "platform", "hint", "used_at", "expires_at", "is_usable")
    list_display_links = ("shop", "hint")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("hint", "shop__name", "shop__domain")
    autocomplete_fields = ("shop",)
    readonly_fields = ("platform", "address", "hint", "used_at", "revoked_at", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ScopedAdmin.has_add_permission(self, request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: WebhookSecret | None = None) -> Any:
        if obj is None:
            first = ("shop", "source", "secret", "address")
            where = format_html_join(
                "", "<p>{}</p>", ([each.where_to_set_up] for each in PLATFORMS.values())
            )
            return [(None, {"fields": first, "description": where})]
        later = ("shop", "platform", "address", "expires_at", *self.readonly_fields[2:])
        return [(None, {"fields": later, "description": HOW_TO_CHANGE_IT})]

    def get_form(
        self,
        request: HttpRequest,
        obj: WebhookSecret | None = None,
        change: bool = False,  # noqa: FBT002 (Django's signature)
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        form = forms.ModelForm if obj else PastedSecretForm
        return super().get_form(request, obj, change, **{"form": form} | kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: WebhookSecret | None = None) -> Any:
        return self.readonly_fields if obj is None else ("shop", *self.readonly_fields)

    @method_decorator(sensitive_post_parameters("secret"))
    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().add_view(request, *args, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: WebhookSecret,
        form: Any,
        change: bool,
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        secret = form.cleaned_data["secret"]
        kept = WebhookSecret.keep(obj.shop, source=obj.source, secret=secret)
        obj.pk, obj.hint, obj.sealed = kept.pk, kept.hint, kept.sealed

    def response_add(
        self, request: HttpRequest, obj: WebhookSecret, post_url_continue: str | None = None
    ) -> HttpResponse:
        if request.POST.get("secret", "").strip():
            return super().response_add(request, obj, post_url_continue)
        return show_secret_once(
            self,
            request,
            title=_("{source}: webhook secret of {shop}").format(
                source=title_of(obj.source), shop=obj.shop
            ),
            secret=obj.reveal(),
            use=_("Enter it where your shop sends from, with the address {address}").format(
                address=self.address(obj)
            ),
        )

    @admin.display(description=gettext_lazy("platform"))
    def platform(self, row: WebhookSecret) -> str:
        return title_of(row.source)

    @admin.display(description=gettext_lazy("address"))
    def address(self, row: WebhookSecret) -> str:
        if row.shop_id is None:
            addresses = (
                (absolute(reverse("webhook", args=[name])), _("and the shop's domain"))
                for name in PLATFORMS
            )
            return format_html_join("", "<div>{}/… {}</div>", addresses)
        return absolute(reverse("shop-webhook", args=[row.source, row.shop.domain]))
