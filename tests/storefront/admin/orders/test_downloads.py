"""Each download's own forms on its order's page: what they do, say, refuse and take back."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.models import Asset, AuditEntry, Grant, Order, Shop
from tests.factories import NOW, AttachmentFactory, LineFactory, OrderFactory, ShopFactory
from tests.storefront.admin.orders.test_contacts import notes
from tests.storefront.admin.rendered import address, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def grants():
    """Two downloads of one paid order, of which the first is used up and ends in ten days."""
    order = OrderFactory(shop=ShopFactory(), platform_id=7001, reported_payment="paid")
    line = LineFactory(order=order)
    AttachmentFactory(product=line.product, asset__title="Book", limit=3, lifetime_days=10)
    AttachmentFactory(product=line.product, asset__title="Guide", limit=None)
    fulfilment.settle(order, at=NOW)
    book, guide = Grant.objects.order_by("pk")
    Grant.objects.filter(pk=book.pk).update(used=3)
    return book, guide


@pytest.fixture
def open_page(django_app, grants):
    """Return a function that signs a role in and opens the order's page."""
    shop, signed_in = Shop.objects.get(), []

    def open_one(role="manager"):
        if not signed_in:
            signed_in.append(sign_in(django_app, role, shop))
        return django_app.get(address(Order, "change", grants[0].order_id))

    return open_one


def buttons(page, grant):
    row = page.html.select_one(f"#download-{grant.pk}")
    return [button.find(string=True, recursive=False) for button in row.select("button")]


def press(page, grant, act, **entered):
    """Send one download's one form, as it was rendered."""
    (form,) = {
        id(each): each
        for each in page.forms.values()
        if each.action == f"/admin/downloads/grant/{grant.pk}/{act}/"
    }.values()
    for name, value in entered.items():
        form[name] = value
    return form.submit(expect_errors=True).maybe_follow()


def counts(grant):
    grant.refresh_from_db()
    return grant.used, grant.bought, grant.expires_at - NOW if grant.expires_at else None


def test_each_download_offers_what_could_change_it(open_page, grants):
    page = open_page()
    offered = [*("Reset", "Allow more", "Extend by days", "Withdraw")]
    assert (buttons(page, grants[0]), buttons(page, grants[1])) == (offered, ["Withdraw"])
    row = " ".join(page.html.select_one(f"#download-{grants[0].pk}").get_text(" ").split())
    assert "used up none of 3 left · until 11 Mar 2026" in row
    assert "Press “Reset” or “Allow more”" in row


@pytest.mark.slow
def test_each_act_and_its_undo(open_page, grants):
    book, page = grants[0], open_page()
    before = counts(book)
    for act, entered, after in (
        ("reset", {}, (0, *before[1:])),
        ("allow-more", {"amount": 2}, (3, 5, before[2])),
        ("extend", {"amount": 7}, (3, 3, timedelta(days=17))),
    ):
        page = press(page, book, act, **entered)
        assert counts(book) == after
        page = press(page, book, "undo")
        assert counts(book) == before
        assert notes(page) == ["Taken back: “Book” stands as it did before."]
    page = press(page, book, "withdraw")
    assert (buttons(page, book)[-1], page.html.select_one(f"#download-{book.pk} .pill").text) == (
        "Restore",
        "withdrawn, used up",
    )
    page = press(page, book, "restore")
    book.refresh_from_db()
    assert book.withdrawn_at is None


@pytest.mark.slow
def test_the_other_download_is_left_alone(open_page, grants):
    book, guide = grants
    page = press(open_page(), guide, "withdraw")
    press(page, book, "reset")
    book.refresh_from_db()
    guide.refresh_from_db()
    assert (book.withdrawn_at, book.used) == (None, 0)
    assert guide.withdrawn_at is not None


@pytest.mark.parametrize("act", ["reset", "allow-more", "extend", "withdraw"])
def test_the_same_button_pressed_twice_acts_once(open_page, grants, act):
    page, book = open_page(), grants[0]
    press(page, book, act)
    once, entries = counts(book), AuditEntry.objects.count()
    again = press(page, book, act)
    assert (counts(book), AuditEntry.objects.count()) == (once, entries)
    assert "Nothing was done: this download was changed since" in notes(again)[0]


def test_an_act_that_opens_nothing_says_so_and_what_would(open_page, grants):
    Order.objects.update(payment="refunded", reported_payment="refunded")
    page = press(open_page(), grants[0], "reset")
    assert notes(page) == [
        "The count of “Book” is back at 0. But that opens nothing: the order was refunded. It "
        "opens once your shop takes the refund back; or make an order by hand and attach the "
        "file or link to that."
    ]
    assert page.html.select_one(".messagelist li")["class"] == ["warning"]


@pytest.mark.parametrize("amount", ["", "0", "-1", "1.5", "9" * 30])
@pytest.mark.parametrize("act", ["allow-more", "extend"])
def test_what_is_no_number_says_what_to_enter(open_page, grants, act, amount):
    before = counts(grants[0])
    page = press(open_page(), grants[0], act, amount=amount)
    assert counts(grants[0]) == before
    assert notes(page)[0].startswith("“Book”: Enter how many")


@pytest.mark.slow
def test_support_allows_as_much_as_the_shop_says(open_page, grants):
    book, page = grants[0], open_page("support")
    assert buttons(page, book) == ["Reset", "Allow more", "Extend by days"]
    page = press(page, book, "allow-more", amount=6)
    assert "Your role may add 5 downloads to a download in all" in notes(page)[0]
    page = press(page, book, "allow-more", amount=5)
    assert "Allow more" not in buttons(page, book)
    page = press(page, book, "extend", amount=31)
    assert "Your role may add 30 days" in notes(page)[0]
    page = press(page, book, "extend", amount=30)
    assert counts(book) == (3, 8, timedelta(days=40))
    page = press(page, book, "undo")
    assert counts(book) == (3, 8, timedelta(days=10))


@pytest.mark.parametrize("act", ["withdraw", "restore"])
def test_support_withdraws_nothing(open_page, grants, act):
    page = open_page("support")
    token = page.forms["site-search"]["csrfmiddlewaretoken"].value
    url = f"/admin/downloads/grant/{grants[0].pk}/{act}/"
    sent = page.test_app.post(url, {"csrfmiddlewaretoken": token}, expect_errors=True)
    assert (sent.status_code, Grant.objects.exclude(withdrawn_at=None).count()) == (403, 0)


def test_support_takes_back_what_support_may_do_alone(open_page, grants):
    page = open_page("support")
    fulfilment.revoke(grants[0], at=NOW)
    assert "undo" not in "".join(form.action for form in page.forms.values())


@pytest.mark.parametrize("act", ["reset", "allow-more", "extend", "withdraw", "restore", "undo"])
def test_each_act_is_sent_and_never_asked_by_an_address(staff, clerk, grants, act):
    url = f"/admin/downloads/grant/{grants[0].pk}/{act}/"
    assert staff.get(url).status_code == 405
    assert clerk().post(url).status_code == 404


def test_a_title_from_anywhere_is_shown_as_words(open_page, grants):
    Asset.objects.update(title="<b>{0} %s</b>")
    page = press(open_page(), grants[0], "reset")
    assert "“<b>{0} %s</b>”" in notes(page)[0]
    assert "<b>{0}" not in page.text
