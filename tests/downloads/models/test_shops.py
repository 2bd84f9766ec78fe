import pytest
from django.core.exceptions import ValidationError

from downloads.models import Customer, Plan, Shop
from tests.factories import NOW, CustomerFactory, ShopFactory


@pytest.mark.django_db
def test_premium_alone_shows_links_in_a_customers_account():
    assert dict(Plan.objects.values_list("name", "customer_account_links")) == {
        "free": False,
        "basic": False,
        "growth": False,
        "premium": True,
    }


@pytest.mark.django_db
def test_a_new_shop_starts_on_premium_with_the_documents_words():
    shop = Shop.objects.create(name="My store", domain="my-store.example")
    assert shop.plan_id == "premium"
    assert (shop.page_title, shop.page_text) == ("Download files for your orders", "")
    assert (shop.link_urls, shop.default_limit) == ("direct", 10)


@pytest.mark.parametrize("domain", ["my-store", "my-store.example", "a", "1.example", "a.b.c"])
@pytest.mark.django_db
def test_a_domain_alone_is_accepted(domain):
    Shop(name="My store", domain=domain).full_clean()


@pytest.mark.parametrize(
    "domain",
    [
        "My-Store.example",
        "https://a.example",
        "a.example/",
        "a.example:80",
        "a b",
        "-a",
        "a.",
        "a\n",
    ],
)
@pytest.mark.django_db
def test_anything_beside_a_domain_is_refused(domain):
    with pytest.raises(ValidationError) as refusal:
        Shop(name="My store", domain=domain).full_clean()
    assert refusal.value.message_dict == {
        "domain": ["Enter the domain alone, in lower case, like my-store.example."]
    }


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"first_name": "Ada", "last_name": "L.", "email": "a@example.com"}, "Ada L."),
        ({"first_name": "Ada", "email": "a@example.com"}, "Ada"),
        ({"email": "a@example.com"}, "a@example.com"),
        ({"pk": 7}, "Customer 7"),
    ],
)
def test_a_customer_is_called_by_what_is_known(fields, name):
    assert str(Customer(**fields)) == name


@pytest.mark.django_db
def test_a_shop_is_called_by_its_name():
    assert str(ShopFactory(name="My store")) == "My store"


@pytest.mark.django_db
def test_being_erased_says_the_same_in_memory_and_in_sql():
    kept, erased = CustomerFactory(), CustomerFactory(erased_at=NOW)
    assert (kept.is_erased, erased.is_erased) == (False, True)
    assert list(Customer.objects.not_erased()) == [kept]
