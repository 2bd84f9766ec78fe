import pytest

from downloads.models import Mail
from tests.factories import GrantFactory, MailFactory
from tests.system.harness.mail_server import MailServer, serving_mail


@pytest.fixture(scope="session")
def _office():
    with serving_mail() as server:
        yield server


@pytest.fixture
def server(_office, settings) -> MailServer:
    """A mail server that takes everything and has taken nothing; mail goes to it."""
    _office.forget()
    settings.EMAIL_BACKEND = "storefront.mail.smtp_backend.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", _office.port
    settings.EMAIL_TIMEOUT = settings.MAIL_TIMEOUT_SECONDS = 1
    settings.MAIL_FROM = "downloads@shop.example"
    return _office


@pytest.fixture
def office():
    """A mail server for workers in processes of their own."""
    with serving_mail() as server:
        yield server


@pytest.fixture
def patience(settings):
    """A final answer is waited for as shortly as any other."""
    settings.MAIL_ANSWER_SECONDS = 0.3


@pytest.fixture
def write(db):
    """Return a function that writes down the mail about an order that may be downloaded."""

    def one(email: str | None = None, **values) -> Mail:
        buyer = {} if email is None else {"order__customer__email": email}
        order = GrantFactory(**buyer).order
        given = {"order": order, "shop": order.shop, "email": order.customer.email}
        return MailFactory(**given | values)

    return one
