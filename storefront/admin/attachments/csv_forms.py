"""Forms of attaching by CSV: whose products and which file; and what is done with its rows."""

from io import BytesIO
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.models import Shop
from storefront.admin.attachments.csv_rows import count_rows
from storefront.imports.base import NotRecognised

# So many rows are judged and written while their sender waits; of more, the worker.
MOST_AT_ONCE = 2000
ALL, GOOD = "all", "good"


class CsvForm(forms.Form):
    """Whose products, and the file."""

    shop = forms.ModelChoiceField(queryset=Shop.objects.none(), label=gettext_lazy("Shop"))
    upload = forms.FileField(label=gettext_lazy("File"))
    is_long = False

    def __init__(self, *args: Any, shops: QuerySet[Shop], **options: Any) -> None:
        super().__init__(*args, **options)
        chooser: Any = self.fields["shop"]
        chooser.queryset = shops
        first = list(shops[:2])
        if len(first) == 1:
            chooser.initial, chooser.widget = first[0].pk, forms.HiddenInput()

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        most = settings.ATTACH_CSV_MAX_BYTES
        if upload.size > most:
            raise ValidationError(
                _("The file has %(size)s bytes; at most %(most)s are taken. Cut it in two.")
                % {"size": f"{upload.size:,}", "most": f"{most:,}"}
            )
        try:
            # Of a long one the rest is read by the worker.
            count = count_rows(BytesIO(upload.read()), at_most=MOST_AT_ONCE + 1)
            self.is_long = count > MOST_AT_ONCE
        except NotRecognised as error:
            raise ValidationError(str(error)) from error
        return upload


class ConfirmForm(forms.Form):
    """What is done where some rows are wrong, and what the preview came to."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Where rows are wrong"),
        widget=forms.RadioSelect,
        initial=ALL,
        choices=(
            (ALL, gettext_lazy("attach all or nothing")),
            (GOOD, gettext_lazy("attach the good rows only")),
        ),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
