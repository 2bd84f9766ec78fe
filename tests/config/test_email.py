"""How mail leaves, as the environment says it."""

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.email import read_url, sent_by


def read(url):
    return read_url(lambda: environ.Env.email_url_config(url))


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("smtp+tls://user:p%23ss@mail.example:587", "storefront.mail.smtp_backend.EmailBackend"),
        ("smtp+ssl://mail.example:465", "storefront.mail.smtp_backend.EmailBackend"),
        ("consolemail://", "storefront.mail.console_backend.EmailBackend"),
        ("memorymail://", "django.core.mail.backends.locmem.EmailBackend"),
    ],
)
def test_a_scheme_names_what_sends(url, backend):
    assert sent_by(read(url), provider="")["EMAIL_BACKEND"] == backend


def test_a_provider_comes_before_the_url():
    settings = sent_by(read("consolemail://"), provider="postmark")
    assert settings["EMAIL_BACKEND"] == "anymail.backends.postmark.EmailBackend"


def test_a_password_is_decoded():
    assert read("smtp://user:p%23ss@mail.example:25")["EMAIL_HOST_PASSWORD"] == "p#ss"


@pytest.mark.parametrize(
    "url",
    ["smpt://mail.example", "mail.example:587", "smtp://mail.example:58x7", "smtp://u:p#s@m:1"],
)
def test_what_cannot_be_read_is_told_with_its_name(url):
    with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_URL cannot be read: .*587"):
        read(url)
