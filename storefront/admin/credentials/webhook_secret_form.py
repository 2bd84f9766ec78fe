"""The admin's form for a secret that a shop's platform signs with."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storefront.models import WebhookSecret
from storefront.platforms.registry import PLATFORMS

MIN_SECRET_LENGTH = 16


class PastedSecretForm(forms.ModelForm):
    """A secret pasted from the platform, or none, where the platform takes a fresh one of ours."""

    source = forms.ChoiceField(
        label=gettext_lazy("Platform"),
        choices=lambda: [(name, row.title) for name, row in PLATFORMS.items()],
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        required=False,
        min_length=MIN_SECRET_LENGTH,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text=gettext_lazy(
            "Paste what the platform shows you: it is never shown here. Where the platform "
            "asks you for a secret, leave this empty: a fresh one is made and shown once. "
            "It is stored encrypted."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        platform = PLATFORMS.get(cleaned.get("source", ""))
        if platform is None or "secret" not in cleaned:
            return cleaned  # named as wrong already
        pasted = cleaned["secret"]
        complaint = platform.complaint_about(pasted) if pasted else None
        cleaned["secret"] = pasted or platform.new_secret()
        if cleaned["secret"] is None:
            complaint = _("{title} makes the secret itself. {where_to_set_up}").format(
                title=platform.title, where_to_set_up=platform.where_to_set_up
            )
        if complaint:
            self.add_error("secret", complaint)
        return cleaned

    class Meta:
        model = WebhookSecret
        fields = ("shop", "source")
