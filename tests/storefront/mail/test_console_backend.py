"""Mail on the console is read by a person."""

import io

from django.core.mail import EmailMessage

from storefront.mail.console_backend import EmailBackend

LINK = "http://localhost:8000/orders/5.0." + "x" * 100


def test_a_mail_is_printed_as_its_reader_sees_it():
    stream = io.StringIO()
    letter = EmailMessage(
        "Your downloads – 1050", f"Bücher\n{LINK}", "Shop <a@b.example>", ["c@d.example"]
    )
    assert EmailBackend(stream=stream).send_messages([letter]) == 1
    assert stream.getvalue() == (
        "From: Shop <a@b.example>\nTo: c@d.example\nSubject: Your downloads – 1050\n\n"
        f"Bücher\n{LINK}\n{'-' * 79}\n"
    )
