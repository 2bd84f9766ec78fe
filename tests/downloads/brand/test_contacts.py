import pytest
from django.core.exceptions import ValidationError

from downloads.brand.contacts import check_support, support_url


@pytest.mark.parametrize(
    ("contact", "url"),
    [
        ("help@my-store.example", "mailto:help@my-store.example"),
        ("a?b=c@my-store.example", "mailto:a%3Fb%3Dc@my-store.example"),
        ("https://my-store.example/help", "https://my-store.example/help"),
        ("", ""),
    ],
)
def test_a_contact_leads_somewhere(contact, url):
    if contact:
        check_support(contact)
    assert support_url(contact) == url


@pytest.mark.parametrize(
    "wrong",
    [
        "javascript:alert(1)",
        "http://my-store.example",
        "https://me:secret@my-store.example",
        "data:text/html,x",
        "help",
        "https://",
        "help@my-store.example\r\nBcc: a@b.example",
    ],
)
def test_what_leads_nowhere_is_refused(wrong):
    with pytest.raises(ValidationError, match=r"help@my-store\.example"):
        check_support(wrong)
