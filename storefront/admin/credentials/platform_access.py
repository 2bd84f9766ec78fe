"""The access to a shop's platform in the admin: entered here, used to reconcile, never shown."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from downloads.audit.entries import enter_audit
from storefront.admin.connections.form import require_plain
from storefront.admin.connections.pages import ConnectionPages
from storefront.connections.lights import last_messages
from storefront.models import PlatformAccess
from storefront.platforms.api_urls import clean_url, has_same_host
from storefront.platforms.registry import PLATFORMS, remote_of, title_of
from storefront.reconciling import reconcile_in_background

MIN_LENGTH = 16
SHORT = 80
RUNS = (
    "last_run_at",
    "last_run_was_complete",
    "complete_from",
    "last_summary",
)


def secret_field(label: Any, help_text: Any) -> forms.CharField:
    """Return a password field for a secret, optional where one is stored."""
    return forms.CharField(
        label=label,
        required=False,
        min_length=MIN_LENGTH,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text=help_text,
    )


def plain(secret: str) -> str:
    """Return a secret that was copied alone."""
    require_plain(secret)
    return secret


class AccessForm(forms.ModelForm):
    key = secret_field(
        gettext_lazy("Key"),
        gettext_lazy(
            "Shopify's client ID, or WooCommerce's consumer key (ck_…). Empty for a token of "
            "Shopify."
        ),
    )
    secret = secret_field(
        gettext_lazy("Token or secret"),
        gettext_lazy(
            "Shopify's client secret or Admin API access token, or WooCommerce's consumer "
            "secret. It is stored encrypted and never shown. Leave it empty to keep the one "
            "there is."
        ),
    )

    class Meta:
        model = PlatformAccess
        fields = ("shop", "source", "address")

    def clean_address(self) -> str:
        return clean_url(self.cleaned_data["address"])

    def clean_key(self) -> str:
        return plain(self.cleaned_data["key"])

    def clean_secret(self) -> str:
        return plain(self.cleaned_data["secret"])

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or self.cleaned_data
        remote = remote_of(entered.get("source") or self.instance.source)
        if remote is None:
            return entered
        key, secret = entered.get("key"), entered.get("secret")
        if not secret and self._must_be_entered(entered):
            self.add_error(
                "secret",
                _("Enter it again: what was entered for one address goes to no other.")
                if self.instance.pk
                else _("Enter what opens the platform's API."),
            )
        is_half = bool(secret) < bool(key) or (remote.NEEDS_KEY and bool(secret) > bool(key))
        if is_half and "secret" not in self.errors:
            self.add_error("key", _("Enter the key and the secret, both."))
        return entered

    def _must_be_entered(self, entered: dict[str, Any]) -> bool:
        # Else whoever may change this row could have the token sent to a place of theirs.
        if self.instance.pk is None:
            return "secret" not in self.errors
        address = entered.get("address")
        return address is not None and not has_same_host(address, self.initial["address"])


class FreshAccessForm(AccessForm):
    source = forms.ChoiceField(
        label=gettext_lazy("Platform"),
        choices=lambda: [
            (name, row.title) for name, row in PLATFORMS.items() if row.remote is not None
        ],
    )


@admin.register(PlatformAccess)
class PlatformAccessAdmin(ConnectionPages):
    list_display = ("shop", "platform", "state", "last_run_at", "result", "address")
    list_display_links = ("shop", "platform")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("address", "shop__name", "shop__domain")
    autocomplete_fields = ("shop",)
    actions = ("reconcile",)
    readonly_fields = ("platform", "hint", *RUNS)

    def get_fieldsets(self, request: HttpRequest, obj: PlatformAccess | None = None) -> Any:
        remotes = [row.remote for row in PLATFORMS.values() if row.remote is not None]
        where = format_html_join("", "<p>{}</p>", ([row.WHERE_TO_GET_ACCESS] for row in remotes))
        entered = ("address", "key", "secret")
        if obj is None:
            return [(None, {"fields": ("shop", "source", *entered), "description": where})]
        fields = ("shop", "platform", *entered, "hint")
        by_hand = {"fields": fields, "description": where, "classes": ("collapse",)}
        return [(_("What was fetched"), {"fields": RUNS}), (_("Enter the access by hand"), by_hand)]

    def get_form(
        self,
        request: HttpRequest,
        obj: PlatformAccess | None = None,
        change: bool = False,  # noqa: FBT002 (Django's signature)
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        form = AccessForm if obj else FreshAccessForm
        return super().get_form(request, obj, change, **{"form": form} | kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: PlatformAccess | None = None) -> Any:
        return self.readonly_fields if obj is None else ("shop", *self.readonly_fields)

    @method_decorator(sensitive_post_parameters("key", "secret"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: PlatformAccess,
        form: Any,
        change: bool,
    ) -> None:
        secret = form.cleaned_data["secret"]
        if secret:
            obj.seal_in(secret=secret, key=form.cleaned_data["key"])
        if not change:
            obj.save()
            return
        # A run may be noting its end meanwhile.
        fields = ["address"]
        if secret:
            fields += ["sealed", "sealed_key", "hint", "sealed_token", "token_ends_at"]
        if "address" in form.changed_data:
            # Perhaps another shop: everything is asked for once more, and no webhook is there.
            obj.complete_from = obj.connected_at = None
            obj.sealed_token = obj.topics = obj.fault = ""
            fields += ["complete_from", "connected_at", "sealed_token", "topics", "fault"]
        obj.save(update_fields=fields)

    @admin.action(description=gettext_lazy("Reconcile now"), permissions=["change"])
    def reconcile(self, request: HttpRequest, accesses: QuerySet[PlatformAccess]) -> None:
        for access in accesses:
            reconcile_in_background.enqueue(access.pk)
            enter_audit("Reconcile now", row=access)
            messages.success(
                request,
                _(
                    "{shop}: {source} is being asked in the background. What was repaired stands "
                    "here once it is done."
                ).format(shop=access.shop, source=title_of(access.source)),
            )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        page = super().get_changelist_instance(request)
        # One question for all rows of the page.
        last_used = last_messages(page.result_list)
        for access in page.result_list:
            access.light = self.light(access, last_used)
        return page

    @admin.display(description=gettext_lazy("state"))
    def state(self, access: Any) -> str:
        pill = "" if access.light.level == "ok" else access.light.level
        return format_html('<span class="pill {}">{}</span>', pill, access.light.short)

    @admin.display(description=gettext_lazy("platform"))
    def platform(self, access: PlatformAccess) -> str:
        return title_of(access.source)

    @admin.display(description=gettext_lazy("what the last run did"))
    def result(self, access: PlatformAccess) -> str:
        return Truncator(access.last_summary.partition("\n")[0]).chars(SHORT)
