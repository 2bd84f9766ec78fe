import pytest
from django.contrib.admin.models import LogEntry

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


def test_without_a_secret_a_fresh_one_is_made_and_shown_once(staff, settings):
    settings.PUBLIC_BASE_URL = "https://files.example"
    shop = ShopFactory(name="Ada & Sons", domain="own.example")
    page = staff.post(f"{URL}add/", add_form(shop, " ") | {"source": "generic"})
    row = WebhookSecret.objects.get()
    assert (page.status_code, row.shop, row.source) == (200, shop, "generic")
    assert row.hint == row.reveal()[-4:]
    words = page.content.decode()
    assert f"<code>{row.reveal()}</code>" in words
    assert "A shop of your own: webhook secret of Ada &amp; Sons" in words
    assert "https://files.example/webhooks/generic/own.example" in words
    for path in ("", f"{row.pk}/change/", f"{row.pk}/history/"):
        assert row.reveal() not in staff.get(URL + path).content.decode()
    assert LogEntry.objects.get().object_repr == f"Webhook secret …{row.hint}"


def test_each_fresh_secret_is_another(staff):
    for _time in range(3):
        staff.post(f"{URL}add/", add_form(ShopFactory(), "") | {"source": "generic"})
    assert len({row.reveal() for row in WebhookSecret.objects.all()}) == 3


def test_shopify_makes_its_secrets_itself(staff, errors_of):
    response = staff.post(f"{URL}add/", add_form(ShopFactory(), ""))
    (error,) = errors_of(response)
    assert error.startswith(
        "Shopify makes the secret itself. In Shopify you find the secret under Settings → "
        "Notifications → Webhooks, below the list."
    )
    assert not WebhookSecret.objects.exists()


PASTED = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


@pytest.mark.parametrize("pasted", [PASTED, f"  {PASTED}\n", PASTED.removeprefix("whsec_")])
def test_a_secret_of_a_shops_own_may_be_pasted(staff, pasted):
    form = add_form(ShopFactory(), pasted) | {"source": "generic"}
    response = staff.post(f"{URL}add/", form)
    assert (response.status_code, response["Location"]) == (302, URL)
    assert WebhookSecret.objects.get().reveal() == pasted.strip()


@pytest.mark.parametrize(
    ("pasted", "error"),
    [
        (
            "hunter2!hunter2!",
            "Such a secret is whsec_ and base64 behind it. "
            "Leave the field empty, and one is made for you.",
        ),
        (PASTED[:-4], "This secret has 21 bytes; it needs 24 to 64."),
        ("whsec_" + "A" * 88, "This secret has 66 bytes; it needs 24 to 64."),
        ("whsec_AAAA", "Ensure this value has at least 16 characters (it has 10)."),
    ],
)
def test_a_secret_that_no_shop_can_sign_with_is_refused(staff, errors_of, pasted, error):
    response = staff.post(f"{URL}add/", add_form(ShopFactory(), pasted) | {"source": "generic"})
    assert errors_of(response) == [error]
    assert pasted not in response.content.decode()
    assert not WebhookSecret.objects.exists()


def test_a_form_without_a_shop_makes_no_secret(staff, errors_of):
    response = staff.post(f"{URL}add/", {"shop": "", "source": "generic", "secret": ""})
    assert errors_of(response) == ["This field is required."]
    assert not WebhookSecret.objects.exists()


def test_a_platform_we_do_not_know_is_refused(staff):
    for secret in (SECRET, ""):
        staff.post(f"{URL}add/", add_form(ShopFactory(), secret) | {"source": "other"})
    assert not WebhookSecret.objects.exists()


def test_the_page_gives_the_address_for_the_platform(staff, settings):
    settings.PUBLIC_BASE_URL = "https://files.example"
    row = WebhookSecret.keep(ShopFactory(), source="shopify", secret=SECRET)
    for path in ("add/", f"{row.pk}/change/"):
        page = staff.get(URL + path).content.decode()
        assert "https://files.example/webhooks/shopify/" in page
    page = staff.get(f"{URL}add/").content.decode()
    assert "https://files.example/webhooks/generic/… and the shop&#x27;s domain" in page


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
