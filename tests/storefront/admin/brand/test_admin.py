import pytest
from webtest import Upload

from downloads.models import AuditEntry, Shop
from tests.downloads.brand.test_headers import picture
from tests.downloads.brand.test_logos import header_only
from tests.factories import ShopFactory
from tests.storefront.admin.rendered import address, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(django_app):
    shop = ShopFactory()
    sign_in(django_app, "manager", shop)
    return lambda: django_app.get(address(Shop, "change", shop.pk)).forms["shop_form"]


def test_a_brand_is_saved_as_the_form_is_sent(form):
    sent = form()
    sent["accent"] = "#FFFF00"
    sent["logo_upload"] = Upload("logo.gif", picture("GIF"), "image/gif")
    sent["support"] = "https://my-store.example/help"
    sent["address"] = "1 Main Street"
    page = sent.submit().follow()
    shop = Shop.objects.get()
    assert (shop.accent, shop.address) == ("#ffff00", "1 Main Street")
    assert shop.logo.storage.exists(shop.logo.name)
    assert "as #757500 on light grounds and as #ffff00 on dark ones" in page.text
    assert f'src="/brand/logos/{shop.logo.name.removeprefix("logos/")}.png"' in form().text
    changed = {name for entry in AuditEntry.objects.all() for name in entry.after}
    assert {"accent", "logo", "address", "support"} <= changed


@pytest.mark.slow
def test_a_logo_is_taken_away(form):
    sent = form()
    sent["logo_upload"] = Upload("logo.png", picture("PNG"), "image/png")
    sent.submit()
    sent = form()
    sent["logo_removed"] = True
    sent.submit()
    assert not Shop.objects.get().logo


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg><script>alert(1)</script></svg>", "no picture that we take"),
        (header_only(20_000, 20_000), "20,000 × 20,000 pixels"),
        (picture("PNG")[:60], "damaged"),
    ],
)
def test_a_logo_that_is_none_is_refused_with_the_reason(form, content, reason):
    sent = form()
    sent["logo_upload"] = Upload("logo.png", content, "image/png")
    sent["accent"] = "#123456"
    page = sent.submit()
    assert page.status_int == 200
    assert reason in page.text
    assert (Shop.objects.get().logo.name, Shop.objects.get().accent) == ("", "")
