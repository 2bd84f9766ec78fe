import environ
import pytest

from config.email import sent_by
from storefront.checks.mail import mail_is_safe

POSTMARK = {"POSTMARK_SERVER_TOKEN": "a-server-token"}
SECRET = {"WEBHOOK_SECRET": "postmark:correct-horse-battery"}
UNKNOWN = "django-anymail knows no such provider."


@pytest.fixture
def production(settings):
    """Settings by which mail reaches buyers."""
    settings.PRODUCTION = True
    settings.EMAIL_BACKEND = "storefront.mail.smtp_backend.EmailBackend"
    settings.MAIL_FROM = "downloads@shop.example"
    settings.MAIL_PROVIDER, settings.ANYMAIL = "", {}
    return settings


@pytest.fixture
def laptop(settings):
    """The settings as they are without an environment."""
    settings.PRODUCTION = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.MAIL_FROM = settings.LAPTOP_MAIL_FROM
    settings.MAIL_PROVIDER, settings.ANYMAIL = "", {}
    return settings


def provided(settings, name, **keys):
    settings.MAIL_PROVIDER, settings.ANYMAIL = name, keys
    settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"


def found():
    return [message.id for message in mail_is_safe(None)]


@pytest.mark.parametrize("url", ["smtp://mail.example", "smtp+tls://u:p@mail.example:587"])
def test_a_mail_server_passes_in_production(production, url):
    given = sent_by(environ.Env.email_url_config(url), provider="")
    production.EMAIL_BACKEND = given["EMAIL_BACKEND"]
    assert found() == []


def test_the_defaults_pass_on_a_laptop(laptop):
    assert found() == []


@pytest.mark.parametrize("url", ["consolemail://", "dummymail://", "filemail://", "memorymail://"])
def test_a_way_that_leads_to_nobody_is_refused_in_production(production, url):
    given = sent_by(environ.Env.email_url_config(url), provider="")
    production.EMAIL_BACKEND = given["EMAIL_BACKEND"]
    [message] = mail_is_safe(None)
    assert (message.id, message.is_serious()) == ("downloads.E011", True)
    assert message.msg == "Mail to buyers is printed or kept here, and sent to nobody."
    assert "EMAIL_URL" in message.hint


def test_the_laptops_sender_is_refused_in_production(production):
    production.MAIL_FROM = production.LAPTOP_MAIL_FROM
    [message] = mail_is_safe(None)
    assert (message.id, message.msg) == (
        "downloads.E011",
        "Mail to buyers comes from downloads@localhost, which no mail server takes.",
    )
    assert "MAIL_FROM" in message.hint


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("postmark", POSTMARK | SECRET),
        ("brevo", {"BREVO_API_KEY": "a-key"} | SECRET),
        ("mailgun", {"MAILGUN_API_KEY": "a-key"}),
        ("mailersend", {"MAILERSEND_API_TOKEN": "a", "MAILERSEND_SIGNING_SECRET": "b"}),
        ("mailtrap", {"MAILTRAP_API_TOKEN": "a", "MAILTRAP_TRACKING_SECRET": "b"}),
        ("resend", {"RESEND_API_KEY": "a-key"} | SECRET),
        ("sendgrid", {"SENDGRID_API_KEY": "a-key"} | SECRET),
        ("scaleway", {"SCALEWAY_SECRET_KEY": "a", "SCALEWAY_PROJECT_ID": "b"}),
    ],
)
def test_a_provider_with_its_keys_passes(production, name, keys):
    provided(production, name, **keys)
    assert found() == []


@pytest.mark.parametrize("name", ["nobody", "Postmark", "console", "test", "base", "a.b", "../a"])
def test_a_provider_nobody_knows_is_refused_everywhere(laptop, name):
    provided(laptop, name)
    [message] = mail_is_safe(None)
    assert (message.id, message.is_serious()) == ("downloads.E012", True)
    assert message.msg.startswith(f'MAIL_PROVIDER is "{name}", by which no mail can be sent: ')
    assert "ANYMAIL" in message.hint


@pytest.mark.parametrize("name", ["nobody", "console", "test"])
def test_what_anymail_does_not_know_is_said_to_be_unknown(laptop, name):
    provided(laptop, name)
    assert mail_is_safe(None)[0].msg.endswith(UNKNOWN)


@pytest.mark.parametrize(
    ("name", "key"), [("postmark", "POSTMARK_SERVER_TOKEN"), ("mailgun", "MAILGUN_API_KEY")]
)
def test_a_provider_without_its_key_is_refused_with_the_keys_name(production, name, key):
    provided(production, name, **SECRET)
    error = mail_is_safe(None)[0]
    assert (error.id, key in error.msg) == ("downloads.E012", True)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "downloads",
        "Downloads <downloads@shop.example>",
        "a@shop.example, b@shop.example",
        "downloads@shop.example\nBcc: eve@example.com",
        '"a\x0bb"@shop.example',
        "jörg@shop.example",
        "ſales@shop.example",
    ],
)
def test_a_sender_that_is_no_address_is_refused_everywhere(laptop, address):
    laptop.MAIL_FROM = address
    [message] = mail_is_safe(None)
    assert (message.id, message.msg) == (
        "downloads.E013",
        f'MAIL_FROM is "{address}", which is no mail address.',
    )
    assert "downloads@shop.example" in message.hint


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("postmark", POSTMARK),
        ("postmark", POSTMARK | {"WEBHOOK_SECRET": ""}),
        ("brevo", {"BREVO_API_KEY": "a-key"}),
        ("sendgrid", {"SENDGRID_API_KEY": "a-key"}),
        ("mailtrap", {"MAILTRAP_API_TOKEN": "a-token"}),
        ("mailersend", {"MAILERSEND_API_TOKEN": "a-token"} | SECRET),
    ],
)
def test_a_provider_who_cannot_be_believed_is_warned_of(production, name, keys):
    provided(production, name, **keys)
    [message] = mail_is_safe(None)
    assert (message.id, message.is_serious()) == ("downloads.W002", False)
    assert f"/mail/bounces/{name}" in message.hint
