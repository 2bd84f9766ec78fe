"""How a file's bytes leave: whole or in part, under a safe name, as nothing that could act."""

import hashlib
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.files.storage import default_storage

from downloads.errors import BadInput
from storefront.delivery.responses import file_headers
from tests.factories import make_file, make_file_grant
from tests.storefront.conftest import BY_ORIGIN, CONTENT, PRIVATE, click_on

SANDBOX = "sandbox; default-src 'none'"


@pytest.fixture
def url(db, settings):
    """The address of a file of ten bytes, to be asked for again and again."""
    settings.DELIVERY_BUDGET_SIZES = 1_000
    return click_on(make_file_grant(CONTENT, "book.epub")).url


ETAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
HEADERS = (
    PRIVATE
    | BY_ORIGIN
    | {
        "content-type": "application/epub+zip",
        "content-disposition": 'attachment; filename="book.epub"',
        "content-security-policy": SANDBOX,
        "content-length": "10",
        "accept-ranges": "bytes",
        "etag": ETAG,
    }
)


def all_headers_of(response):
    headers = {name.lower(): value for name, value in response.headers.items()}
    del headers["x-request-id"]
    return headers


def test_a_whole_file_is_200_with_its_headers(client, url):
    response = client.get(url)
    assert (response.status_code, response.getvalue()) == (200, CONTENT)
    assert all_headers_of(response) == HEADERS
    assert not response.cookies


PARTS = {
    "first byte": ("bytes=0-0", b"0", "bytes 0-0/10"),
    "first": ("bytes=0-3", b"0123", "bytes 0-3/10"),
    "middle": ("bytes=3-6", b"3456", "bytes 3-6/10"),
    "last byte": ("bytes=9-9", b"9", "bytes 9-9/10"),
    "open end": ("bytes=7-", b"789", "bytes 7-9/10"),
    "all of it": ("bytes=0-", CONTENT, "bytes 0-9/10"),
    "past the end": ("bytes=7-99", b"789", "bytes 7-9/10"),
    "suffix": ("bytes=-3", b"789", "bytes 7-9/10"),
    "suffix longer than the file": ("bytes=-99", CONTENT, "bytes 0-9/10"),
    "huge end": ("bytes=8-999999999999999999", b"89", "bytes 8-9/10"),
    "spaces": ("bytes= 2 - 4", b"234", "bytes 2-4/10"),
}


def test_one_range_is_206_with_that_part(client, url):
    for asked, part, content_range in PARTS.values():
        response = client.get(url, headers={"range": asked})
        assert (response.status_code, response.getvalue()) == (206, part)
        assert all_headers_of(response) == HEADERS | {
            "content-length": str(len(part)),
            "content-range": content_range,
        }


@pytest.mark.parametrize(
    "asked", ["bytes=10-", "bytes=10-12", "bytes=999999999999999999-", "bytes=-0"]
)
def test_a_range_beyond_the_end_is_416(client, url, asked):
    response = client.get(url, headers={"range": asked})
    assert (response.status_code, response.content) == (416, b"")
    assert all_headers_of(response) == HEADERS | {
        "content-length": "0",
        "content-range": "bytes */10",
    }


WHOLE = [
    "bytes=6-3",
    "bytes=0-1,4-5",
    "bytes=0-1,99-",
    "bytes=a-b",
    "bytes=",
    "bytes",
    "garbage",
    "items=0-3",
    "bytes=0-99999999999999999999",
    "bytes=99999999999999999999-",
]


def test_any_other_range_is_the_whole_file(client, url):
    for asked in WHOLE:
        response = client.get(url, headers={"range": asked})
        assert (response.status_code, response.getvalue()) == (200, CONTENT)
        assert all_headers_of(response) == HEADERS


IF_RANGE = {
    "the same": (ETAG, 206, b"456789"),
    "in spaces": (f" {ETAG} ", 206, b"456789"),
    "another version": (f'"{"0" * 64}"', 200, CONTENT),
    "weak": (f"W/{ETAG}", 200, CONTENT),
    "unquoted": (ETAG.strip('"'), 200, CONTENT),
    "a date": ("Sun, 01 Mar 2026 12:00:00 GMT", 200, CONTENT),
    "empty": ("", 200, CONTENT),
}


def test_a_resume_of_another_version_gets_the_whole_of_this_one(client, url):
    answers = {
        name: client.get(url, headers={"range": "bytes=4-", "if-range": known})
        for name, (known, _status, _content) in IF_RANGE.items()
    }
    assert {name: (answer.status_code, answer.getvalue()) for name, answer in answers.items()} == {
        name: (status, content) for name, (_known, status, content) in IF_RANGE.items()
    }


def test_a_range_beyond_the_end_of_another_version_gets_the_whole(client, url):
    response = client.get(url, headers={"range": "bytes=99-", "if-range": '"old"'})
    assert (response.status_code, response.getvalue()) == (200, CONTENT)


def test_a_file_larger_than_a_block_arrives_whole_and_in_parts(client, db):
    content = bytes(range(256)) * 600  # 150 KB: more than two blocks of 64 KB
    url = click_on(make_file_grant(content)).url
    assert client.get(url).getvalue() == content
    part = client.get(url, headers={"range": "bytes=65530-131080"})
    assert part.getvalue() == content[65_530:131_081]
    assert part["Content-Range"] == "bytes 65530-131080/153600"


# --- Names -------------------------------------------------------------------------------------

# As uploaded → as saved by the buyer; null: refused.
NAMES = {
    "book.epub": "book.epub",
    "my book (2nd ed.).epub": "my book (2nd ed.).epub",
    # Paths
    "../../etc/passwd": "passwd",
    "/etc/cron.d/job": "job",
    "C:\\Users\\ada\\book.pdf": "book.pdf",
    "..\\..\\windows\\system32\\cmd.exe": "cmd.exe",
    "\\\\server\\share\\book.pdf": "book.pdf",
    "....//book.pdf": "book.pdf",
    "%2e%2e%2f%2e%2e%2fbook.pdf": "%2e%2e%2f%2e%2e%2fbook.pdf",
    "file:///etc/passwd": "passwd",
    # Headers
    'a"; filename="evil.exe': 'a"; filename="evil.exe',
    "a'; filename*=utf-8''evil.exe": "a'; filename*=utf-8''evil.exe",
    "utf-8''evil%2eexe": "utf-8''evil%2eexe",
    "a*0*=b.txt": "a*0*=b.txt",
    "=?utf-8?q?evil=2Eexe?=": "=_utf-8?q?evil=2Eexe?=",
    "a\r\nSet-Cookie: x=1.txt": "aSet-Cookie: x=1.txt",
    "a\r\n\r\n<html>.txt": "a<html>.txt",
    "a\n b.txt": "a b.txt",
    "a\x85b\u2028c\u2029d.txt": "abcd.txt",
    "a;b,c=d.txt": "a;b,c=d.txt",
    "a\\": None,
    'a\\".txt': '".txt',
    "100%25.txt": "100%25.txt",
    "100%.txt": "100%.txt",
    "it's.txt": "it's.txt",
    # Signs that act or hide
    "a\0b.txt": "ab.txt",
    "a\x1b[31mb.txt": "a[31mb.txt",
    "a\tb\x7f.txt": "ab.txt",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "\u2066invoice\u2069.pdf": "invoice.pdf",
    "in\u200bvo\u200dice\ufeff.pdf": "invo\u200dice.pdf",
    "a\ud800.txt": "a.txt",
    "<script>alert(1)</script>.txt": "script>.txt",
    "<img src=x onerror=alert(1)>.svg": "<img src=x onerror=alert(1)>.svg",
    "$(reboot) `reboot` & | ; .txt": "$(reboot) `reboot` & | ; .txt",
    "-rf.txt": "-rf.txt",
    "--output=x.txt": "--output=x.txt",
    # What devices reserve
    "NUL.txt": "NUL.txt",
    "COM1": "COM1",
    "book.txt:stream": "book.txt:stream",
    "what?*.txt": "what?*.txt",
    " .hidden. ": "hidden",
    "book.exe. . .": "book.exe",
    "....": None,
    "\u202e": None,
    # The world's scripts
    "Über uns – 日本語 🧶.pdf": "Über uns – 日本語 🧶.pdf",
    "كتاب عربي.pdf": "كتاب عربي.pdf",
    "e\u0301.txt": "é.txt",
    "Z\u0351\u036b\u0313a\u0329\u034dlgo.txt": "Z\u0351\u036b\u0313a\u0329\u034dlgo.txt",
    "../..／..∕etc.txt": "／..∕etc.txt",
    "x" * 196 + ".txt": "x" * 196 + ".txt",
    "🧶" * 196 + ".txt": "🧶" * 62 + ".txt",
    "x" * 300: "x" * 255,
}


def saved_name(disposition):
    """Return the name a careful reader of RFC 6266 saves under, and the one a plain one does."""
    assert disposition.isascii()
    assert disposition.isprintable()
    match = re.fullmatch(
        r'attachment; filename="([^"\\]+)"(?:; filename\*=utf-8\'\'([\w.~%-]+))?', disposition
    )
    plain, encoded = match.groups()
    assert not re.search("%[0-9A-Fa-f]{2}", plain)
    assert encoded is None or unquote(encoded, errors="strict") != plain
    name = plain if encoded is None else unquote(encoded, errors="strict")
    # As programs that know `filename` alone see what kind of file it is.
    ending = Path(name).suffix
    assert not ending.isascii() or Path(plain).suffix == ending
    assert Path(plain).stem.strip(". ")
    return name


@pytest.mark.slow
def test_every_name_leaves_as_one_safe_name(client, db):
    grant = make_file_grant(CONTENT)
    answers = {}
    for name in NAMES:
        try:
            grant.asset = make_file(grant.order.shop, CONTENT, name)
        except BadInput:
            answers[name] = None
            continue
        grant.save()
        response = client.head(click_on(grant).url)
        answers[name] = saved_name(response["Content-Disposition"])
    assert answers == NAMES


def test_no_name_has_a_sign_that_breaks_out():
    assert len(NAMES) >= 40
    for name in filter(None, NAMES.values()):
        assert not set(name) & set("/\\")
        assert not {unicodedata.category(char) for char in name} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(name) & {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
        assert name == name.strip(" .")


# --- Types -------------------------------------------------------------------------------------

TYPES = {
    "a.epub": "application/epub+zip",
    "a.zip": "application/zip",
    "a.mp3": "audio/mpeg",
    "a.mp4": "video/mp4",
    "a.png": "image/png",
    "a.jpg": "image/jpeg",
    "a.gif": "image/gif",
    "a.txt": "text/plain",
    "a.svg": "application/octet-stream",
    "a.html": "application/octet-stream",
    "a.htm": "application/octet-stream",
    "a.xhtml": "application/octet-stream",
    "a.xml": "application/octet-stream",
    "a.pdf": "application/octet-stream",
    "a.js": "application/octet-stream",
    "a.mjs": "application/octet-stream",
    "a.css": "application/octet-stream",
    "a.swf": "application/octet-stream",
    "a.json": "application/octet-stream",
    "a.exe": "application/octet-stream",
    "a": "application/octet-stream",
    "a.unknown": "application/octet-stream",
    "a.html.": "application/octet-stream",
}


def test_only_what_no_browser_runs_keeps_its_type(client, db):
    grant = make_file_grant(CONTENT)
    types = {}
    for name in TYPES:
        grant.asset = make_file(grant.order.shop, CONTENT, name)
        grant.save()
        response = client.head(click_on(grant).url)
        types[name] = response["Content-Type"]
        assert response["Content-Disposition"].startswith("attachment; filename")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == SANDBOX
    assert types == TYPES


def test_a_file_brings_its_own_guards(db):
    # Whatever middleware an installation leaves out.
    assert file_headers(make_file_grant(CONTENT, "a.svg").asset) == {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": 'attachment; filename="a.svg"',
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": ETAG,
    }


# --- Where they lie ----------------------------------------------------------------------------


def test_no_path_but_a_signed_one_leads_to_an_upload(browser, db):
    asset = make_file(make_file_grant(CONTENT).order.shop, CONTENT)
    name = asset.file.name
    assert default_storage.exists(name)
    for folder in (
        "media",
        "uploads",
        "files",
        "static",
        "static/..",
        "var/uploads",
        "downloads",
        "",
    ):
        response = browser.get(f"/{folder}/{name}".replace("//", "/"))
        assert response.status_code == 404
        assert response["Content-Type"] == "text/html; charset=utf-8"


def test_an_upload_lies_under_a_name_of_ours(db):
    asset = make_file(make_file_grant(CONTENT).order.shop, CONTENT, "../../evil.html")
    folder, _, name = asset.file.name.partition("/")
    assert folder == "assets"
    assert len(name) == 32
    assert int(name, 16) >= 0
