import pytest

from downloads import fulfilment
from downloads.models import Order
from tests.downloads.reported import dispute_report, order_report, refund_report, risk_report
from tests.factories import NOW, LineFactory, OrderFactory, ShopFactory
from tests.storefront.admin.orders.test_admin import order_form

URL = "/admin/downloads/order/"
OPEN, WON = "open", "won"


@pytest.fixture
def held(db):
    """A paid order whose payment is disputed."""
    shop = ShopFactory()
    fulfilment.record_order(shop, order_report(), at=NOW)
    fulfilment.record_dispute(shop, 7001, dispute_report(OPEN), at=NOW)
    return Order.objects.get()


def page_of(client, order):
    return client.get(f"{URL}{order.pk}/change/").content.decode()


def hold_of(order):
    order.refresh_from_db()
    return order.hold


@pytest.mark.slow
def test_a_held_order_says_so(staff, held):
    OrderFactory()
    assert staff.get(URL).content.decode().count("The payment is disputed</td>") == 1
    assert "The payment is disputed</div>" in page_of(staff, held)
    assert "1 result" in staff.get(URL, {"hold__exact": "dispute"}).content.decode()
    assert "1 result" in staff.get(URL, {"hold__exact": ""}).content.decode()


@pytest.mark.slow
def test_the_button_releases_a_held_order(staff, held, messages_of):
    button = f'action="{URL}{held.pk}/release/"'
    assert button in page_of(staff, held)
    assert staff.get(f"{URL}{held.pk}/release/").status_code == 405
    response = staff.post(f"{URL}{held.pk}/release/", follow=True)
    assert messages_of(response) == ["1 released."]
    assert hold_of(held) == ""
    assert button not in page_of(staff, held)


def test_the_action_releases_those_that_are_held(staff, held, messages_of):
    other = OrderFactory(number=1051)
    data = {"action": "release", "_selected_action": [held.pk, other.pk]}
    assert messages_of(staff.post(URL, data, follow=True)) == [
        "1 released.",
        "Order 1051: This order is not held.",
    ]
    assert hold_of(held) == ""


@pytest.mark.slow
@pytest.mark.parametrize(("permissions", "status"), [((), 404), (("view_order",), 403)])
def test_a_clerk_who_may_only_look_releases_nothing(clerk, held, permissions, status):
    client = clerk(*permissions)
    assert client.post(f"{URL}{held.pk}/release/").status_code == status
    client.post(URL, {"action": "release", "_selected_action": held.pk})
    assert hold_of(held) == "dispute"
    if permissions:
        assert "Release:" not in page_of(client, held) + client.get(URL).content.decode()


@pytest.mark.slow
def test_the_page_tells_what_came_up(staff, held):
    fulfilment.record_refund(held.shop, 7001, refund_report(1, {1: 1}), at=NOW)
    fulfilment.record_refund(held.shop, 7001, refund_report(2, {}), at=NOW)
    fulfilment.record_dispute(held.shop, 7001, dispute_report(WON), at=NOW)
    fulfilment.record_risk(held.shop, 7001, risk_report(), at=NOW)
    fulfilment.record_risk(ShopFactory(), 7001, risk_report(), at=NOW)
    page = page_of(staff, held)
    told = [
        "refund of 1 item",
        "refund of money alone",
        "payment disputed. Won: the shop keeps the money",
        "high risk of fraud",
    ]
    places = [page.index(f"<span>1 Mar 2026: {words}</span>") for words in told]
    assert places == sorted(places)


@pytest.mark.slow
def test_the_page_asks_the_same_for_one_fact_and_for_many(
    staff, held, django_assert_max_num_queries
):
    def count():
        with django_assert_max_num_queries(40) as queries:
            page_of(staff, held)
        return len(queries)

    fulfilment.record_refund(held.shop, 7001, refund_report(1, {1: 1}), at=NOW)
    before = count()
    for number in range(2, 6):
        fulfilment.record_refund(held.shop, 7001, refund_report(number, {1: 1}), at=NOW)
        dispute = dispute_report(OPEN, number=number)
        fulfilment.record_dispute(held.shop, 7001, dispute, at=NOW)
    assert count() == before


def test_an_order_made_by_hand_has_nothing_to_tell(staff):
    assert "What came up" not in page_of(staff, LineFactory().order)


@pytest.mark.parametrize("is_new", [True, False])
def test_a_saved_order_locks_its_shop_before_it_writes(staff, steps, is_new):
    shop = ShopFactory()
    url = f"{URL}add/" if is_new else f"{URL}{OrderFactory(shop=shop).pk}/change/"
    with steps() as told:
        assert staff.post(url, order_form(shop=shop.pk)).status_code == 302
    assert told[:2] == ["lock shop", "downloads_order"]
