from downloads import fulfilment
from downloads.models import Attachment, Grant
from tests.factories import NOW, AttachmentFactory, LineFactory, LinkFactory, ProductFactory


def product_form(product, *rows, initial=0):
    """Return what the product's page sends, with these attachment rows."""
    data = {
        "name": product.name,
        "tags": "books, paper-books",
        "variant_name": "",
        "sku": "",
        "vendor": "",
        "product_id": "",
        "variant_id": product.variant_id,
        "attachments-TOTAL_FORMS": len(rows),
        "attachments-INITIAL_FORMS": initial,
    }
    for number, row in enumerate(rows):
        row = {"product": product.pk, "limit": "", "lifetime_days": ""} | row
        data |= {f"attachments-{number}-{name}": value for name, value in row.items()}
    return data


def test_an_asset_attached_inline_reaches_earlier_buyers(staff, messages_of):
    line = LineFactory(quantity=2)
    product = line.product
    asset = LinkFactory(shop=product.shop)
    response = staff.post(
        f"/admin/downloads/product/{product.pk}/change/",
        product_form(product, {"asset": asset.pk, "limit": 3}),
        follow=True,
    )
    assert messages_of(response)[0] == f'"{asset}" was given to 1 earlier purchases too.'
    grant = Grant.objects.get()
    assert (grant.line, grant.asset, grant.limit, grant.bought) == (line, asset, 3, 6)
    product.refresh_from_db()
    assert product.tags == ["books", "paper-books"]


def test_another_shops_asset_is_refused(staff, errors_of):
    product = ProductFactory()
    response = staff.post(
        f"/admin/downloads/product/{product.pk}/change/",
        product_form(product, {"asset": LinkFactory().pk}),
    )
    assert errors_of(response) == ["This belongs to another shop."]
    assert not Attachment.objects.exists()


def test_limits_reach_earlier_orders_when_asked_and_after_saying_how_many(staff, messages_of):
    attachment = AttachmentFactory(limit=10)
    line = LineFactory(product=attachment.product, order__shop=attachment.product.shop)
    fulfilment.settle(line.order, at=NOW)
    Attachment.objects.update(limit=4)
    selected = {"action": "apply_limits", "_selected_action": attachment.product_id}
    url = "/admin/downloads/product/"
    asked = staff.post(url, selected)
    assert "4 per item – 1 earlier download will change" in asked.content.decode()
    assert Grant.objects.get().bought == 10
    done = staff.post(url, selected | {"confirmed": "yes"}, follow=True)
    assert messages_of(done) == ["1 earlier downloads now have the new limit."]
    assert Grant.objects.get().bought == 4


def test_a_saved_attachment_keeps_its_asset(staff, errors_of):
    attachment = AttachmentFactory()
    product = attachment.product
    other = LinkFactory(shop=product.shop)
    response = staff.post(
        f"/admin/downloads/product/{product.pk}/change/",
        product_form(product, {"id": attachment.pk, "asset": other.pk}, initial=1),
    )
    assert errors_of(response) == ["Remove this row and add another asset in a new one."]
    assert Attachment.objects.get().asset == attachment.asset
