"""Fields of limit and days that may be empty: each shows what applies then, and whose it is."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import lookups
from downloads.lookups import Applying
from downloads.models import Asset, Shop
from downloads.models.catalog import MAX_DOWNLOADS, MAX_LIFETIME_DAYS
from storefront.formats import whole_number

INHERIT = object()
SOURCES = {"file": gettext_lazy("from the file"), "shop": gettext_lazy("from the shop")}
# The column and the flag that it is inherited, by the field's name.
FLAGS = {"limit": "inherits_limit", "lifetime_days": "inherits_lifetime"}


class TermField(forms.CharField):
    """A whole number, the word for no limit, or empty: what applies further up."""

    def __init__(self, *, most: int, endless: Any, **options: Any) -> None:
        self.most, self.endless = most, endless
        super().__init__(required=False, max_length=40, **options)
        self.widget.attrs |= {"class": "vTermField", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return str(self.endless) if value is None else "" if value is INHERIT else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return INHERIT
        if text.casefold() in (str(self.endless).casefold(), "unlimited", "no end", "∞"):
            return None
        number = whole_number(text)
        if number is None or not 1 <= number <= self.most:
            raise ValidationError(
                _("Enter a whole number from 1 to %(most)s, “%(endless)s”, or nothing.")
                % {"most": f"{self.most:,}", "endless": self.endless}
            )
        return number

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial)).strip() != str(data or "").strip()

    def show(self, applies: Applying) -> None:
        """Show in the empty field what applies."""
        value = self.endless if applies.value is None else applies.value
        self.widget.attrs["placeholder"] = f"{value}, {SOURCES[applies.source]}"


def limit_field() -> TermField:
    """Return a field of downloads per item."""
    return TermField(
        label=gettext_lazy("Downloads per item"),
        most=MAX_DOWNLOADS,
        endless=gettext_lazy("unlimited"),
        help_text=gettext_lazy("A number, “unlimited”, or nothing: what stands there grey."),
    )


def days_field() -> TermField:
    """Return a field of days."""
    return TermField(
        label=gettext_lazy("Days"),
        most=MAX_LIFETIME_DAYS,
        endless=gettext_lazy("no end"),
        help_text=gettext_lazy(
            "From the moment the customer may download. A number, “no end”, or nothing."
        ),
    )


class TermsForm(forms.ModelForm):
    """A form of a row that may inherit its limit and days."""

    limit = limit_field()
    lifetime_days = days_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, flag in FLAGS.items():
            # Of a new row nothing is said yet.
            if name in self.fields and (
                self.instance._state.adding or getattr(self.instance, flag)
            ):
                self.initial[name] = INHERIT
        for name, applies in zip(FLAGS, self.defaults(), strict=True):
            if name in self.fields and applies is not None:
                field: Any = self.fields[name]
                field.show(applies)

    def defaults(self) -> tuple[Applying | None, Applying | None]:
        """Return what applies where the fields are empty."""
        asset = self.instance.asset if getattr(self.instance, "asset_id", None) else None
        return (None, None) if asset is None else lookups.default_terms(asset)

    def _post_clean(self) -> None:
        for name, flag in FLAGS.items():
            if name in self.cleaned_data:
                inherits = self.cleaned_data[name] is INHERIT
                setattr(self.instance, flag, inherits)
                if inherits:
                    self.cleaned_data[name] = None
        super()._post_clean()  # type: ignore[misc]


def defaults_of_shop(shop: Shop) -> tuple[Applying, Applying]:
    """Return what applies to a file that says nothing itself."""
    return lookups.default_terms(Asset(shop=shop))


def terms_in(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Return what the verbs take of the two fields of a form that is no row's."""
    found: dict[str, Any] = {}
    for name, flag in FLAGS.items():
        value = cleaned[name]
        found |= {name: None if value is INHERIT else value, flag: value is INHERIT}
    return found
