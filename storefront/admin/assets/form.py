"""The form of an asset: a file or a link, the name of the one and the size of the other."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment, room
from downloads.errors import BadInput, DiskFull, NoRoom
from downloads.file_names import safe_file_name
from downloads.fulfilment.files import check_room, check_size
from downloads.models import Asset, Shop
from downloads.sizes import read_size
from storefront.admin.assets.kept_files import KeptFile, KeptFileInput
from storefront.admin.attachments.terms import TermsForm, defaults_of_shop
from storefront.formats import size_text, spaced_size

LONGEST_SIZE = 40
GONE = gettext_lazy("The file of your last try is not kept any longer. Choose it again.")


class AssetForm(TermsForm):
    """`person` is whoever fills it in: a file they sent with a try that was refused is theirs."""

    person: Any = None

    upload = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        widget=KeptFileInput,
        help_text=gettext_lazy(
            "Its size, type and checksum are recorded. A new file replaces the old one."
        ),
    )
    file_name = forms.CharField(
        label=gettext_lazy("Name of the file"),
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy(
            "What it is saved under on the customer's device. Keep the ending: it says "
            "which program opens it."
        ),
    )
    stated_size = forms.CharField(
        label=gettext_lazy("Size of the link"),
        required=False,
        max_length=LONGEST_SIZE,
        help_text=gettext_lazy(
            'What customers read, like "10MB". Leave empty if unknown; a file\'s is known.'
        ),
    )

    class Meta:
        model = Asset
        fields = ("shop", "title", "link", "limit", "lifetime_days")
        help_texts = {
            "link": gettext_lazy(
                "An https address. We never fetch it; your customers are sent there. Take the "
                "one that downloads at once, not one that opens a preview."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._box.person = self.person
        self.initial["file_name"] = self.instance.file_name
        if self.instance.link:
            self.initial["stated_size"] = size_text(self.instance.size_bytes)
        shop = self._only_shop() if settings.SHOP_STORAGE_BYTES else None
        if shop is not None:
            self.fields["upload"].help_text += _room_text(shop)

    def defaults(self) -> Any:
        shop = self._only_shop()
        return (None, None) if shop is None else defaults_of_shop(shop)

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        if upload:
            try:
                safe_file_name(upload.name)
                check_size(upload.size)
            except BadInput as error:
                raise ValidationError(str(error)) from error
        elif self._box.is_missing(self.data, self.add_prefix("upload")):
            raise ValidationError(GONE)
        return upload

    def clean_file_name(self) -> str:
        name = self.cleaned_data["file_name"]
        if not name:
            return self.instance.file_name
        if "/" in name or "\\" in name:
            raise ValidationError(_("A file's name has no / and no \\ in it."))
        try:
            return safe_file_name(name)
        except BadInput as error:
            raise ValidationError(_("Enter a name with letters or digits in it.")) from error

    def clean_stated_size(self) -> int | None:
        text = self.cleaned_data["stated_size"]
        try:
            return read_size(text) if text else None
        except BadInput as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        has_file = bool(cleaned.get("upload") or (self.instance.file and not cleaned.get("link")))
        if not self.errors and has_file == bool(cleaned.get("link")):
            raise ValidationError(_("Choose a file or enter a link: one of the two."))
        self._check_room(cleaned)
        return cleaned

    def _check_room(self, cleaned: dict[str, Any]) -> None:
        """Refuse a file that there is no room for. It is not kept for another try either."""
        upload = cleaned.get("upload")
        shop = cleaned.get("shop") or self._only_shop()
        if not upload or shop is None:
            return
        try:
            check_room(Asset(pk=self.instance.pk, shop=shop), upload)
        except (NoRoom, DiskFull) as error:
            self.add_error("upload", str(error))

    def keep_upload(self) -> None:
        """Keep the file of a form that is refused for something else, and offer it again."""
        upload = self.cleaned_data.get("upload")
        if not upload or isinstance(upload, KeptFile):
            return
        earlier = self._box.kept
        at = timezone.now()
        self._box.kept = fulfilment.keep_upload(upload, person=self.person, at=at)
        if earlier is not None:
            fulfilment.forget_kept_upload(earlier)

    def forget_kept(self) -> None:
        """Delete what was kept, once the form is taken: it was used, or something else was."""
        if self._box.kept is not None:
            self._box.kept.file.close()
            fulfilment.forget_kept_upload(self._box.kept)

    def _only_shop(self) -> Shop | None:
        """Return the asset's shop, or the only one there is to choose."""
        if self.instance.shop_id is not None:
            return self.instance.shop
        field: Any = self.fields.get("shop")
        shops = list(field.queryset[:2]) if field else []
        return shops[0] if len(shops) == 1 else None

    @property
    def _box(self) -> Any:
        return self.fields["upload"].widget


def _room_text(shop: Shop) -> str:
    stored, bound = spaced_size(room.stored_bytes(shop)), spaced_size(settings.SHOP_STORAGE_BYTES)
    return _(" The shop's files take {stored} of the {bound} they may.").format(
        stored=stored, bound=bound
    )
