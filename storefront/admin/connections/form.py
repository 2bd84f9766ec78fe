"""The form of a connection: whose shop, where it is, and what opens it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from downloads.models import Shop
from storefront.platforms.api_urls import clean_url
from storefront.platforms.setup import Entered, Setup

MIN_LENGTH, MAX_LENGTH = 16, 500
NO_SPACES = _("Copy it whole and alone, without spaces.")


def require_plain(secret: str) -> None:
    """Refuse a secret that cannot stand in a header.

    Raises:
        ValidationError: it was copied with something beside it.
    """
    if not secret.isascii() or not secret.isprintable() or " " in secret or ":" in secret:
        raise ValidationError(NO_SPACES)


class ConnectForm(forms.Form):
    """What a platform's `setup` asks for; `entered` is what opens it, once the form is valid."""

    shop = forms.ModelChoiceField(label=_("Shop"), queryset=Shop.objects.none())
    address = forms.CharField(
        label=_("Address of the shop"), max_length=300, widget=forms.TextInput(attrs={"size": 40})
    )

    def __init__(self, *given: Any, setup: Setup, shops: QuerySet[Shop], **named: Any) -> None:
        super().__init__(*given, **named)
        self.setup = setup
        self.entered: Entered | None = None
        self.fields["shop"].queryset = shops  # type: ignore[attr-defined]
        if len(only := shops[:2]) == 1:
            self.fields["shop"].initial = only[0].pk
            self.fields["shop"].widget = forms.HiddenInput()
        self.fields["address"].help_text = setup.ADDRESS_HELP
        self.fields["address"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        for each in setup.FIELDS:
            self.fields[each.name] = forms.CharField(
                label=each.label,
                help_text=each.help_text,
                required=each.is_required,
                min_length=MIN_LENGTH,
                max_length=MAX_LENGTH,
                # All are sealed, and none is shown again.
                widget=forms.PasswordInput(attrs={"autocomplete": "off", "size": 40}),
                validators=[require_plain],
            )

    def clean_address(self) -> str:
        return clean_url(self.setup.read_address(self.cleaned_data["address"]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        read = self.setup.read_entered(cleaned)
        if isinstance(read, Entered):
            self.entered = read
        else:
            for name, why in read.items():
                self.add_error(name, why)
        return cleaned
