"""The form of an order made by hand; it refuses what would overwrite another person's change.

Its page carries a mark of each value as it was shown. Where another one stands by now, and this
form would put its own in the place of it, nothing is saved, and the page says what changed.
"""

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from downloads.email_addresses import mailbox_of
from downloads.models import Order

MARK_LENGTH = 16
LINES = "lines"


class OrderForm(forms.ModelForm):
    seen = forms.CharField(required=False, widget=forms.HiddenInput, label="")

    class Meta:
        model = Order
        fields = (
            "shop",
            "number",
            "customer",
            "email",
            "payment",
            "cancelled_at",
            "grand_total",
            "currency",
            "placed_at",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = _marks(self) if self.instance.pk and self.instance.is_by_hand else {}
        self.initial["seen"] = " ".join(f"{name}={mark}" for name, mark in self.stored.items())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        shop = cleaned.get("shop") or (self.instance.shop if self.instance.pk else None)
        customer = cleaned.get("customer")
        if shop and customer and customer.shop_id != shop.pk:
            self.add_error("customer", _("This customer belongs to another shop."))
        if changed := self._changed_meanwhile(cleaned.get("seen") or ""):
            words = _(
                "Nothing was saved: meanwhile somebody changed {what}. Open the page anew, and "
                "change it there."
            )
            raise forms.ValidationError(words.format(what=", ".join(changed)))
        return cleaned

    def clean_email(self) -> str:
        email = mailbox_of(self.cleaned_data["email"])
        if email == self.instance.email:
            return email
        local, _at, host = email.rpartition("@")
        # What a shop has accepted is no more than this.
        if email and not (local and host and email.isprintable() and " " not in email):
            raise forms.ValidationError(_("Enter a mail address."))
        return email

    def _changed_meanwhile(self, seen: str) -> list[str]:
        """Return the names of what this form would overwrite, for people."""
        shown = dict(pair.split("=", 1) for pair in seen.split() if "=" in pair)
        touched = {*self.changed_data, LINES} & shown.keys() & self.stored.keys()
        names = [name for name in self.stored if name in touched]
        return [
            _("the lines") if name == LINES else f"“{self.fields[name].label}”"
            for name in names
            if shown[name] != self.stored[name]
        ]


def _marks(form: OrderForm) -> dict[str, str]:
    columns = [name for name in form.fields if name in form.initial]
    lines = list(
        form.instance.lines.order_by("pk").values_list("pk", "quantity", "current_quantity")
    )
    return {name: _mark(form.initial[name]) for name in columns} | {LINES: _mark(lines)}


def _mark(value: object) -> str:
    return hashlib.sha256(repr(value).encode(errors="replace")).hexdigest()[:MARK_LENGTH]
