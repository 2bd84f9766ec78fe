"""The files of a variant on its product's page, as the browser sends them."""

import pytest

from downloads import fulfilment
from downloads.models import Attachment, AttachmentRule, Product
from tests.factories import AttachmentFactory, LinkFactory, ProductFactory, ShopFactory
from tests.storefront.admin.rendered import address, form_of, save, sign_in


@pytest.fixture
def shop(db):
    return ShopFactory(default_limit=10)


@pytest.fixture
def open_page(django_app, shop):
    sign_in(django_app, "manager", shop)
    return lambda product: django_app.get(address(Product, "change", product.pk))


def attached():
    names = ("limit", "lifetime_days", "inherits_limit", "inherits_lifetime", "is_left_out")
    return list(Attachment.objects.order_by("pk").values_list(*names))


def test_each_empty_field_shows_what_applies(open_page, shop):
    held = AttachmentFactory(product__shop=shop, inherits_limit=True, inherits_lifetime=True)
    held.asset.limit, held.asset.inherits_limit = 3, False
    fulfilment.rules.set_default_terms(held.asset)
    form = form_of(open_page(held.product), Product)
    shown = {
        name: (form[name].value, form[name].attrs["placeholder"])
        for name in ("attachments-0-limit", "attachments-0-lifetime_days", "attachments-1-limit")
    }
    assert shown == {
        "attachments-0-limit": ("", "3, from the file"),
        "attachments-0-lifetime_days": ("", "no end, from the shop"),
        "attachments-1-limit": ("", "10, from the shop"),
    }


@pytest.mark.parametrize(
    ("limit", "days", "row"),
    [
        ("", "", (10, None, True, True, False)),
        ("4", "7", (4, 7, False, False, False)),
        ("Unlimited", "no end", (None, None, False, False, False)),
        (" 1 ", "", (1, None, False, True, False)),
    ],
)
def test_what_is_typed_is_kept(open_page, shop, limit, days, row):
    product, asset = ProductFactory(shop=shop), LinkFactory(shop=shop)
    form = form_of(open_page(product), Product)
    typed = {"asset": asset.pk, "limit": limit, "lifetime_days": days}
    answer = save(form, **{f"attachments-0-{name}": value for name, value in typed.items()})
    assert (answer.errors, attached()) == ([], [row])
    # And what is shown of it comes back as it was.
    page = open_page(product)
    assert save(form_of(page, Product)).errors == []
    assert attached() == [row]


@pytest.mark.parametrize("limit", ["0", "-1", "2.5", "many", "3000000000", "=1+1"])
def test_no_number_is_refused_with_what_to_enter(open_page, shop, limit):
    held = AttachmentFactory(product__shop=shop)
    form = form_of(open_page(held.product), Product)
    [error] = save(form, **{"attachments-0-limit": limit}).errors
    assert error.startswith("Enter a whole number from 1 to 2,147,483,647, “unlimited”, or nothing")


def test_an_own_row_takes_the_place_of_a_rules(open_page, shop):
    product, asset = ProductFactory(shop=shop, product_id=9), LinkFactory(shop=shop)
    rule = AttachmentRule(shop=shop, asset=asset, product_number=9, limit=1)
    fulfilment.rules.save_rule(rule)
    page = open_page(product)
    assert "By rule and product number" in page.text
    assert form_of(page, Product)["attachments-TOTAL_FORMS"].value == "1"
    typed = {"attachments-0-asset": asset.pk, "attachments-0-limit": 5}
    assert save(form_of(page, Product), **typed).errors == []
    assert Attachment.objects.get().source is None
    # Taken away, the rule's word comes back.
    form = form_of(open_page(product), Product)
    assert save(form, **{"attachments-0-DELETE": True}).errors == []
    assert (Attachment.objects.get().source, Attachment.objects.get().limit) == (rule, 1)


def test_not_this_file_by_one_press_and_back_by_one(open_page, shop):
    product, asset = ProductFactory(shop=shop, product_id=9), LinkFactory(shop=shop)
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, product_number=9))
    page = open_page(product)
    [form] = [form for form in page.forms.values() if "leave-out" in form.action]
    answer = form.submit("attachment").follow()
    assert "is not given to later buyers of this variant" in answer.text
    assert not Attachment.objects.given().exists()
    assert form_of(answer, Product)["attachments-0-is_left_out"].checked
    assert "is not attached any more" in form.submit("attachment").follow().text
    save(form_of(answer, Product), **{"attachments-0-is_left_out": False})
    assert Attachment.objects.given().exists()
