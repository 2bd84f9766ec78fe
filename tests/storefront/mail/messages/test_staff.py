"""What staff are told of messages that were set aside."""

import pytest
from django.utils import translation

from downloads.errors import NotFound
from downloads.models import Mail, Message
from downloads.models.shops import LANGUAGES
from storefront.mail.messages import compose
from tests.factories import NOW, MessageFactory, ShopFactory
from tests.mails import outbox, read

ENGLISH = (
    "Some of what the system of My store told us could not be applied: orders may be missing here, "
    "or be out of date."
)


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


def told(shop):
    return read(compose(outbox(shop, Mail.Kind.SET_ASIDE), at=NOW))


def set_aside(shop, number=1, **values):
    return [MessageFactory(shop=shop, state="set_aside", **values) for _ in range(number)]


def test_it_says_how_many_wait_and_where(shop):
    set_aside(shop, 3)
    set_aside(ShopFactory())
    MessageFactory(shop=shop)
    shown = told(shop)
    assert shown.headers["Subject"] == "Messages of My store could not be applied"
    assert ENGLISH in shown.text
    assert "Messages that wait for you: 3\n" in shown.text
    assert f"/admin/downloads/message/?state__exact=set_aside&shop__id__exact={shop.pk}\n" in (
        shown.text
    )


def test_it_tells_nothing_of_what_they_say(shop):
    set_aside(shop, error="email: ada@example.com", body='{"a": "secret"}', topic="ada/paid")
    text = told(shop).text
    assert "ada" not in text
    assert "secret" not in text


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES if code != "en"])
def test_it_is_written_in_the_shops_language(shop, language):
    set_aside(shop)
    english, shop.language = told(shop), language
    shown = told(shop)
    assert ENGLISH not in shown.text
    assert shown.headers["Subject"] != english.headers["Subject"]
    lines = set(shown.text.splitlines()) & set(english.text.splitlines())
    own = {"", "-- ", "My store"}
    assert [line for line in lines - own if "://" not in line] == []
    assert translation.get_language() == "en"


def test_none_is_sent_once_all_were_seen_to(shop):
    set_aside(shop)
    Message.objects.update(state="ignored")
    with pytest.raises(NotFound):
        told(shop)
