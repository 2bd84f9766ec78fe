"""File input that keeps an upload across form errors."""

import uuid
from typing import Any

from django import forms
from django.core.files.base import File
from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from downloads import fulfilment
from downloads.bidi import isolate_html
from downloads.errors import NotFound
from downloads.models import KeptUpload
from storefront.formats import spaced_size

SALT = "downloads.kept-upload"


class KeptFile(File):
    """A kept upload as a form takes it: under the name it was sent with, opened when read."""

    def __init__(self, kept: KeptUpload) -> None:
        super().__init__(kept.file, name=kept.file_name)
        self.size = kept.size_bytes


class KeptFileInput(forms.FileInput):
    """A box for a file, and what is kept of the person's last try, to be used or not.

    The mark that names it is signed for that person alone.
    """

    person: Any = None
    kept: KeptUpload | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        # Asked once more as the form is shown again, with what was kept since.
        self.kept = self.kept or self._named(data.get(f"{name}-kept", ""))
        chosen = super().value_from_datadict(data, files, name)
        return chosen if chosen or self.kept is None else KeptFile(self.kept)

    def is_missing(self, data: Any, name: str) -> bool:
        """Say whether a kept file is asked for that is there no longer."""
        return bool(data.get(f"{name}-kept")) and self.kept is None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        box = super().render(name, value, attrs, renderer)
        if self.kept is None:
            return box
        return format_html(
            '<span>{}<br><label class="vCheckboxLabel"><input type="checkbox" name="{}-kept" '
            'value="{}" checked> {}</label></span>',
            box,
            name,
            self._mark(self.kept),
            format_html(
                _("Use {name} ({size}), which was kept: you need not choose it again"),
                name=isolate_html(self.kept.file_name),
                size=spaced_size(self.kept.size_bytes),
            ),
        )

    def _named(self, mark: str) -> KeptUpload | None:
        try:
            number = uuid.UUID(self._signer().unsign(mark))
            return fulfilment.require_kept_upload(number, person=self.person, at=timezone.now())
        except (BadSignature, ValueError, NotFound):
            return None

    def _mark(self, kept: KeptUpload) -> str:
        return self._signer().sign(kept.pk.hex)

    def _signer(self) -> Signer:
        return Signer(salt=f"{SALT}.{self.person.pk}")
