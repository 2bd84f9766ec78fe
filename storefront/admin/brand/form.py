"""Form of a shop: a logo is read as it comes, and refused with the reason."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from downloads.brand.logos import Logo, read_logo, remove_logo, store_logo
from downloads.errors import BadInput
from downloads.models import Shop

LOGO = ("logo_shown", "logo_upload", "logo_removed")


class ShopForm(forms.ModelForm):
    logo_upload = forms.FileField(
        label=_("New logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=_(
            "A PNG, JPEG, WebP or GIF. It is made small, written anew and attached to your mails."
        ),
    )
    logo_removed = forms.BooleanField(label=_("Take the logo away"), required=False)

    read: Logo | None = None

    class Meta:
        model = Shop
        fields = "__all__"  # noqa: DJ007 (the admin's fieldsets name them)

    def clean_accent(self) -> str:
        return self.cleaned_data["accent"].lower()

    def clean_logo_upload(self) -> Any:
        upload = self.cleaned_data["logo_upload"]
        if upload:
            try:
                self.read = read_logo(upload)
            except BadInput as error:
                raise ValidationError(str(error)) from error
        return upload


def columns_of(form: ShopForm) -> list[str]:
    """Return the columns that a form changes."""
    return [name for name in form.changed_data if name not in LOGO]


def save_logo(shop: Shop, form: ShopForm) -> None:
    """Store the logo that a form brought, or take the shop's away."""
    if form.read is not None:
        store_logo(shop, form.read)
    elif form.cleaned_data.get("logo_removed") and shop.logo:
        remove_logo(shop)
