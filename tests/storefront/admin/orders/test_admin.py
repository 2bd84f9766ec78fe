import pytest

from downloads import fulfilment
from downloads.models import Delivery, Grant, LineItem, Order
from storefront.platforms.shopify.reports import read_order
from storefront.signed_urls import new_click, ticket_url
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)

ADD = "/admin/downloads/order/add/"
FIELDS = {
    "number": 7,
    "customer": "",
    "payment": "paid",
    "cancelled_at_0": "",
    "cancelled_at_1": "",
    "grand_total": "9.90",
    "currency": "EUR",
    "placed_at_0": "2026-03-01",
    "placed_at_1": "12:00:00",
}


def order_form(*, lines=(), grants=(), held_lines=0, held_grants=0, **fields):
    """Return what the order's page sends."""
    data = FIELDS | fields
    for prefix, rows, held in (("lines", lines, held_lines), ("grants", grants, held_grants)):
        data |= {f"{prefix}-TOTAL_FORMS": held + len(rows) if prefix == "grants" else len(rows)}
        data |= {f"{prefix}-INITIAL_FORMS": held}
        for number, row in enumerate(rows, held if prefix == "grants" else 0):
            data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def change_url(order):
    return f"/admin/downloads/order/{order.pk}/change/"


@pytest.fixture
def attachment(db):
    return AttachmentFactory(limit=10)


@pytest.fixture
def by_hand(staff, attachment):
    """An order of two units made by hand, with its grant."""
    product = attachment.product
    line = {"product": product.pk, "quantity": 2, "current_quantity": ""}
    response = staff.post(ADD, order_form(shop=product.shop_id, lines=[line]))
    assert response.status_code == 302
    return Order.objects.get()


def test_an_order_made_by_hand_gets_its_grants(by_hand, attachment):
    grant = Grant.objects.with_facts().get()
    assert (grant.order, grant.asset, grant.bought) == (by_hand, attachment.asset, 20)
    assert grant.status(NOW) == "available"


@pytest.mark.slow
def test_units_given_back_by_hand_close_downloads_and_open_again(staff, by_hand):
    line = by_hand.lines.get()
    row = {"id": line.pk, "order": by_hand.pk, "product": line.product_id, "quantity": 2}
    for kept, expected in ((1, (10, False)), (0, (20, True)), (2, (0, False))):
        data = order_form(lines=[row | {"current_quantity": kept}], held_lines=1, held_grants=1)
        assert staff.post(change_url(by_hand), data).status_code == 302
        grant = Grant.objects.get()
        assert (grant.canceled, grant.refunded) == expected


def test_more_units_kept_than_bought_are_refused(staff, by_hand, errors_of):
    line = by_hand.lines.get()
    row = {"id": line.pk, "order": by_hand.pk, "product": line.product_id, "quantity": 2}
    data = order_form(lines=[row | {"current_quantity": 3}], held_lines=1, held_grants=1)
    response = staff.post(change_url(by_hand), data)
    assert errors_of(response) == ["At most the 2 that were bought."]
    assert LineItem.objects.get().current_quantity is None


def test_an_asset_is_attached_to_the_order_itself(staff, by_hand):
    asset = LinkFactory(shop=by_hand.shop)
    line = by_hand.lines.get()
    row = {"id": line.pk, "order": by_hand.pk, "product": line.product_id, "quantity": 2}
    data = order_form(
        lines=[row | {"current_quantity": ""}],
        held_lines=1,
        held_grants=1,
        grants=[{"order": by_hand.pk, "asset": asset.pk, "limit": 5, "lifetime_days": 30}],
    )
    assert staff.post(change_url(by_hand), data).status_code == 302
    grant = Grant.objects.get(line=None)
    assert (grant.asset, grant.bought, grant.lifetime_days) == (asset, 5, 30)
    assert grant.expires_at is not None


@pytest.mark.slow
@pytest.mark.parametrize("whose", ["another shop's", "the same again"])
def test_an_asset_that_does_not_fit_is_refused(staff, errors_of, whose):
    grant = GrantFactory(line=None)
    asset = LinkFactory() if whose == "another shop's" else grant.asset
    data = order_form(
        held_grants=1, grants=[{"order": grant.order_id, "asset": asset.pk, "limit": 5}]
    )
    response = staff.post(change_url(grant.order), data)
    assert errors_of(response) == [
        "This belongs to another shop."
        if whose == "another shop's"
        else "This order has this file or link already."
    ]
    assert Grant.objects.count() == 1


def test_products_and_customers_of_another_shop_are_refused(staff, errors_of):
    shop = ShopFactory()
    line = {"product": ProductFactory().pk, "quantity": 1, "current_quantity": ""}
    response = staff.post(
        ADD, order_form(shop=shop.pk, customer=CustomerFactory().pk, lines=[line])
    )
    assert errors_of(response) == [
        "This customer belongs to another shop.",
        "This belongs to another shop.",
    ]
    assert not Order.objects.exists()


def test_a_form_opened_before_a_download_does_not_take_it_back(staff, by_hand, client):
    line = by_hand.lines.get()
    row = {"id": line.pk, "order": by_hand.pk, "product": line.product_id, "quantity": 2}
    grant = Grant.objects.with_facts().get()
    stale = order_form(lines=[row | {"current_quantity": ""}], held_lines=1, held_grants=1)
    # What a form with editable counters would have sent along.
    stale |= {"grants-0-id": grant.pk, "grants-0-order": by_hand.pk, "grants-0-used": 0}
    grant_url = new_click(grant, at=grant.created_at).url
    assert client.get(grant_url).status_code == 302
    assert staff.post(change_url(by_hand), stale).status_code == 302
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count()) == (1, 1)


def test_what_a_shop_reported_is_read_only(staff, payload):
    shop = ShopFactory()
    order = fulfilment.record_order(shop, read_order(payload("order")), at=NOW).order
    data = order_form(number=99, payment="paid", held_lines=3)
    staff.post(change_url(order), data)
    order.refresh_from_db()
    assert (order.number, order.payment) == (1001, "pending")


def test_ending_the_links_ends_every_ticket(staff, client):
    order = OrderFactory()
    old = ticket_url(order)
    assert client.get(old).status_code == 200
    assert staff.get(f"/admin/downloads/order/{order.pk}/end-links/").status_code == 405
    staff.post(f"/admin/downloads/order/{order.pk}/end-links/")
    assert client.get(old).status_code == 404
    order.refresh_from_db()
    assert client.get(ticket_url(order)).status_code == 200


def test_the_same_by_an_action_on_many(staff, messages_of):
    orders = [OrderFactory(), OrderFactory()]
    response = staff.post(
        "/admin/downloads/order/",
        {"action": "end_page_links", "_selected_action": [order.pk for order in orders]},
        follow=True,
    )
    assert messages_of(response) == ["The page links of 2 orders have ended."]
    assert set(Order.objects.values_list("ticket_revision", flat=True)) == {1}


@pytest.mark.parametrize("path", ["link", "end-links", "mail"])
def test_order_buttons_are_for_staff_with_the_permission(clerk, client, path):
    order = OrderFactory()
    url = f"/admin/downloads/order/{order.pk}/{path}/"
    assert client.post(url).status_code == 302
    assert clerk("view_asset").post(url).status_code == 404
    assert clerk("view_order").post(url).status_code == 403
    order.refresh_from_db()
    assert order.ticket_revision == 0


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    LineFactory()
    with django_assert_num_queries(6):
        staff.get("/admin/downloads/order/")
    for _ in range(5):
        LineFactory(order__shop=Order.objects.first().shop)
    with django_assert_num_queries(6):
        staff.get("/admin/downloads/order/")


@pytest.mark.slow
def test_an_order_asks_the_same_for_one_line_and_for_many(staff, django_assert_num_queries):
    order = OrderFactory(platform_id=1)
    GrantFactory(order=order)
    staff.get(change_url(order))  # what the process remembers from then on
    with django_assert_num_queries(27):
        staff.get(change_url(order))
    GrantFactory.create_batch(5, order=order)
    with django_assert_num_queries(27):
        staff.get(change_url(order))


def test_a_saved_line_keeps_its_product_and_its_quantity(staff, by_hand, errors_of):
    line = by_hand.lines.get()
    other = ProductFactory(shop=by_hand.shop)
    row = {"id": line.pk, "order": by_hand.pk, "product": other.pk, "quantity": 1}
    data = order_form(lines=[row | {"current_quantity": ""}], held_lines=1, held_grants=1)
    response = staff.post(change_url(by_hand), data)
    assert errors_of(response) == [
        "Set the units kept to 0 and add a new line for another product.",
        "Lower the units kept instead, and raise them to undo.",
    ]
    line.refresh_from_db()
    assert (line.product_id == other.pk, line.quantity) == (False, 2)
    assert Grant.objects.get().bought == 20


def test_an_order_nobody_downloaded_from_is_deleted_with_its_grants(staff, by_hand):
    url = f"/admin/downloads/order/{by_hand.pk}/delete/"
    assert "Are you sure" in staff.get(url).content.decode()
    assert staff.post(url, {"post": "yes"}).status_code == 302
    assert (Order.objects.count(), Grant.objects.count(), LineItem.objects.count()) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("is_reset", [False, True])
def test_an_order_somebody_downloaded_from_stays(staff, by_hand, client, is_reset):
    grant = Grant.objects.with_facts().get()
    client.get(new_click(grant, at=grant.created_at).url)
    if is_reset:
        fulfilment.reset(grant, at=NOW)
    staff.post(f"/admin/downloads/order/{by_hand.pk}/delete/", {"post": "yes"})
    selected = {"action": "delete_selected", "_selected_action": by_hand.pk, "post": "yes"}
    staff.post("/admin/downloads/order/", selected)
    assert (Order.objects.count(), Grant.objects.count()) == (1, 1)


def test_a_new_asset_begins_with_a_limit_also_on_a_new_page(staff):
    html = staff.get("/admin/downloads/order/add/").content.decode()
    assert 'name="grants-__prefix__-limit" value="10"' in html
