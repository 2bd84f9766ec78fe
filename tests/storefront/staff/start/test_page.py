"""The start page: its figures, where they lead, its chart and table, and what it costs."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from downloads.models import DailyFigures, DownloadEvent, Mail
from tests.factories import (
    EventFactory,
    GrantFactory,
    LineFactory,
    MailFactory,
    MessageFactory,
    OrderFactory,
    ShopFactory,
)
from tests.storefront.admin.rendered import ROLES, sign_in

DAY = timedelta(days=1)
# Before the session's own queries, those of the page.
MOST_QUERIES = 12


def sell(shop, *, days=0, downloads=1, failed=0):
    """Make an order so many days ago, with downloads of a kilobyte each."""
    at = timezone.now() - days * DAY
    grant = GrantFactory(order=OrderFactory(shop=shop, placed_at=at), used=downloads)
    for _ in range(downloads):
        EventFactory(grant=grant, at=at)
        EventFactory(grant=grant, at=at, kind=DownloadEvent.Kind.SERVED, sent_bytes=1000)
    for _ in range(failed):
        MailFactory(shop=shop, created_at=at, state=Mail.State.SET_ASIDE)
    return grant


def tiles(page):
    return {
        tile.select_one(".mute").get_text(): (
            tile.select_one("b").get_text(),
            tile.select_one("small").get_text(),
        )
        for tile in page.html.select(".tile")
    }


@pytest.mark.parametrize("role", ROLES)
def test_the_figures_of_a_period_and_of_the_one_before(django_app, shop, start, role):
    for days in (0, 3, 6):
        sell(shop, days=days, downloads=2)
    sell(shop, days=5, downloads=0, failed=1)
    sell(shop, days=9, downloads=4)
    sell(ShopFactory(), downloads=50) if role != "superuser" else None
    sign_in(django_app, role, shop)
    assert tiles(start("?days=7")) == {
        "Orders": ("4", "1 in the 7 days before"),
        "Downloads": ("6", "50 % more than in the 7 days before"),
        "Sent": ("6\u202fKB", "50 % more than in the 7 days before"),
        "Buyers who downloaded": ("75 %", "3 of 4; 100 % in the 7 days before"),
        "Mails that failed": ("1", "none in the 7 days before"),
    }


def test_today_is_not_compared_with_a_whole_day(django_app, shop, start):
    sell(shop, days=1, downloads=3)
    sell(shop)
    sign_in(django_app, "owner", shop)
    page = tiles(start("?days=1"))
    assert page["Downloads"] == ("1", "3 yesterday")
    assert page["Sent"] == ("1\u202fKB", "3\u202fKB yesterday")


@pytest.mark.parametrize("days", [1, 7, 30, 90, 365])
@pytest.mark.slow
def test_every_figure_leads_to_the_rows_it_counts(django_app, shop, start, days):
    for ago in (0, days - 1, days):
        sell(shop, days=ago, failed=1)
    sign_in(django_app, "owner", shop)
    page = start(f"?days={days}")
    for tile in page.html.select(".tile"):
        rows = django_app.get(tile.select_one("a")["href"]).html.select("#result_list tbody tr")
        assert len(rows) == 2, tile.get_text()


@pytest.mark.parametrize("days", ["0", "8", "x", "30.0", "-7", "", "٣٠"])
def test_another_period_is_refused_in_words(django_app, shop, days):
    sign_in(django_app, "owner", shop)
    answer = django_app.get("/admin/", {"days": days}, status=400)
    assert "1, 7, 30, 90 and 365 days" in answer.text


@pytest.mark.parametrize(("days", "bars"), [(1, 7), (7, 7), (30, 30), (90, 90), (365, 73)])
def test_the_chart_has_a_table_of_the_same(django_app, shop, start, days, bars):
    sell(shop, downloads=3)
    sell(shop, days=min(days, 7) - 1, downloads=5)
    sign_in(django_app, "owner", shop)
    page = start(f"?days={days}")
    picture = page.html.select_one(".chart svg")
    assert picture["role"] == "img"
    named = [page.html.find(id=each) for each in picture["aria-labelledby"].split()]
    assert all(each.get_text(strip=True) for each in named)
    assert len(picture.select("rect")) == bars
    assert len(picture.select_one("polyline.line")["points"].split()) == bars
    rows = page.html.select("section[aria-labelledby=chart-heading] tbody tr")
    cells = [[int(cell.get_text()) for cell in row.select("td")[:2]] for row in rows]
    assert len(cells) == bars
    assert [sum(column) for column in zip(*cells, strict=True)] == [8, 2]
    assert " style=" not in page.text
    assert "<script>" not in page.text


def test_what_was_fetched_most_and_just_now(django_app, shop, start):
    seldom = sell(shop, downloads=1)
    often = sell(shop, downloads=4, days=1)
    sell(ShopFactory(), downloads=9)
    EventFactory(grant=seldom, kind="released", downloads=-1, reason="reset", at=timezone.now())
    sign_in(django_app, "support", shop)
    page = start()
    rows = [row.get_text(" ", strip=True) for row in page.html.select(".fetched tbody tr")]
    assert [row.rsplit(" ", 2)[-2:] for row in rows] == [["4", "4\u202fKB"], ["1", "1\u202fKB"]]
    assert often.asset.title in rows[0]
    lines = [line.select_one("span").get_text() for line in page.html.select(".time li")]
    assert lines[0] == f"{seldom.asset.title} reset by the shop, #{seldom.order.number}"
    assert lines[1] == f"{seldom.asset.title} downloaded, #{seldom.order.number}"
    assert len(lines) == 6


def test_it_says_as_of_when(django_app, shop, start):
    sign_in(django_app, "owner", shop)
    assert "being counted" in django_app.get("/admin/").text
    assert re.search(r"As of \d\d:\d\d", start().text)


def test_no_reader_writes_a_figure(django_app, shop):
    sell(shop)
    sign_in(django_app, "owner", shop)
    django_app.get("/admin/")
    assert not DailyFigures.objects.exists()


@pytest.mark.parametrize("role", ["manager", "superuser"])
@pytest.mark.slow
def test_what_is_asked_does_not_grow(django_app, shop, start, role, django_assert_max_num_queries):
    def fill(number):
        for each in range(number):
            sell(shop, days=each % 40, failed=1)
            LineFactory(order=OrderFactory(shop=shop, hold="risk" if each % 2 else ""))
            MessageFactory(shop=shop, state="set_aside", about_order=each)

    def count():
        start()
        with django_assert_max_num_queries(MOST_QUERIES) as queries:
            django_app.get("/admin/?days=365")
        return len(queries)

    sign_in(django_app, role, shop)
    fill(2)
    few = count()
    fill(100)
    ShopFactory.create_batch(20)
    assert count() == few
