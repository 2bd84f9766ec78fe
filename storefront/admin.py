"""Credentials in the admin: seen, bounded and revoked here; made where their owner is."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from downloads.admin.nameless import NamelessAdmin
from storefront.addresses import absolute
from storefront.inbox import SOURCES
from storefront.models import CredentialQuerySet, CustomerToken, StorefrontKey, WebhookSecret

MIN_SECRET_LENGTH = 16
WHERE_IT_IS = (
    "In Shopify you find the secret under Settings → Notifications → Webhooks, below the list. "
    "For messages that an app sends it is the secret among the app's API credentials."
)
HELP_TEXTS = {
    "address": "Give this to the platform: it sends your orders there.",
    "used_at": "To the hour.",
}
HOW_TO_CHANGE_IT = (
    "To change the secret, add the new one beside this one. Revoke this one once “last used” "
    "stands still."
)


class CredentialAdmin(admin.ModelAdmin):
    """A credential is made by an action on its owner and shown once. Revoking keeps the row."""

    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Revoke: refuse from the next request on", permissions=["change"])
    def revoke(self, request: HttpRequest, rows: CredentialQuerySet) -> None:
        messages.success(request, f"{rows.revoke(timezone.now())} revoked.")

    @admin.display(description="usable", boolean=True)
    def is_usable(self, row: Any) -> bool:
        return row.is_usable(timezone.now())


@admin.register(StorefrontKey)
class StorefrontKeyAdmin(CredentialAdmin):
    list_display = ("name", "shop", "prefix", "rate_per_minute", "expires_at", "is_usable")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("name", "prefix", "shop__name")
    fields = ("shop", "prefix", "name", "rate_per_minute", "expires_at", "revoked_at", "created_at")
    readonly_fields = ("shop", "prefix", "revoked_at", "created_at")


@admin.register(CustomerToken)
class CustomerTokenAdmin(CredentialAdmin, NamelessAdmin):
    list_display = ("id", "customer", "expires_at", "is_usable", "created_at")
    list_select_related = ("customer",)
    list_filter = ("customer__shop",)
    search_fields = ("customer__email", "customer__first_name", "customer__last_name")
    fields = ("customer", "expires_at", "revoked_at", "created_at")
    readonly_fields = ("customer", "revoked_at", "created_at")


class PastedSecretForm(forms.ModelForm):
    source = forms.ChoiceField(label="Platform", choices=[(name, name.title()) for name in SOURCES])
    secret = forms.CharField(
        min_length=MIN_SECRET_LENGTH,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text="Paste what the platform shows you. It is stored encrypted and never shown.",
    )

    class Meta:
        model = WebhookSecret
        fields = ("shop", "source")


@admin.register(WebhookSecret)
class WebhookSecretAdmin(CredentialAdmin):
    list_display = ("shop", "platform", "hint", "used_at", "expires_at", "is_usable")
    list_display_links = ("shop", "hint")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("hint", "shop__name", "shop__domain")
    autocomplete_fields = ("shop",)
    readonly_fields = ("platform", "address", "hint", "used_at", "revoked_at", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_fieldsets(self, request: HttpRequest, obj: WebhookSecret | None = None) -> Any:
        if obj is None:
            first = ("shop", "source", "secret", "address")
            return [(None, {"fields": first, "description": WHERE_IT_IS})]
        later = ("shop", "platform", "address", "expires_at", *self.readonly_fields[2:])
        return [(None, {"fields": later, "description": HOW_TO_CHANGE_IT})]

    def get_form(
        self,
        request: HttpRequest,
        obj: WebhookSecret | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 (Django's signature)
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        form = forms.ModelForm if obj else PastedSecretForm
        words = {"form": form, "help_texts": HELP_TEXTS} | kwargs
        return super().get_form(request, obj, change, **words)

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
        change: bool,  # noqa: FBT001 (Django's signature)
    ) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            return
        secret = form.cleaned_data["secret"]
        kept = WebhookSecret.keep(obj.shop, source=obj.source, secret=secret)
        obj.pk, obj.hint = kept.pk, kept.hint

    @admin.display(description="platform")
    def platform(self, row: WebhookSecret) -> str:
        return row.source.title()

    @admin.display(description="address")
    def address(self, row: WebhookSecret) -> str:
        return absolute(reverse("webhook", args=[row.source]))
