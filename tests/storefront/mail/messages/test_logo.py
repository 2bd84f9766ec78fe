import pytest
from django.core import mail as django_mail
from django.core.files.base import ContentFile

from downloads.brand.colours import shades_of
from downloads.brand.logos import read_logo, store_logo
from downloads.models import Mail
from storefront.mail.messages import compose
from tests.downloads.brand.test_headers import picture
from tests.factories import NOW, GrantFactory, MailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail():
    grant = GrantFactory(order__shop__accent="#1f5fd0", order__shop__support="help@shop.example")
    shop = grant.order.shop
    shop.address, shop.imprint = "1 Main <Street>\nTown", "Owner: Ada"
    shop.save()
    return MailFactory(order=grant.order, shop=shop, kind=Mail.Kind.ORDER)


def test_the_logo_is_attached_and_never_fetched(mail):
    store_logo(mail.shop, read_logo(ContentFile(picture("JPEG"))))
    message = compose(mail, at=NOW).message()
    assert message.get_content_type() == "multipart/related"
    letter, image = message.get_payload()
    assert letter.get_content_type() == "multipart/alternative"
    html = letter.get_payload()[1].get_payload(decode=True).decode()
    assert image.get_content_type() == "image/png"
    assert image.get_content_disposition() == "inline"
    assert f'src="cid:{image["Content-ID"].strip("<>")}"' in html
    assert "/brand/" not in html
    assert html.count("src=") == 1
    assert len(image.get_payload(decode=True)) <= 100_000


def test_a_mail_of_the_same_row_is_the_same_at_each_try(mail):
    store_logo(mail.shop, read_logo(ContentFile(picture("JPEG"))))
    one, other = (compose(mail, at=NOW).message() for _ in range(2))
    assert one.get_payload()[1]["Content-ID"] == other.get_payload()[1]["Content-ID"]


def test_a_mail_without_a_logo_is_as_it_was(mail):
    message = compose(mail, at=NOW).message()
    assert message.get_content_type() == "multipart/alternative"
    assert "<img" not in message.as_string()


def test_a_mail_wears_the_rest_of_the_brand(mail):
    message = compose(mail, at=NOW)
    html = message.alternatives[0].content
    assert f"border:2px solid {shades_of('#1f5fd0').mail}" in html
    assert 'href="mailto:help@shop.example"' in html
    assert "1 Main &lt;Street&gt;" in html
    for words in ("help@shop.example", "1 Main <Street>\nTown", "Owner: Ada"):
        assert words in message.body
    assert not django_mail.outbox
