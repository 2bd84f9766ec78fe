"""The figures on the start page: whose they are, where they lead, and what they cost."""

import pytest

from downloads.models import Mail, Membership
from tests.factories import LineFactory, MailFactory, MessageFactory, OrderFactory, ShopFactory
from tests.storefront.admin.rendered import sign_in

ORDERS = "orders are paid, and have nothing to download"
MESSAGES = "messages could not be applied"
MAILS = "mails were not sent"


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


def fill(shop, *, orders=1, messages=1, mails=1):
    for _ in range(orders):
        LineFactory(order=OrderFactory(shop=shop))
    MessageFactory.create_batch(messages, shop=shop, state="set_aside")
    for order in OrderFactory.create_batch(mails, shop=shop):
        MailFactory(shop=shop, order=order, state=Mail.State.SET_ASIDE)


def figures(page):
    return [" ".join(each.get_text().split()) for each in page.html.select(".figures li > a")]


@pytest.mark.parametrize("role", ["support", "manager", "owner", "superuser"])
def test_they_count_what_waits(django_app, shop, role):
    fill(shop, orders=2, messages=3)
    sign_in(django_app, role, shop)
    assert figures(django_app.get("/admin/")) == [
        f"2 {ORDERS}",
        f"3 {MESSAGES}",
        "1 mail was not sent",
    ]


def test_where_nothing_waits_nothing_is_shown(django_app, shop):
    MessageFactory(shop=shop)
    sign_in(django_app, "owner", shop)
    assert "What needs you" not in django_app.get("/admin/").text


def test_another_shops_are_not_counted(django_app, shop):
    fill(ShopFactory(name="Theirs"))
    sign_in(django_app, "owner", shop)
    page = django_app.get("/admin/")
    assert figures(page) == []
    assert "Theirs" not in page.text


def test_of_several_shops_each_is_named(django_app, shop):
    other = ShopFactory(name="Second")
    fill(shop, messages=2)
    fill(other, orders=0, mails=0)
    user = sign_in(django_app, "owner", shop)
    assert "Second" not in django_app.get("/admin/").text
    Membership.objects.create(shop=other, user=user, role="support")
    page = django_app.get("/admin/")
    (messages,) = [li for li in page.html.select(".figures li") if MESSAGES in li.get_text()]
    shops = messages.select("p:last-child a")
    assert [each.get_text().strip("\u2068\u2069") for each in shops] == ["My store: 2", "Second: 1"]
    listed = django_app.get(shops[1]["href"])
    assert len(listed.html.select("#result_list tbody tr")) == 1


@pytest.mark.parametrize("words", [ORDERS, MESSAGES, MAILS])
def test_each_leads_to_what_it_counts(django_app, shop, words):
    fill(shop, orders=2, messages=2, mails=2)
    sign_in(django_app, "manager", shop)
    page = django_app.get("/admin/")
    (link,) = [a for a in page.html.select(".figures li > a") if words in a.get_text()]
    rows = django_app.get(link["href"]).html.select("#result_list tbody tr")
    assert len(rows) == 2


@pytest.mark.slow
def test_what_is_asked_does_not_grow(django_app, shop, django_assert_max_num_queries):
    sign_in(django_app, "superuser", shop)

    def count():
        with django_assert_max_num_queries(30) as queries:
            django_app.get("/admin/")
        return len(queries)

    count()
    empty = count()
    fill(shop)
    one = count()
    for _ in range(3):
        fill(ShopFactory(), orders=2, messages=2, mails=2)
    assert (count(), one - empty <= 3) == (one, True)
