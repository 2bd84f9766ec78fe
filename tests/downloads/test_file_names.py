import pytest

from downloads.errors import BadInput
from downloads.file_names import safe_file_name

NO_NAME = "The file needs a name. Rename it and upload it again."
AS_SENT = [
    "book.pdf",
    "My new Book (2nd ed.).pdf",
    "Rhythm&section.mp3",
    "&amp;&#x2F;&copy.txt",
    "100%.pdf",
    "a%20b.pdf",
    "%2e%2e%2fbook.pdf",
    "book'; rm -rf.pdf",
    'The "best" of.mp3',
    '<>:"|?*.pdf',
    "C:book.pdf",
    "#1 + 2 = 3; 4, 5 @ 6.pdf",
    "CON",
    "NUL.txt",
    "com1.pdf",
    "book .pdf",
    "music.tar.gz",
    "archive.",
    "Bücher.pdf",
    "本.pdf",
    "книга.pdf",
    "كتاب.pdf",
    "ספר 10.pdf",
    "तस्वीर.jpg",
    # Joiners of Persian and of Indic scripts, and marks that lean to one side.
    "می\u200cخواهم.pdf",
    "क्\u200dष.pdf",
    "ശ്രീ\u200d.pdf",
    "ספר\u200f!.pdf",
    # Pictures, of one and of several, and one that is newer than Python's table.
    "📚.pdf",
    "👩\u200d🏫.pdf",
    "👨\u200d👩\u200d👧\u200d👦 ❤\ufe0f.jpg",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.png",
    "\U0001fadf.png",
    "x" * 251 + ".pdf",
    "本" * 83 + ".pdf",
]
CHANGED = [
    # Paths, of every make.
    ("../../../etc/passwd", "passwd"),
    ("..\\..\\windows\\system32\\cmd.exe", "cmd.exe"),
    ("/etc/cron.d/job", "job"),
    ("C:\\Users\\ada\\book.pdf", "book.pdf"),
    ("folder/..\\book.pdf", "book.pdf"),
    ("....//book.pdf", "book.pdf"),
    ("x" * 300 + "/book.pdf", "book.pdf"),
    # Spaces of other widths, and lines.
    ("a\u3000b\u00a0c\u202fd\u2003e.pdf", "a b c d e.pdf"),
    ("a\u2028b\u2029c.pdf", "abc.pdf"),
    # Control characters, and those that turn.
    ("book.pdf\0.exe", "book.pdf.exe"),
    ("book\r\nSet-Cookie: a=b.pdf", "bookSet-Cookie: a=b.pdf"),
    ("book\tname\x1b[31m\x7f\x85.pdf", "bookname[31m.pdf"),
    ("book\u202efdp.exe", "bookfdp.exe"),
    ("\u202aa\u202bb\u202cc\u202dd\u202e.pdf", "abcd.pdf"),
    ("\u2066a\u2067b\u2068c\u2069.pdf", "abc.pdf"),
    ("bo\u200bok\ufeff.pdf", "book.pdf"),
    ("book\ud800.pdf", "book.pdf"),
    ("book\ue000\uffff\ufdd0.pdf", "book.pdf"),
    # What some programs would read as another name.
    ("=?utf-8?q?evil=2Eexe?=", "=_utf-8?q?evil=2Eexe?="),
    # Dots and spaces at the ends.
    (".htaccess", "htaccess"),
    (".pdf", "pdf"),
    ("...book.pdf", "book.pdf"),
    ("book.pdf. . .", "book.pdf"),
    ("\u3000 book.pdf \u00a0", "book.pdf"),
    # One of the ways to write one letter.
    ("Bu\u0308cher.pdf", "Bücher.pdf"),
    # Too long: cut before the extension, between two characters as they are seen.
    ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ("ü" * 200 + ".epub", "ü" * 125 + ".epub"),
    ("本" * 90 + ".pdf", "本" * 83 + ".pdf"),
    ("x" * 300 + ".tar.gz", "x" * 248 + ".tar.gz"),
    ("x" * 300, "x" * 255),
    ("x" * 250 + " . y.pdf", "x" * 250 + ".pdf"),
    ("a." + "x" * 300, "a." + "x" * 253),
    ("x" * 249 + "👩\u200d🏫.pdf", "x" * 249 + ".pdf"),
    ("x" * 240 + "👩\u200d🏫.pdf", "x" * 240 + "👩\u200d🏫.pdf"),
    ("x" * 250 + "o\u0332\u0332.pdf", "x" * 250 + ".pdf"),
    ("x" * 246 + "👍\U0001f3fd.pdf", "x" * 246 + ".pdf"),
]


@pytest.mark.parametrize(
    ("name", "safe"), [*((name, name.rstrip(".")) for name in AS_SENT), *CHANGED]
)
def test_a_name_is_kept_but_for_what_breaks_out(name, safe):
    assert safe_file_name(name) == safe
    assert safe_file_name(safe) == safe
    assert len(safe.encode()) <= 255


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "...", " ", " . . ", "/", "folder/", "..\\", "\0", "\r\n"),
        *("\u202e", "a/\u200b", "\u200d", "\u200c\u200f", "\u3000", "\u0301"),
    ],
)
def test_a_name_of_nothing_is_refused(name):
    with pytest.raises(BadInput) as refusal:
        safe_file_name(name)
    assert str(refusal.value) == NO_NAME
