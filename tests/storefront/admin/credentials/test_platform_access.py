import pytest
from django_tasks_db.models import DBTaskResult

from storefront.models import PlatformAccess
from storefront.reconciling import reconcile_in_background
from tests.factories import NOW, ShopFactory
from tests.invariants.reconciliation.conftest import give_access
from tests.invariants.reconciliation.shopify import TOKEN, ShopifyShop
from tests.invariants.reconciliation.woocommerce import KEY, SECRET

URL = "/admin/storefront/platformaccess/"
ADDRESS = "https://my-store.myshopify.com"


@pytest.fixture
def access(db):
    return give_access(ShopFactory(name="My store"), "shopify", ADDRESS)


def form_of(shop, **values):
    entered = {"shop": shop.pk, "source": "shopify", "address": ADDRESS, "key": "", "secret": TOKEN}
    return entered | values


def test_a_token_that_is_entered_is_kept_and_never_shown(staff):
    shop = ShopFactory()
    assert staff.post(f"{URL}add/", form_of(shop, secret=f" {TOKEN}\n")).status_code == 302
    row = PlatformAccess.objects.get()
    assert (row.shop, row.source, row.address, row.hint) == (shop, "shopify", ADDRESS, TOKEN[-4:])
    assert row.reveal() == ("", TOKEN)
    for path in ("", f"{row.pk}/change/", f"{row.pk}/history/"):
        page = staff.get(URL + path).content.decode()
        assert ADDRESS in page
        assert TOKEN not in page
        assert row.sealed not in page


def test_a_key_and_a_secret_belong_together(staff):
    shop = ShopFactory()
    entered = form_of(shop, source="woocommerce", address="shop.example", key=KEY, secret=SECRET)
    assert staff.post(f"{URL}add/", entered).status_code == 302
    row = PlatformAccess.objects.get()
    assert (row.address, row.reveal()) == ("https://shop.example", (KEY, SECRET))


@pytest.mark.parametrize(
    ("entered", "errors"),
    [
        ({"secret": ""}, ["Enter what opens the platform's API."]),
        ({"key": KEY, "secret": ""}, ["Enter what opens the platform's API."]),
        ({"source": "woocommerce"}, ["Enter the key and the secret, both."]),
        ({"secret": "short"}, ["Ensure this value has at least 16 characters (it has 5)."]),
        ({"secret": "two words, long enough"}, ["Copy it whole and alone, without spaces."]),
        (
            {"address": "https://localhost"},
            ["Enter the shop's public address, not a local or private one."],
        ),
        (
            {"source": "generic"},
            ["Select a valid choice. generic is not one of the available choices."],
        ),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused_and_not_repeated(staff, errors_of, entered, errors):
    response = staff.post(f"{URL}add/", form_of(ShopFactory(), **entered))
    assert errors_of(response) == errors
    assert TOKEN not in response.content.decode()
    assert not PlatformAccess.objects.exists()


def test_a_second_access_of_a_shop_is_refused(staff, errors_of, access):
    response = staff.post(f"{URL}add/", form_of(access.shop))
    assert errors_of(response) == ["This shop has an access to this platform already."]


def test_the_token_stays_where_none_is_entered(staff, access):
    page = f"{URL}{access.pk}/change/"
    other = form_of(ShopFactory(), secret="", source="woocommerce", address=f"{ADDRESS}/x")
    assert staff.post(page, other).status_code == 302
    kept = PlatformAccess.objects.get()
    assert (kept.shop, kept.source, kept.address) == (access.shop, "shopify", f"{ADDRESS}/x")
    assert kept.reveal() == ("", TOKEN)


def test_the_token_goes_to_no_other_host(staff, errors_of, access):
    page = f"{URL}{access.pk}/change/"
    moved = form_of(access.shop, secret="", address="https://evil.example")
    assert errors_of(staff.post(page, moved)) == [
        "Enter it again: what was entered for one address goes to no other."
    ]
    assert PlatformAccess.objects.get().address == ADDRESS
    assert staff.post(page, moved | {"secret": "shpat_of_another_shop"}).status_code == 302
    assert PlatformAccess.objects.get().reveal() == ("", "shpat_of_another_shop")


@pytest.mark.parametrize(("address", "is_kept"), [(ADDRESS, True), (f"{ADDRESS}/x", False)])
def test_another_address_is_asked_for_everything_anew(staff, access, address, is_kept):
    PlatformAccess.objects.update(complete_from=NOW)
    staff.post(f"{URL}{access.pk}/change/", form_of(access.shop, address=address))
    assert (PlatformAccess.objects.get().complete_from == NOW) is is_kept


@pytest.mark.slow
def test_reconcile_now_has_it_done_in_the_background(staff, messages_of, settings):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    with ShopifyShop() as platform:
        access = give_access(ShopFactory(name="My store"), "shopify", platform.address)
        chosen = {"action": "reconcile", "_selected_action": access.pk}
        assert messages_of(staff.post(URL, chosen, follow=True)) == [
            "My store: Shopify is being asked in the background. What was repaired stands here "
            "once it is done."
        ]
        task = DBTaskResult.objects.get().task
        assert task.name == "reconcile_in_background"
        assert reconcile_in_background.call(access.pk) == "Repaired 1 of 1 shop."
    page = staff.get(f"{URL}{access.pk}/change/").content.decode()
    assert "Repaired 1 of 1 shop." in page
    assert "shop: changed" in page
    assert "Repaired 1 of 1 shop." in staff.get(URL).content.decode()


@pytest.mark.parametrize("permission", ["view_platformaccess", "change_platformaccess"])
def test_a_clerk_without_the_permission_neither_adds_nor_asks(clerk, access, permission):
    client = clerk(permission)
    assert client.post(f"{URL}add/", form_of(ShopFactory())).status_code == 403
    client.post(URL, {"action": "reconcile", "_selected_action": access.pk})
    assert DBTaskResult.objects.exists() is (permission == "change_platformaccess")


def test_the_list_asks_the_same_for_one_and_for_many(staff, access, django_assert_num_queries):
    with django_assert_num_queries(8):
        staff.get(URL)
    for _ in range(5):
        give_access(ShopFactory(), "shopify", ADDRESS)
    with django_assert_num_queries(8):
        staff.get(URL)
