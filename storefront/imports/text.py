"""Text of files to import: its encoding, and lines of bounded length one by one."""

import codecs
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO, NamedTuple

from storefront.imports.base import NotRecognised

BLOCK = 1024 * 1024
HEAD_BYTES = 65_536
UTF_8, WINDOWS = "utf-8-sig", "cp1252"
EMPTY = "The file is empty."
# How files begin that people take for tables.
NO_TEXT = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a spreadsheet or a ZIP file",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"\x1f\x8b": "compressed",
}
SAVE_AS_TEXT = "This is no text, it is {}. Save it as CSV (UTF-8), and import that."
NOT_UTF_8 = "not UTF-8 text; save it as UTF-8"
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Surveyed(NamedTuple):
    """What a look through a whole file tells: its encoding, bytes, and how often a line ends."""

    encoding: str
    size_bytes: int
    line_ends: int


def survey(file: IO[bytes]) -> Surveyed:
    """Read a file through and go back to its beginning.

    What is no UTF-8 is read as Windows-1252, in which older spreadsheet programs write CSV.

    Raises:
        NotRecognised: it is empty, UTF-16, or no text at all.
    """
    _require_text(file)
    encoding, size, ends = UTF_8, 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    while block := file.read(BLOCK):
        size += len(block)
        ends += block.count(b"\n")
        encoding = encoding if _decodes(decoder, block) else WINDOWS
    if not _decodes(decoder, b"", final=True):
        encoding = WINDOWS
    file.seek(0)
    return Surveyed(encoding, size, ends)


def _require_text(file: IO[bytes]) -> None:
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if head.startswith(WIDE):
        raise NotRecognised(NOT_UTF_8)
    for mark, what in NO_TEXT.items():
        if head.startswith(mark):
            raise NotRecognised(SAVE_AS_TEXT.format(what))
    if len(head) < HEAD_BYTES and not head.removeprefix(codecs.BOM_UTF8).strip():
        raise NotRecognised(EMPTY)


def read_text(file: IO[bytes]) -> str:
    """Return the whole text of a UTF-8 file."""
    return file.read().decode(UTF_8)


def bounded_lines(
    file: IO[bytes], *, encoding: str, most: int, line_end: str
) -> Iterator[tuple[int, str | None]]:
    """Yield the lines of a file with their numbers, from 1; null for one of more than `most`.

    `line_end` is as `open` takes it; the empty one knows all three.
    """
    # Other bytes than Windows-1252 has become signs of replacement.
    stream = TextIOWrapper(file, encoding=encoding, errors="replace", newline=line_end)
    ends = (line_end,) if line_end else ("\n", "\r")
    number = 0
    try:
        while line := stream.readline(most):
            number += 1
            is_whole = len(line) < most or line.endswith(ends)
            yield number, line if is_whole else None
            while not is_whole and (rest := stream.readline(most)):
                is_whole = rest.endswith(ends)
    finally:
        # Who stops early may have closed the file before this is collected.
        if not file.closed:
            stream.detach()


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        decoder.reset()
        return False
    return True
