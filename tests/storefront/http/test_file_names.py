"""The names that programs save under which know no `filename*` (RFC 6266, 4.3)."""

import pytest

from storefront.http.file_names import disposition, plain_name

PLAIN = {
    # As it is
    "book.epub": "book.epub",
    "a b; c='d'.tar.gz": "a b; c='d'.tar.gz",
    "-rf .txt": "-rf .txt",
    # Accents, and letters that Unicode takes apart into nothing
    "Für Elise.mp3": "Fur Elise.mp3",
    "Straße.epub": "Strasse.epub",
    "Ærø – Łódź, “œuvre”.azw3": "AEro - Lodz, 'oeuvre'.azw3",
    "İstanbul ılık.mobi": "Istanbul ilik.mobi",
    "Nguyễn Ðình.pdf": "Nguyen Dinh.pdf",
    "e\u0301.txt": "e.txt",
    "½ × ２.pdf": "1-2 x 2.pdf",
    # Other scripts
    "ספר.epub": "download.epub",
    "كتاب عربي.mobi": "download.mobi",
    "文書.tar.gz": "download.tar.gz",
    "Война и мир.azw3": "download.azw3",
    "Ελλάδα 2.pdf": "2.pdf",
    "第1巻.epub": "1.epub",
    "😀.mp4": "download.mp4",
    "a 🧶 b.zip": "a b.zip",
    "日本語": "download",
    # Extensions
    "日本.mp３": "download.mp3",
    "naïf.jpég": "naif.jpeg",
    "книга.пдф": "download",
    "Für v1.2.zip": "Fur v1.2.zip",
    # What is misread in a quoted name
    'a"b\\c/d.pdf': "a_b_c_d.pdf",
    "100%.pdf": "100_.pdf",
    "%e4%2e.pdf": "_e4_2e.pdf",
    "a＂b％41／c.pdf": "a_b_41_c.pdf",
    "a\r\nb\0.js": "a__b_.js",
    "a\u202efdp.exe": "afdp.exe",
    # Length
    "x" * 251 + ".pdf": "x" * 251 + ".pdf",
    "ß" * 200 + ".epub": "s" * 250 + ".epub",
}


@pytest.mark.parametrize(("name", "plain"), PLAIN.items())
def test_a_name_has_a_plain_form_with_its_extension(name, plain):
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("book.epub", 'attachment; filename="book.epub"'),
        (
            "Für Elise.mp3",
            "attachment; filename=\"Fur Elise.mp3\"; filename*=utf-8''F%C3%BCr%20Elise.mp3",
        ),
        ("50%.pdf", "attachment; filename=\"50_.pdf\"; filename*=utf-8''50%25.pdf"),
        ("", "attachment"),
    ],
)
def test_both_forms_are_sent_where_they_differ(name, header):
    assert disposition(name) == header
