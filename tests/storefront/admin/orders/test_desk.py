"""The desk on an order's page: what it tells, and its acts as a browser sends them."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from downloads import fulfilment
from downloads.models import Dispute, Grant, Order, Refund
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    DisputeFactory,
    LineFactory,
    OrderFactory,
    ProductFactory,
    RefundFactory,
    ShopFactory,
)
from tests.storefront.admin.rendered import address, sign_in

OLD = "ada@exmaple.com"
WHO = ["support", "manager"]


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def order(shop):
    """A paid order of two units of a book with a file, as its platform reported it."""
    order = OrderFactory(
        shop=shop, platform_id=7001, reported_payment="paid", email=OLD, reported_email=OLD
    )
    book = ProductFactory(shop=shop, name="Book", variant_name="XL", product_id=501, sku="B1")
    AttachmentFactory(product=book, limit=3)
    LineFactory(order=order, product=book, platform_id=1, quantity=2)
    fulfilment.settle(order, at=NOW)
    return order


@pytest.fixture
def open_page(django_app, shop):
    """Return a function that signs a role in and opens an order's page."""
    signed_in = []

    def open_one(order, role="manager"):
        if not signed_in:
            signed_in.append(sign_in(django_app, role, shop))
        return django_app.get(address(Order, "change", order.pk))

    return open_one


def desk(page):
    return " ".join(" ".join(each.get_text(" ").split()) for each in page.html.select(".desk"))


def forms_with(page, words):
    return [form for form in dict.fromkeys(page.forms.values()) if words in form.text]


def press(page, words, **entered):
    """Fill in the one form with these words, press its button, and return where that leads."""
    (form,) = forms_with(page, words)
    for name, value in entered.items():
        form[name] = value
    buttons = [name for name, fields in form.fields.items() if name and fields[0].tag == "button"]
    return form.submit(*buttons).maybe_follow()


def notes(page):
    return [note.get_text() for note in page.html.select(".messagelist li")]


def says(page, what):
    return any(what in note for note in notes(page))


# --- Notes ---------------------------------------------------------------------------------------


def test_what_could_not_be_read_is_told(open_page, order):
    Order.objects.update(notes=["The total could not be read: “<b>”.", "The time neither."])
    assert "could not be read: “<b>”. The time neither." in desk(open_page(order))


def test_where_there_is_nothing_to_know_nothing_is_told(open_page, order):
    page = open_page(order)
    assert "What to know" not in page.text
    assert "nothing to download" not in desk(page)


# --- Refunds and disputes ------------------------------------------------------------------------


@pytest.fixture
def refund(shop, order):
    refund = RefundFactory(shop=shop, units={1: 2})
    fulfilment.settle(order, at=NOW)
    return refund


@pytest.fixture
def dispute(shop, order):
    dispute = DisputeFactory(shop=shop)
    fulfilment.settle(order, at=NOW)
    return dispute


def is_open(order):
    return Grant.objects.available(NOW).filter(order=order).exists()


def test_it_is_told_what_each_takes(open_page, shop, order, refund, dispute):
    RefundFactory(shop=shop)
    RefundFactory(shop=shop, units={99: 1}, is_gone=True)
    told = desk(open_page(order))
    assert "refund of 2 items It takes back 2 × Book (XL)." in told
    assert "refund of money alone It takes nothing, as your shop’s policy says." in told
    assert "refund of 1 item Your shop took it back: it takes nothing any more." in told
    assert "payment disputed. Not decided yet It holds the order until it is decided." in told


@pytest.mark.parametrize("kind", ["refund", "dispute"])
@pytest.mark.slow
def test_a_mistake_counts_for_nothing_until_it_is_counted_again(request, open_page, order, kind):
    fact = request.getfixturevalue(kind)
    assert not is_open(order)
    page = press(open_page(order), "This was a mistake")
    fact.refresh_from_db()
    assert (fact.dismissed_at, is_open(order)) == (None, False)  # it asks first
    page = press(page, "It was a mistake")
    fact.refresh_from_db()
    assert (fact.dismissed_at is None, is_open(order)) == (False, True)
    assert re.search(
        r"You said on \d+ \w+ \d{4} that it was a mistake: it takes nothing\.", desk(page)
    )
    page = press(press(page, "Count it again"), "Count it again")
    fact.refresh_from_db()
    assert (fact.dismissed_at, is_open(order)) == (None, False)
    assert says(page, f"The {kind} counts again.")
    assert LogEntry.objects.count() == 2


def test_what_the_shop_took_back_has_no_button(open_page, order, refund):
    Refund.objects.update(is_gone=True)
    assert forms_with(open_page(order), "This was a mistake") == []


@pytest.mark.parametrize("whose", ["another order's", "another shop's"])
@pytest.mark.parametrize("make", [RefundFactory, DisputeFactory])
def test_no_other_orders_fact_is_dismissed(staff, shop, order, make, whose, messages_of):
    other = {"order_platform_id": 7002} if whose == "another order's" else {"shop": ShopFactory()}
    fact = make(**{"shop": shop} | other)
    sent = {fact._meta.model_name: fact.pk, "confirmed": "yes"}
    url = f"/admin/downloads/order/{order.pk}/dismiss/"
    assert messages_of(staff.post(url, sent, follow=True)) == [
        "This is not there any more. Look at the page again."
    ]
    assert type(fact).objects.filter(dismissed_at=None).count() == 1


# --- Paid, and nothing to download ---------------------------------------------------------------


def bare(shop, **product):
    order = OrderFactory(shop=shop, platform_id=7002)
    product = ProductFactory(shop=shop, **product)
    LineFactory(order=order, product=product, platform_id=1)
    fulfilment.settle(order, at=NOW)
    return order


def test_a_deleted_variant_is_matched_by_one_click(open_page, shop, order):
    found = bare(shop, variant_id=None, name="Book", variant_name="XL", sku="B1")
    page = open_page(found)
    assert "no longer says which product this is" in desk(page)
    page = press(page, "It is “Book (XL)”: open it")
    assert is_open(found)
    assert "nothing to download" not in desk(page)
    assert says(page, "and open.")


def test_a_new_variant_gets_the_files_of_another(open_page, shop, order):
    found = bare(shop, name="Book", variant_name="XXL", product_id=501)
    page = open_page(found)
    assert "another variant of the product has" in desk(page)
    page = press(page, "Give it the files of “Book (XL)”")
    assert is_open(found)
    assert says(page, "“Book (XXL)” has the files of “Book (XL)” now. Purchases that got them: 1.")


def test_a_product_without_files_leads_to_its_page(open_page, shop):
    found = bare(shop, name="Song")
    page = open_page(found)
    assert "This product has no files yet." in desk(page)
    assert page.click("Attach files to this product").status_code == 200


@pytest.mark.parametrize("whose", ["not proposed", "another shop's"])
def test_only_what_is_proposed_is_matched(staff, shop, order, whose, messages_of):
    found = bare(shop, variant_id=None, name="Song")
    own = {"product__shop": shop} if whose == "not proposed" else {"product__name": "Song"}
    sent = {"line": found.lines.get().pk, "product": AttachmentFactory(**own).product_id}
    url = f"/admin/downloads/order/{found.pk}/match/"
    assert messages_of(staff.post(url, sent, follow=True)) == [
        "This is not proposed any more. Look at the page again."
    ]
    assert not is_open(found)


def test_who_may_attach_nothing_shares_nothing(clerk, shop, order):
    found = bare(shop, name="Book", variant_name="XXL", product_id=501)
    client, line = clerk("change_order"), found.lines.get()
    url = f"/admin/downloads/order/{found.pk}/"
    assert "Give it the files" not in client.get(f"{url}change/").content.decode()
    sent = {"line": line.pk, "product": Grant.objects.first().line.product_id}
    assert client.post(f"{url}match/", sent).status_code == 403
    assert not is_open(found)


# --- Whose acts these are ------------------------------------------------------------------------


def test_who_may_only_look_sees_all_and_has_no_button(open_page, shop, order, refund):
    Order.objects.filter(pk=order.pk).update(notes=["A note."])
    told = open_page(order, "support")
    assert "A note." in desk(told)
    assert "refund of 2 items" in desk(told)
    for words in ("This was a mistake", "Correct the address"):
        assert forms_with(told, words) == []
    found = bare(shop, variant_id=None, name="Book", variant_name="XL")
    told = open_page(found, "support")
    assert "Paid, and nothing to download" in desk(told)
    assert forms_with(told, "open it") == []


@pytest.mark.parametrize("act", ["address", "send-once", "dismiss", "count-again", "match"])
def test_each_act_is_sent_and_never_asked_by_an_address(staff, clerk, order, act):
    url = f"/admin/downloads/order/{order.pk}/{act}/"
    assert staff.get(url).status_code == 405
    assert clerk("view_order").post(url, {"confirmed": "yes"}).status_code == 403
    assert clerk().post(url, {"confirmed": "yes"}).status_code == 404


@pytest.mark.slow
def test_what_is_asked_does_not_grow_with_the_facts(
    staff, shop, order, refund, django_assert_max_num_queries
):
    def count():
        with django_assert_max_num_queries(40) as queries:
            staff.get(f"/admin/downloads/order/{order.pk}/change/")
        return len(queries)

    DisputeFactory(shop=shop, state=Dispute.State.WON)
    before = count()
    for _ in range(5):
        RefundFactory(shop=shop, units={1: 1})
        DisputeFactory(shop=shop, state=Dispute.State.WON)
    assert count() == before


def test_the_buyers_other_orders_are_a_click_away(open_page, shop):
    buyer = CustomerFactory(shop=shop)
    mine, other = OrderFactory.create_batch(2, shop=shop, customer=buyer)
    strangers = OrderFactory(shop=shop)
    listed = open_page(mine, "support").click("1", href=r"\?customer=").html
    keys = {box["value"] for box in listed.select("#result_list input.action-select")}
    assert keys == {str(mine.pk), str(other.pk)}
    assert str(strangers.pk) not in keys
