"""Attaching to many products in their list, and who has files and who has none."""

import pytest

from downloads import fulfilment
from downloads.models import Attachment, AttachmentRule, Product
from tests.factories import (
    NOW,
    AttachmentFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.storefront.admin.rendered import sign_in

LIST = "/admin/downloads/product/"


@pytest.fixture
def shop(db):
    return ShopFactory(default_limit=10)


@pytest.fixture
def app(django_app, shop):
    sign_in(django_app, "manager", shop)
    return django_app


def chosen_form(page):
    return next(form for form in page.forms.values() if "confirmed" in form.fields)


def select(app, products, **entered):
    """Tick products in the list, choose the act, fill in its form and send it."""
    data = {"action": "attach_file", "_selected_action": [product.pk for product in products]}
    page = app.post(LIST, data | {"csrfmiddlewaretoken": _token(app)})
    form = chosen_form(page)
    for name, value in entered.items():
        form[name] = value
    return form.submit(expect_errors=True).maybe_follow()


def _token(app):
    return next(iter(app.get(LIST).forms["changelist-form"].fields["csrfmiddlewaretoken"])).value


def test_a_file_is_attached_to_all_variants_of_what_was_chosen(app, shop):
    asset = LinkFactory(shop=shop, title="Guide")
    books = [ProductFactory(shop=shop, product_id=9) for _ in range(2)]
    till = ProductFactory(shop=shop, product_id=None)
    LineFactory(order=OrderFactory(shop=shop), product=books[1])
    answer = select(app, [books[0], till], asset=str(asset.pk), limit="4")
    assert "“Guide” was attached to 2 products." in answer.text
    assert answer.html.find("a", string="Give it to past orders…")["href"].endswith("/past-orders/")
    rows = Attachment.objects.values_list("limit", "inherits_lifetime")
    assert list(rows) == [(4, True)] * 3
    rule = AttachmentRule.objects.get()
    assert (rule.product_number, rule.limit, rule.inherits_lifetime) == (9, 4, True)


def test_these_variants_alone(app, shop):
    asset = LinkFactory(shop=shop)
    books = [ProductFactory(shop=shop, product_id=9) for _ in range(2)]
    select(app, books[:1], asset=str(asset.pk), reach="variants")
    assert Attachment.objects.get().product == books[0]
    assert Attachment.objects.get().limit == 10


def test_all_that_a_filter_finds_is_attached_at_once(app, shop):
    asset = LinkFactory(shop=shop)
    AttachmentFactory(product=ProductFactory(shop=shop, name="With"), asset=LinkFactory(shop=shop))
    bare = [ProductFactory(shop=shop, product_id=None) for _ in range(3)]
    url = f"{LIST}?files=none"
    sent = {"action": "attach_file", "select_across": "1", "_selected_action": bare[0].pk}
    page = app.post(url, sent | {"csrfmiddlewaretoken": _token(app)})
    assert "3 variants are chosen" in page.text
    form = chosen_form(page)
    form["asset"] = str(asset.pk)
    form.submit().follow()
    assert Attachment.objects.filter(asset=asset).count() == 3


def test_products_of_two_shops_are_refused_in_words(staff, shop, messages_of):
    products = [ProductFactory(shop=shop), ProductFactory()]
    sent = {"action": "attach_file", "_selected_action": [each.pk for each in products]}
    answer = staff.post(LIST, sent, follow=True)
    assert messages_of(answer) == ["Choose products of one shop: a file belongs to one."]


def test_another_shops_file_is_no_choice(app, shop):
    LinkFactory(shop=shop)
    other = LinkFactory()
    page = select(app, [ProductFactory(shop=shop)])
    form = chosen_form(page)
    form["asset"].force_value(str(other.pk))
    assert "Select a valid choice" in form.submit().text
    assert not Attachment.objects.exists()


def test_the_list_shows_how_many_files_each_has_and_filters(app, shop):
    full, bare = (ProductFactory(shop=shop, name=name) for name in ("Full", "Bare"))
    AttachmentFactory(product=full, asset=LinkFactory(shop=shop))
    fulfilment.rules.leave_out(bare, LinkFactory(shop=shop))
    cells = {
        row.select_one("th").get_text(): row.select_one(".field-files").get_text()
        for row in app.get(LIST).html.select("#result_list tbody tr")
    }
    assert cells == {"Full": "1", "Bare": "0"}
    for value, name in (("none", "Bare"), ("some", "Full")):
        rows = app.get(f"{LIST}?files={value}").html.select("#result_list tbody th")
        assert [row.get_text() for row in rows] == [name]


def test_support_is_not_offered_it(django_app, shop):
    product = ProductFactory(shop=shop)
    LinkFactory(shop=shop)
    sign_in(django_app, "support", shop)
    page = django_app.get(LIST)
    assert "attach_file" not in page.text
    url = f"{LIST}{product.pk}/leave-out/"
    form = next(form for form in page.forms.values() if "csrfmiddlewaretoken" in form.fields)
    token = form["csrfmiddlewaretoken"].value
    answer = django_app.post(url, {"csrfmiddlewaretoken": token}, expect_errors=True)
    assert answer.status_int == 403


def test_a_product_made_by_hand_gets_what_rules_attach(app, shop):
    asset = LinkFactory(shop=shop)
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, tag="pdf"))
    form = app.get(f"{LIST}add/").forms["product_form"]
    form["name"], form["tags"] = "Book", "pdf"
    form["shop"].force_value(str(shop.pk))
    form.submit("_save").follow()
    assert Product.objects.get().attachments.get().asset == asset


def test_limits_of_rules_reach_earlier_orders_as_well(staff, shop, messages_of):
    asset, product = LinkFactory(shop=shop), ProductFactory(shop=shop, product_id=9)
    rule = AttachmentRule(shop=shop, asset=asset, product_number=9, limit=2)
    fulfilment.rules.save_rule(rule)
    line = LineFactory(order=OrderFactory(shop=shop), product=product)
    fulfilment.settle(line.order, at=NOW)
    rule.limit = 5
    fulfilment.rules.save_rule(rule)
    sent = {"action": "apply_limits", "_selected_action": product.pk, "confirmed": "yes"}
    staff.post(LIST, sent)
    assert line.grants.get().limit == 5
