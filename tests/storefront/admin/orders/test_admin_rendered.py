"""Assets attached to products and orders on the rendered page, by whoever may, to every order."""

import pytest

from downloads import fulfilment
from downloads.models import Attachment, Grant, LineItem, Order, Product
from storefront.platforms.shopify.reports import read_order
from storefront.staff.roles import PERMISSIONS
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.storefront.admin.rendered import (
    Answer,
    add_row,
    address,
    can_save,
    form_of,
    save,
    sign_in,
)

ALL = "reported, with downloads"
ROW_GONE = (
    "Files of this variant: Somebody took a row away since you opened this page. Open it anew and "
    "change it there."
)


def reported(shop, payload):
    order = read_order(payload("order"))
    return fulfilment.record_order(shop, order, at=NOW).order


def with_grants(shop, payload):
    order = reported(shop, payload)
    for line in order.lines.all():
        fulfilment.attach_to_product(line.product, LinkFactory(shop=shop), limit=2, at=NOW)
    return order


ORDERS = {
    "reported": reported,
    ALL: with_grants,
    "reported, without lines": lambda shop, _: OrderFactory(shop=shop, platform_id=7001),
    "reported, refunded": lambda shop, _: (
        LineFactory(
            order__shop=shop, order__platform_id=7001, platform_id=1, current_quantity=0
        ).order
    ),
    "by hand": lambda shop, _: GrantFactory(order__shop=shop).order,
    "by hand, without lines": lambda shop, _: OrderFactory(shop=shop),
    "by hand, an own asset": lambda shop, _: GrantFactory(order__shop=shop, line=None).order,
    "by hand, cancelled": lambda shop, _: OrderFactory(shop=shop, cancelled_at=NOW),
}


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def open_page(django_app, shop):
    """Return a function that signs a role in and opens a row's page; none adds a row."""
    signed_in = []

    def open_one(row, role="manager"):
        if not signed_in:
            signed_in.append(sign_in(django_app, role, shop))
        where = (type(row), "change", row.pk) if not isinstance(row, type) else (row, "add")
        return django_app.get(address(*where))

    return open_one


@pytest.fixture
def clerk_may(monkeypatch):
    """Return a function that makes a role of these permissions alone."""

    def make(*permissions):
        monkeypatch.setitem(PERMISSIONS, "clerk", {f"downloads.{each}" for each in permissions})

    return make


# --- To an order ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "role"),
    [*((kind, "manager") for kind in ORDERS), *((ALL, role) for role in ("owner", "superuser"))],
)
def test_an_asset_is_attached_to_any_order(open_page, shop, payload, kind, role):
    order = ORDERS[kind](shop, payload)
    lines = list(order.lines.values())
    asset = LinkFactory(shop=shop)
    form = form_of(open_page(order, role), Order)
    add_row(form, "grants", asset=asset.pk, limit=3)
    answer = save(form)
    assert (answer.errors, answer.status) == ([], 302)
    grant = Grant.objects.get(order=order, asset=asset)
    assert (grant.line, grant.limit, grant.bought) == (None, 3, 3)
    assert list(order.lines.values()) == lines


@pytest.mark.slow
def test_what_does_not_open_is_told_at_once(open_page, shop):
    order, asset = OrderFactory(shop=shop, cancelled_at=NOW), LinkFactory(shop=shop)
    form = form_of(open_page(order), Order)
    add_row(form, "grants", asset=asset.pk)
    assert save(form).notes[0] == (
        f"Attached to the order: “{asset}”. It stays closed: the order was cancelled. Empty "
        "“Cancelled on” on the order’s page."
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORDERS)
def test_what_is_refused_stands_at_its_field(open_page, shop, payload, kind):
    order = ORDERS[kind](shop, payload)
    held = GrantFactory(order=order, line=None).asset
    form = form_of(open_page(order), Order)
    add_row(form, "grants", asset=held.pk)
    add_row(form, "grants", limit=3)
    answer = save(form)
    assert answer.errors == ["This order has this file or link already.", "This field is required."]
    assert len(answer.page.html.select("#grants-group .errorlist")) == 2
    assert Grant.objects.filter(order=order, line=None).count() == 1 + (
        kind == "by hand, an own asset"
    )


@pytest.mark.slow
def test_an_order_made_by_hand_gets_lines_and_assets(open_page, shop):
    attachment, asset = AttachmentFactory(product__shop=shop), LinkFactory(shop=shop)
    form = form_of(open_page(Order), Order)
    add_row(form, "lines", product=attachment.product_id, quantity=2)
    add_row(form, "grants", asset=asset.pk)
    answer = save(form, number=9)
    assert (answer.errors, answer.status) == ([], 302)
    bought = Grant.objects.order_by("bought").values_list("asset", "bought")
    assert list(bought) == [(asset.pk, 10), (attachment.asset_id, 20)]
    order = Order.objects.get(number=9)
    answer = save(form_of(open_page(order), Order), **{"lines-0-current_quantity": 0})
    assert (answer.errors, order.grants.get(asset=attachment.asset).refunded) == ([], True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("product", None, "Set the units kept to 0 and add a new line for another product."),
        ("quantity", 1, "Lower the units kept instead, and raise them to undo."),
        ("current_quantity", 3, "At most the 2 that were bought."),
    ],
)
def test_a_line_that_may_be_changed_is_judged(open_page, shop, name, value, error):
    line = LineFactory(order__shop=shop, quantity=2)
    value = ProductFactory(shop=shop).pk if value is None else value
    answer = save(form_of(open_page(line.order), Order), **{f"lines-0-{name}": value})
    assert answer.errors == [error]
    assert LineItem.objects.get().quantity == 2


@pytest.mark.slow
def test_an_order_of_many_lines_is_saved(open_page, shop):
    order = OrderFactory(shop=shop, platform_id=7001)
    product = ProductFactory(shop=shop)
    # Each sends two fields, and Django takes 1,000 unless it is told otherwise.
    LineItem.objects.bulk_create(
        LineItem(order=order, product=product, platform_id=number) for number in range(505)
    )
    answer = save(form_of(open_page(order), Order))
    assert (answer.errors, answer.status) == ([], 302)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "given", "note"),
    [
        ("Release: open although it is held", {"hold": "risk"}, "1 released."),
        ("Send the mail", {}, "1 to be told by mail; look under Mail in a moment."),
        (
            "End all links to the customer’s page",
            {},
            "All links to this order's page that we sent have ended.",
        ),
    ],
)
def test_the_buttons_of_an_order(open_page, shop, label, given, note):
    GrantFactory(order__shop=shop, order__platform_id=7001)
    Order.objects.update(**given)
    order = Order.objects.get()
    page = open_page(order)
    forms = dict.fromkeys(page.forms.values())
    (form,) = [form for form in forms if f">{label}<" in form.text]
    assert Answer(form.submit()).notes == [note]


# --- To a product --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("role", ["manager", "owner", "superuser"])
def test_an_asset_is_attached_to_a_product_whose_buyers_get_it(open_page, shop, payload, role):
    order, asset = reported(shop, payload), LinkFactory(shop=shop)
    line = order.lines.first()
    page = open_page(line.product, role)
    form = form_of(page, Product)
    answer = save(form, **{"attachments-0-asset": asset.pk, "attachments-0-limit": 3})
    assert (answer.errors, answer.status) == ([], 302)
    form = form_of(open_page(line.product, role), Product)
    add_row(form, "attachments", asset=LinkFactory(shop=shop).pk)
    assert save(form, **{"attachments-0-limit": 4}).errors == []
    assert sorted(line.product.attachments.values_list("limit", flat=True)) == [4, 10]
    assert line.grants.count() == 2


@pytest.mark.slow
@pytest.mark.parametrize("how", ["the same twice", "another in its place"])
def test_what_is_refused_of_a_product_can_be_read(open_page, shop, how):
    held = AttachmentFactory(product__shop=shop)
    form = form_of(open_page(held.product), Product)
    if how == "the same twice":
        answer = save(form, **{"attachments-1-asset": held.asset_id})
        assert "Please correct the duplicate" in " ".join(answer.errors)
    else:
        answer = save(form, **{"attachments-0-asset": LinkFactory(shop=shop).pk})
        assert answer.errors == ["Remove this row and add another file or link in a new one."]
    assert Attachment.objects.get().asset == held.asset


def test_a_row_that_is_removed_is_not_judged(open_page, shop):
    held = AttachmentFactory(product__shop=shop)
    form = form_of(open_page(held.product), Product)
    other = LinkFactory(shop=shop).pk
    answer = save(form, **{"attachments-0-asset": other, "attachments-0-DELETE": True})
    assert (answer.errors, Attachment.objects.count()) == ([], 0)


@pytest.mark.slow
def test_a_row_that_somebody_took_away_meanwhile_is_named(open_page, shop):
    held = AttachmentFactory(product__shop=shop)
    other = AttachmentFactory(product=held.product, asset__shop=shop)
    form = form_of(open_page(held.product), Product)
    held.delete()
    answer = save(form, **{"attachments-1-limit": 4})
    assert (answer.has_errors, answer.errors) == (True, [ROW_GONE])
    other.refresh_from_db()
    assert other.limit == 10


# --- By whoever may do less ----------------------------------------------------------------------


def test_who_may_not_change_what_is_attached_still_saves_the_product(clerk_may, open_page, shop):
    clerk_may("view_product", "change_product", "view_attachment", "view_asset")
    held = AttachmentFactory(product__shop=shop)
    assert save(form_of(open_page(held.product, "clerk"), Product), name="New").errors == []
    held.product.refresh_from_db()
    assert (held.product.name, Attachment.objects.get().limit) == ("New", 10)


def test_who_may_add_but_not_change_what_is_attached_adds(clerk_may, open_page, shop):
    clerk_may("view_product", "change_product", "view_attachment", "add_attachment", "view_asset")
    held, asset = AttachmentFactory(product__shop=shop), LinkFactory(shop=shop)
    form = form_of(open_page(held.product, "clerk"), Product)
    assert save(form, **{"attachments-1-asset": asset.pk}).errors == []
    assert set(held.product.attachments.values_list("asset", flat=True)) == {
        held.asset_id,
        asset.pk,
    }


@pytest.mark.parametrize("of", ["order", "product"])
def test_a_page_that_may_only_be_read_offers_nothing_to_save(clerk_may, open_page, shop, of):
    clerk_may(
        *("view_order", "view_grant", "add_grant", "view_lineitem", "change_lineitem"),
        *("view_product", "view_attachment", "add_attachment", "change_attachment", "view_asset"),
    )
    line = LineFactory(order__shop=shop)
    page = open_page(getattr(line, of), "clerk")
    assert not can_save(page, type(getattr(line, of)))
    assert page.html.select("[name$=__prefix__-asset], [name$=quantity], [name$=limit]") == []


def test_support_reads_an_order_and_finds_no_button(open_page, shop):
    page = open_page(GrantFactory(order__shop=shop).order, "support")
    assert not can_save(page, Order)
