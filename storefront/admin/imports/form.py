"""The form of an import: whose orders, the file, and what is to come of it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import room
from downloads.errors import BadInput, DiskFull
from downloads.file_names import safe_file_name
from storefront.imports.base import NotRecognised
from storefront.imports.formats import check_file
from storefront.models import OrderImport

OLD = gettext_lazy("Nobody is written to about orders older than {} days.")
# A document that is no larger is read as a whole while its sender waits.
CHECKED_BYTES = 2_000_000


class ImportForm(forms.ModelForm):
    upload = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "Its format is recognised by itself: a file of Shopify, WooCommerce, Easy "
            "Digital Downloads, Gumroad, Bagisto, or our own template."
        ),
    )
    at_once = forms.BooleanField(
        label=gettext_lazy("Import at once"),
        required=False,
        help_text=gettext_lazy(
            "Else the file is checked first: you see what would be new, changed and refused, "
            "and nothing is changed until you say so."
        ),
    )

    class Meta:
        model = OrderImport
        fields = ("shop", "mails_buyers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page of one that was uploaded has no fields.
        if mails := self.fields.get("mails_buyers"):
            mails.help_text = f"{mails.help_text} {OLD.format(settings.MAIL_ORDER_DAYS)}"

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        most = settings.IMPORT_MAX_BYTES
        if upload.size > most:
            raise ValidationError(
                _(
                    "The file has {size:,} bytes; at most {most:,} are taken (the setting "
                    "IMPORT_MAX_BYTES). Cut it in two, or use manage.py import_orders."
                ).format(size=upload.size, most=most)
            )
        try:
            safe_file_name(upload.name)
            storage = OrderImport().file.storage
            room.require_disk(storage, room.bytes_to_write(storage, upload))
            check_file(upload.file, at_most=CHECKED_BYTES)
        except (BadInput, DiskFull, NotRecognised) as error:
            raise ValidationError(str(error)) from error
        return upload
