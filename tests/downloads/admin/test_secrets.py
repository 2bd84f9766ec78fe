import pytest

from storefront.models import WebhookSecret
from tests.factories import NOW, ShopFactory

URL = "/admin/storefront/webhooksecret/"
SECRET = "shpss_0123456789abcdef"


def add_form(shop, secret):
    return {"shop": shop.pk, "source": "shopify", "secret": secret}


def test_a_pasted_secret_is_kept_sealed_and_never_shown(staff):
    shop = ShopFactory()
    assert staff.post(f"{URL}add/", add_form(shop, f"  {SECRET}\n")).status_code == 302
    row = WebhookSecret.objects.get()
    assert (row.shop, row.source, row.hint, row.reveal()) == (shop, "shopify", "cdef", SECRET)
    for path in ("", f"{row.pk}/change/", f"{row.pk}/history/"):
        page = staff.get(URL + path).content.decode()
        assert "cdef" in page
        assert SECRET not in page
        assert row.sealed not in page


def test_a_secret_that_is_too_short_is_refused_and_not_repeated(staff, errors_of):
    response = staff.post(f"{URL}add/", add_form(ShopFactory(), "hunter2hunter2"))
    assert errors_of(response) == ["Ensure this value has at least 16 characters (it has 14)."]
    assert "hunter2" not in response.content.decode()
    assert not WebhookSecret.objects.exists()


def test_a_platform_we_do_not_know_is_refused(staff):
    staff.post(f"{URL}add/", add_form(ShopFactory(), SECRET) | {"source": "other"})
    assert not WebhookSecret.objects.exists()


def test_the_page_gives_the_address_for_the_platform(staff, settings):
    settings.PUBLIC_BASE_URL = "https://files.example"
    row = WebhookSecret.keep(ShopFactory(), source="shopify", secret=SECRET)
    for path in ("add/", f"{row.pk}/change/"):
        page = staff.get(URL + path).content.decode()
        assert "https://files.example/webhooks/shopify" in page


def test_only_its_end_can_be_set(staff):
    row = WebhookSecret.keep(ShopFactory(), source="shopify", secret=SECRET)
    form = add_form(ShopFactory(), "another secret, long enough")
    form |= {"expires_at_0": "2027-01-02", "expires_at_1": "00:00:00"}
    assert staff.post(f"{URL}{row.pk}/change/", form).status_code == 302
    kept = WebhookSecret.objects.get()
    assert (kept.shop, kept.sealed, kept.hint) == (row.shop, row.sealed, row.hint)
    assert kept.expires_at.year == 2027


def test_a_revoked_secret_stays_in_the_list(staff, messages_of):
    row = WebhookSecret.keep(ShopFactory(), source="shopify", secret=SECRET)
    data = {"action": "revoke", "_selected_action": row.pk}
    assert messages_of(staff.post(URL, data, follow=True)) == ["1 revoked."]
    assert not WebhookSecret.objects.get().is_usable(NOW)


@pytest.mark.parametrize("permission", ["view_webhooksecret", "change_webhooksecret"])
def test_a_clerk_without_the_permission_adds_none(clerk, permission):
    client = clerk(permission)
    assert client.post(f"{URL}add/", add_form(ShopFactory(), SECRET)).status_code == 403
    row = WebhookSecret.keep(ShopFactory(), source="shopify", secret=SECRET)
    client.post(URL, {"action": "revoke", "_selected_action": row.pk})
    assert WebhookSecret.objects.get().is_usable(NOW) == (permission == "view_webhooksecret")


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    WebhookSecret.keep(ShopFactory(), source="shopify", secret=SECRET)
    with django_assert_num_queries(6):
        staff.get(URL)
    for _ in range(5):
        WebhookSecret.keep(ShopFactory(), source="shopify", secret=SECRET)
    with django_assert_num_queries(6):
        staff.get(URL)
