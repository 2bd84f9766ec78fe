"""Image headers: kind and size of a PNG, JPEG, WebP or GIF, read without decoding a pixel."""

from collections.abc import Callable

Size = tuple[int, int]
# SOF0 to SOF15 but for DHT, JPG and DAC, which share their range.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
# Markers without a length: TEM, RST0 to RST7, SOI.
_BARE = {0x01, *range(0xD0, 0xD9)}


def header_of(content: bytes) -> tuple[str, Size] | None:
    """Return an image's kind and its width and height, or None for what is no such image."""
    for kind, (is_kind, size_of) in _KINDS.items():
        if is_kind(content):
            size = size_of(content)
            return None if size is None or not all(size) else (kind, size)
    return None


def _png(content: bytes) -> Size | None:
    if content[12:16] != b"IHDR" or len(content) < 24:
        return None
    return _big(content, 16, 4), _big(content, 20, 4)


def _gif(content: bytes) -> Size | None:
    return _little(content, 6, 2), _little(content, 8, 2)


def _jpeg(content: bytes) -> Size | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            return _big(content, at + 7, 2), _big(content, at + 5, 2)
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            at += 2 + _big(content, at + 2, 2)
    return None


def _webp(content: bytes) -> Size | None:
    if len(content) < 30:
        return None
    match content[12:16]:
        case b"VP8X":
            return _little(content, 24, 3) + 1, _little(content, 27, 3) + 1
        case b"VP8L":
            bits = _little(content, 21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(content, 26, 2) & 0x3FFF, _little(content, 28, 2) & 0x3FFF
    return None


def _big(content: bytes, at: int, length: int) -> int:
    return int.from_bytes(content[at : at + length], "big")


def _little(content: bytes, at: int, length: int) -> int:
    return int.from_bytes(content[at : at + length], "little")


_KINDS: dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], Size | None]]] = {
    "PNG": (lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    "JPEG": (lambda content: content.startswith(b"\xff\xd8\xff"), _jpeg),
    "WEBP": (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP", _webp),
    "GIF": (lambda content: content[:6] in (b"GIF87a", b"GIF89a"), _gif),
}
