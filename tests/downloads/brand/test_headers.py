import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from downloads.brand.headers import header_of

KINDS = ("PNG", "JPEG", "WEBP", "GIF")


def picture(kind, size=(60, 25), **options):
    written = io.BytesIO()
    Image.new("RGB", size, "#1f5fd0").save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *((kind, {}) for kind in KINDS),
        ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + b"x" * 500, "comment": b"hello"}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
    ],
)
def test_kind_and_size_are_read(kind, options):
    assert header_of(picture(kind, **options)) == (kind, (60, 25))


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_header_is_none(kind):
    content = picture(kind)
    assert all(header_of(content[:length]) is None for length in range(8))


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF0000WEBP", b"GIF89a", b""]),
    st.binary(),
)
def test_any_bytes_are_judged(start, rest):
    found = header_of(start + rest)
    assert found is None or all(found[1])
