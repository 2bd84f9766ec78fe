"""Uploads as browsers write them, byte by byte, through the parser that requests are read with."""

import pytest

from storefront.http.body_limits import handlers_of_uploads

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


@pytest.fixture(params=[b"bytes", b"x" * 3_000_000], ids=["in memory", "on disk"])
def uploaded(rf, request):
    """Return a function that sends a file by a name, as it stands in the header, and reads it."""

    def send(name):
        head = f'Content-Disposition: form-data; name="upload"; filename="{name}"\r\n'
        body = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nMy & book\r\n'
            f"--{BOUNDARY}\r\n{head}Content-Type: application/pdf\r\n\r\n"
        ).encode()
        body += request.param + f"\r\n--{BOUNDARY}--\r\n".encode()
        sent = rf.post("/", body, content_type=f"multipart/form-data; boundary={BOUNDARY}")
        sent.upload_handlers = handlers_of_uploads(sent)
        assert sent.POST["title"] == "My & book"
        upload = sent.FILES["upload"]
        assert upload.read() == request.param
        return upload.name

    return send


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("book.pdf", "book.pdf"),
        ("Rhythm&section.mp3", "Rhythm&section.mp3"),
        ("&amp;&#x2F;&copy&lt;.txt", "&amp;&#x2F;&copy&lt;.txt"),
        ("a\u3000b\u00a0c.pdf", "a b c.pdf"),
        ("می\u200cخواهم क्\u200dष.pdf", "می\u200cخواهم क्\u200dष.pdf"),
        ("👩\u200d🏫 📚.pdf", "👩\u200d🏫 📚.pdf"),
        # The three that browsers escape, and no others.
        ("The %22best%22 of.mp3", 'The "best" of.mp3'),
        ("a%0D%0Ab%0a.pdf", "ab.pdf"),
        ("100%.pdf", "100%.pdf"),
        ("a%20b%2Fc%2e.pdf", "a%20b%2Fc%2e.pdf"),
        ("a; b=c, 'd'.pdf", "a; b=c, 'd'.pdf"),
        # Older programs escape the quote in another way, and send the whole path.
        ('The \\"best\\" of.mp3', 'The "best" of.mp3'),
        ("C:\\fakepath\\book.pdf", "book.pdf"),
        ("../../book.pdf", "book.pdf"),
        ("book\u202efdp.exe", "bookfdp.exe"),
        ("本" * 200 + ".pdf", "本" * 83 + ".pdf"),
        # Longer than a temporary file's name may be.
        ("a." + "x" * 300, "a." + "x" * 253),
        # Of nothing: the form says what is wrong with it.
        ("..", " "),
        ("\u202e", " "),
    ],
)
def test_a_name_arrives_as_it_was_sent(uploaded, sent, name):
    assert uploaded(sent) == name


def test_a_box_left_empty_sends_no_file(rf):
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="upload"; filename=""\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n\r\n--{BOUNDARY}--\r\n"
    )
    sent = rf.post("/", body.encode(), content_type=f"multipart/form-data; boundary={BOUNDARY}")
    sent.upload_handlers = handlers_of_uploads(sent)
    assert not sent.FILES
