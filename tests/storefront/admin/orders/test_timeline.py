"""An order's timeline: all that happened in one list, the newest first, page by page."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from downloads import fulfilment
from downloads.audit.actors import Actor, acting
from downloads.models import Order
from storefront.admin.orders.timeline import MOST_PAGES, ON_PAGE
from tests.factories import (
    NOW,
    DeliveryFactory,
    EventFactory,
    GrantFactory,
    MailFactory,
    OrderFactory,
    RefundFactory,
)
from tests.storefront.admin.rendered import address

MINUTE = timedelta(minutes=1)
FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def grant(db):
    order = OrderFactory(
        platform_id=7001, placed_at=NOW - timedelta(days=2), grand_total="39.90", currency="EUR"
    )
    return GrantFactory(order=order, asset__title="Garden at dawn", limit=3, used=2)


def told(client, url):
    page = client.get(url)
    assert page.status_code == 200
    lines = BeautifulSoup(page.content, "html.parser").select(".time li")
    return [tuple(map(words_in, line.find_all("span", recursive=False))) for line in lines]


def words_in(element):
    return " ".join(element.get_text("").split())


def test_all_that_happened_stands_there_newest_first(staff, grant):
    order = grant.order
    MailFactory(
        shop=order.shop, order=order, kind="order", email="ada@example.com",
        state="sent", created_at=NOW, sent_at=NOW - timedelta(days=1),
    )  # fmt: skip
    RefundFactory(shop=order.shop, refunded_at=NOW - 9 * MINUTE)
    delivery = DeliveryFactory(grant=grant, size_bytes=1000, sent_bytes=1000)
    visit = {"grant": grant, "delivery": delivery, "user_agent": FIREFOX, "at": NOW - 8 * MINUTE}
    EventFactory(kind="charged", downloads=1, **visit)
    EventFactory(kind="served", downloads=0, sent_bytes=1000, **visit)
    with acting(Actor("grace")):
        fulfilment.reset(grant, at=NOW)
    lines = told(staff, address(Order, "change", order.pk))
    assert lines == [
        ("Today, 12:00", "grace reset the count of “Garden at dawn” from 2 to 0"),
        ("Today, 11:52", "Downloaded “Garden at dawn”, 1 KB of 1 KB, Firefox on Android"),
        ("Today, 11:51", "refund of money alone"),
        ("Yesterday, 12:00", "Mail accepted by the mail server for ada@example.com"),
        ("27 Feb 2026, 12:00", "Placed, 39.90 EUR"),
    ]


@pytest.mark.slow
def test_what_is_older_is_a_page_further_and_nothing_is_lost_or_told_twice(staff, grant):
    count = 2 * ON_PAGE + 5
    for number in range(count):
        EventFactory(
            grant=grant, kind="refused", downloads=0, reason="past", at=NOW - number * MINUTE
        )
    url = f"/admin/downloads/order/{grant.order_id}/timeline/"
    assert len(told(staff, address(Order, "change", grant.order_id))) == ON_PAGE
    pages = [told(staff, f"{url}?page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [ON_PAGE, ON_PAGE, 6]
    assert len({line for page in pages for line in page}) == count + 1
    assert told(staff, f"{url}?page=4") == []
    assert f"{url}?page=2" in staff.get(url).content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", str(MOST_PAGES + 1), "9" * 40])
def test_a_page_that_is_none_is_the_first(staff, grant, page):
    url = f"/admin/downloads/order/{grant.order_id}/timeline/"
    assert len(told(staff, f"{url}?page={page}")) == 1


def test_hostile_words_stay_words(staff, grant):
    grant.asset.title = "{0} <b>%s</b>"
    grant.asset.save()
    EventFactory(grant=grant, kind="charged", downloads=1, user_agent="<script>{x}")
    page = staff.get(address(Order, "change", grant.order_id)).content.decode()
    assert "<script>{x}" not in page
    assert "<b>%s" not in page
