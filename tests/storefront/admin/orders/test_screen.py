"""The order as a support desk: how many clicks the tasks of a day take, and what is in one look.

Clicks are counted from the page that one comes from; what is typed is none.
"""

import pytest

from downloads import fulfilment
from downloads.models import Grant, Mail, Order
from tests.factories import NOW, AttachmentFactory, LineFactory, OrderFactory, ShopFactory
from tests.storefront.admin.orders.test_contacts import forms_with
from tests.storefront.admin.rendered import address, sign_in


class Walk:
    """Follows links and presses buttons, and counts."""

    def __init__(self, app, url):
        self.page, self.clicks = app.get(url), 0

    def click(self, words):
        self.page = self.page.click(words, index=0)
        self.clicks += 1

    def press(self, words, **entered):
        form = forms_with(self.page, words)[0]
        for name, value in entered.items():
            form[name] = value
        self.page = form.submit().maybe_follow()
        self.clicks += 1


@pytest.fixture
def order(db):
    order = OrderFactory(
        shop=ShopFactory(), number=1050, platform_id=7001, reported_payment="paid",
        email="ada@exmaple.com", reported_email="ada@exmaple.com",
    )  # fmt: skip
    line = LineFactory(order=order)
    AttachmentFactory(product=line.product, asset__title="Book", limit=3)
    fulfilment.settle(order, at=NOW)
    Mail.objects.all().delete()
    Grant.objects.update(used=3)
    return order


@pytest.fixture
def walk(django_app, order):
    """Return a function that begins a walk of a role at an address."""

    def begin(url, role="support"):
        sign_in(django_app, role, order.shop)
        return Walk(django_app, url)

    return begin


@pytest.mark.parametrize("role", ["support", "manager"])
def test_i_never_got_my_mail_takes_two_clicks_from_the_start_page(walk, order, role):
    walked = walk("/admin/", role)
    walked.press("Search", q="#1050")
    walked.press("Send the mail")
    assert Mail.objects.get().order == order
    assert walked.clicks == 2


def test_i_never_got_my_mail_takes_two_clicks_from_the_list(walk, order):
    walked = walk("/admin/downloads/order/")
    walked.click("1050")
    walked.press("Send the mail")
    assert (Mail.objects.get().order, walked.clicks) == (order, 2)


def test_nor_does_another_address_take_more(walk, order):
    walked = walk("/admin/", "manager")
    walked.press("Search", q="#1050")
    walked.press("Correct the address and send", email="ada@example.com")
    assert Mail.objects.filter(kind="order", email="ada@example.com").count() == 1
    assert walked.clicks == 2


@pytest.mark.parametrize(("button", "used", "bought"), [("Reset", 0, 3), ("Allow more", 3, 4)])
def test_my_downloads_are_used_up_takes_two_clicks(walk, button, used, bought):
    walked = walk("/admin/downloads/order/")
    walked.click("1050")
    walked.press(button)
    assert Grant.objects.values_list("used", "bought").get() == (used, bought)
    assert walked.clicks == 2


@pytest.mark.parametrize(
    ("given", "pill", "why"),
    [
        ({}, "Paid", ""),
        ({"payment": "pending"}, "Waiting for payment", "It opens by itself once"),
        ({"payment": "refunded"}, "Refunded", "once your shop takes the refund back"),
        ({"cancelled_at": NOW}, "Cancelled", "once your shop takes that back"),
        ({"hold": "dispute"}, "Held: The payment is disputed", "Release it on the order’s page"),
    ],
)
def test_its_payment_is_told_in_words_with_what_would_open_it(walk, order, given, pill, why):
    Order.objects.update(**given)
    page = walk(address(Order, "change", order.pk)).page
    assert page.html.select_one(".order-head .pill").get_text() == pill
    closed = page.html.select_one(".card.closed")
    assert (why in closed.get_text()) if why else closed is None


def test_each_form_of_a_download_is_its_own(walk, order):
    page = walk(address(Order, "change", order.pk), "manager").page
    assert page.html.select("form form") == []
    for form in page.html.select(".item form"):
        fields = [field["name"] for field in form.select("input")]
        assert sorted({*fields} - {"csrfmiddlewaretoken"}) in (["seen"], ["amount", "seen"])


@pytest.mark.parametrize("theirs", [{"payment": "refunded"}, {"currency": "USD"}])
def test_the_form_of_the_second_of_two_people_overwrites_nothing(walk, order, theirs):
    Order.objects.update(platform_id=None, currency="EUR")
    page = walk(address(Order, "change", order.pk), "manager").page
    Order.objects.update(**theirs)
    form = page.forms["order_form"]
    form["grand_total"] = "7.00"
    answer = form.submit("_save")
    order.refresh_from_db()
    kept = {name: getattr(order, name) for name in theirs}
    assert (kept, order.grand_total) == (theirs, None)
    (name,) = theirs
    assert f"meanwhile somebody changed “{name.capitalize()}”" in answer.text
    assert answer.html.select_one("details#details").has_attr("open")


def test_what_changed_beside_it_is_saved_beside_it(walk, order):
    Order.objects.update(platform_id=None)
    page = walk(address(Order, "change", order.pk), "manager").page
    fulfilment.raise_limit(Grant.objects.get(), by=1, at=NOW)
    form = page.forms["order_form"]
    form["grand_total"] = "7.00"
    form.submit("_save")
    order.refresh_from_db()
    assert order.grand_total == 7
