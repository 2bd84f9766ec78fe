"""Multipart upload handlers that keep file names as browsers send them.

Django's parser takes a name for HTML and decodes it (`Rhythm&section.mp3` becomes
`Rhythm§ion.mp3`), and leaves out every character that Python would not print: wide spaces, and
the joiners that Persian, Indic scripts and emoji are written with.
"""

import re
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    TemporaryFileUploadHandler,
)
from django.http.multipartparser import MultiPartParser

from downloads.errors import BadInput
from downloads.file_names import safe_file_name

# A file of such a name is taken in all the same, so that the form can say what is wrong with it.
NAMELESS = " "
# Browsers escape these three in a name and nothing else (WHATWG HTML, multipart/form-data encoding
# algorithm), so "100%.pdf" and "a%20b.pdf" are names.
_ESCAPED = re.compile("%(22|0A|0D)", re.IGNORECASE)


class _NamesAsSent(MultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str:
        sent = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), file_name)
        try:
            return safe_file_name(sent)
        except BadInput:
            return NAMELESS


class KeepsNames(FileUploadHandler):
    """Upload handler that keeps file names as they were sent. Stands before all others."""

    is_parsing = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 (Django's name)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> Any:
        if self.is_parsing:
            return None
        self.is_parsing = True
        handlers = self.request.upload_handlers if self.request else []
        return _NamesAsSent(META, input_data, handlers, encoding).parse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class TemporaryUploads(TemporaryFileUploadHandler):
    """Temporary file upload handler whose file is not named by the uploader."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = TemporaryUploadedFile(
            "upload", str(self.content_type), 0, self.charset, self.content_type_extra
        )
        self.file.name = self.file_name
