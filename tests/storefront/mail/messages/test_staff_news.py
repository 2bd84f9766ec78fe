"""How the news to staff read, in their own language, whatever buyers and merchants typed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from downloads.errors import NotFound
from downloads.models import AssetFigures, DailyFigures, DownloadEvent, Grant, Mail
from storefront.mail.messages import compose
from storefront.models import StaffLanguage
from tests.factories import (
    NOW,
    GrantFactory,
    LinkFactory,
    MessageFactory,
    OrderFactory,
    ShopFactory,
)
from tests.mails import Html, outbox, read

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\r\nBcc: eve@example.com \u202e{shop}"


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


def used_up(shop, title="My book", **values):
    order = OrderFactory(shop=shop, **values)
    asset = LinkFactory(shop=shop, title=title)
    grant = GrantFactory(order=order, line=None, limit=3, asset=asset)
    Grant.objects.filter(pk=grant.pk).update(used=3, bought=3)
    line = {"kind": "charged", "downloads": 1, "at": NOW - timedelta(hours=1)}
    DownloadEvent.objects.create(grant=grant, **line)
    return grant


def told(shop, kind=Mail.Kind.USED_UP, **values):
    return read(compose(outbox(shop, kind, **values), at=NOW))


def test_it_names_order_and_download(shop):
    grant = used_up(shop)
    used_up(ShopFactory(), title="Of another shop")
    shown = told(shop)
    assert shown.headers["Subject"] == "Downloads used up at My store"
    assert f"Order #{grant.order.number}" in shown.text
    assert "- My book\n  3 of 3 used\n" in shown.text
    assert "another" not in shown.text


def test_of_many_it_lists_ten_and_says_how_many_more(shop):
    for _ in range(12):
        used_up(shop)
    text = told(shop).text
    assert (text.count("3 of 3 used"), "and 2 more" in text) == (10, True)


def test_where_none_is_used_up_any_more_nothing_is_sent(shop):
    used_up(shop)
    Grant.objects.update(used=0)
    with pytest.raises(NotFound):
        told(shop)


def test_what_people_typed_stays_text(shop):
    used_up(shop, title=HOSTILE)
    shown = told(shop)
    assert "script" not in Html(shown.html).tags
    assert "\u202e" not in shown.text
    assert "\nBcc:" not in shown.text
    assert "Bcc" not in shown.headers


def test_the_week_beside_the_one_before(shop):
    DailyFigures.objects.create(
        shop=shop, day="2026-02-24", orders=1234, downloads=5, sent_bytes=1_500_000
    )
    DailyFigures.objects.create(shop=shop, day="2026-02-17", orders=3, downloads=4)
    asset = LinkFactory(shop=shop, title="My book")
    AssetFigures.objects.create(shop=shop, asset=asset, day="2026-02-24", downloads=5)
    mail = outbox(shop, Mail.Kind.FIGURES)
    mail.created_at = MONDAY
    text = read(compose(mail, at=MONDAY)).text
    assert "Orders: 1,234 (the week before: 3)" in text
    assert "Downloads: 5 (the week before: 4)" in text
    assert "Sent: 1.5 MB (the week before: 0 B)" in text
    assert "- My book\n  Downloads: 5\n" in text


@pytest.mark.parametrize("kind", [Mail.Kind.SET_ASIDE, Mail.Kind.FIGURES, Mail.Kind.SIGN_IN])
def test_each_reads_it_in_their_own_language(shop, kind):
    MessageFactory(shop=shop, state="set_aside")
    ada = User.objects.create_user("ada", "ada@example.com", is_staff=True)
    StaffLanguage.objects.create(user=ada, language="de")
    assert told(shop, kind, person=ada).headers["Content-Language"] == "de"
    assert told(shop, kind).headers["Content-Language"] == "en"
