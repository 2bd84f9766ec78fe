import pytest
from django.contrib.admin.models import LogEntry

from downloads import fulfilment
from downloads.models import Account, Customer, Grant, Reader
from storefront.admin.customers.admin import CustomerForm
from storefront.models import CustomerToken
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory

URL = "/admin/downloads/customer/"


def chosen(action, *customers, **more):
    return {"action": action, "_selected_action": [row.pk for row in customers]} | more


def test_a_customer_stays_in_its_shop_and_its_address_is_lower_case(staff):
    customer = CustomerFactory()
    data = {"shop": ShopFactory().pk, "email": "ADA@Example.com", "platform_id": ""}
    staff.post(f"/admin/downloads/customer/{customer.pk}/change/", data)
    shop = customer.shop
    customer.refresh_from_db()
    assert (customer.shop, customer.email) == (shop, "ada@example.com")


@pytest.mark.parametrize(
    "email", ["a..b@docomo.ne.jp", "x.@ezweb.ne.jp", "jürgen@exämple.example", "x y@z.example"]
)
def test_a_customer_with_an_address_that_a_shop_took_can_be_saved(staff, email):
    customer = CustomerFactory(email=email)
    staff.post(f"{URL}{customer.pk}/change/", {"email": email, "first_name": "Hana"})
    customer.refresh_from_db()
    assert (customer.email, customer.first_name) == (email, "Hana")


@pytest.mark.parametrize("email", ["ada", "a@", "@b", "a@b@c", f"{'a' * 250}@x.example"])
def test_what_no_shop_takes_for_an_address_is_refused(staff, email):
    customer = CustomerFactory(email="ada@example.com")
    page = staff.post(f"{URL}{customer.pk}/change/", {"email": email})
    customer.refresh_from_db()
    assert (page.status_code, customer.email) == (200, "ada@example.com")


def test_a_corrected_address_parts_the_account_of_the_former_one(staff):
    ada = CustomerFactory(email="typo@example.com")
    account = Account.objects.create(
        shop=ada.shop, customer=ada, email="typo@example.com", confirmed_at=NOW
    )
    token, _bearer = CustomerToken.issue(ada, at=NOW, account=account)
    entered = {"email": "typo@example.com", "first_name": "Ada", "platform_id": ""}
    staff.post(f"{URL}{ada.pk}/change/", entered)
    assert CustomerToken.objects.get().reader == Reader(ada)
    staff.post(f"{URL}{ada.pk}/change/", entered | {"email": "ada@example.com"})
    account.refresh_from_db()
    assert (account.customer.pk == ada.pk, account.customer.email) == (False, "typo@example.com")
    token = CustomerToken.objects.get(pk=token.pk)
    assert token.reader == Reader(account.customer, "typo@example.com")


def test_a_customer_is_erased_with_the_tokens_and_the_order_stays(staff):
    grant = GrantFactory()
    customer = grant.order.customer
    CustomerToken.issue(customer, at=NOW)
    staff.post(f"/admin/downloads/customer/{customer.pk}/delete/", {"post": "yes"})
    grant.order.refresh_from_db()
    assert (grant.order.customer, CustomerToken.objects.count()) == (None, 0)


def test_a_customers_data_is_exported_for_one_at_a_time(staff, messages_of):
    ada, grace = CustomerFactory(email="ada@example.com"), CustomerFactory()
    response = staff.post(URL, chosen("export", ada))
    assert response["Content-Disposition"] == f'attachment; filename="customer-{ada.pk}.json"'
    assert [row["email"] for row in response.json()["customers"]] == ["ada@example.com"]
    both = staff.post(URL, chosen("export", ada, grace), follow=True)
    assert messages_of(both) == ["Choose exactly one: each customer has a file of their own."]


def test_erasing_asks_first_and_names_whom(staff, messages_of):
    grant = GrantFactory(used=3, order__customer__first_name="Ada")
    ada = grant.order.customer
    asked = staff.post(URL, chosen("erase", ada)).content.decode()
    assert f"<li>Ada (<bdi>{ada.email}</bdi>), {ada.shop} – 1 order</li>" in asked
    assert Customer.objects.get().first_name == "Ada"
    done = staff.post(URL, chosen("erase", ada, confirmed="yes"), follow=True)
    assert messages_of(done) == ["1 erased. Their orders and counts stay."]
    ada.refresh_from_db()
    assert (ada.email, ada.first_name, ada.erased_at is None) == (None, "", False)
    assert Grant.objects.get(order__customer=ada).used == 3
    again = staff.post(URL, chosen("erase", ada, confirmed="yes"), follow=True)
    assert messages_of(again) == ["Nothing to erase: that was done before."]


def test_an_erased_customer_can_be_looked_at_alone(staff):
    customer = CustomerFactory(platform_id=5)
    url = f"{URL}{customer.pk}/change/"
    assert "Erased on" not in staff.get(url).content.decode()
    fulfilment.erase_customer(customer, at=NOW)
    assert "Erased on" in staff.get(url).content.decode()
    edit = {"email": "ada@example.com", "first_name": "Ada", "platform_id": 6}
    assert staff.post(url, edit).status_code == 403
    assert staff.post(f"{URL}{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    staff.post(URL, chosen("delete_selected", customer, post="yes"))
    customer.refresh_from_db()
    assert (customer.email, customer.first_name, customer.platform_id) == (None, "", 5)


def test_somebody_erased_while_the_form_was_open_stays_erased(staff, monkeypatch):
    customer = CustomerFactory()
    lower = CustomerForm.clean_email

    def erase_meanwhile(form):
        fulfilment.erase_customer(customer, at=NOW)
        return lower(form)

    monkeypatch.setattr(CustomerForm, "clean_email", erase_meanwhile)
    data = {"email": "ada@example.com", "first_name": "Ada", "last_name": "", "platform_id": ""}
    staff.post(f"{URL}{customer.pk}/change/", data)
    customer.refresh_from_db()
    assert (customer.email, customer.first_name) == (None, "")


def test_the_admins_own_log_names_nobody(staff):
    customer = CustomerFactory(first_name="Ada", email="ada@example.com")
    data = {"email": "ada@example.com", "first_name": "Ada", "last_name": "L", "platform_id": ""}
    staff.post(f"{URL}{customer.pk}/change/", data)
    staff.post(URL, chosen("make_customer_token", customer))
    token = CustomerToken.objects.get()
    staff.post(f"/admin/storefront/customertoken/{token.pk}/delete/", {"post": "yes"})
    staff.post(URL, chosen("erase", customer, confirmed="yes"))
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {
        f"customer {customer.pk}",
        f"customer token {token.pk}",
    }
    assert LogEntry.objects.count() == 4


def test_a_clerk_acts_only_as_far_as_permitted(clerk):
    customer = CustomerFactory()
    for permission in ("view_customer", "change_customer"):
        client = clerk(permission)
        client.post(URL, chosen("erase", customer, confirmed="yes"))
        assert client.post(URL, chosen("export", customer)).status_code == 200
    customer.refresh_from_db()
    assert customer.erased_at is None
    clerk("view_customer", "delete_customer").post(URL, chosen("erase", customer, confirmed="yes"))
    customer.refresh_from_db()
    assert customer.erased_at is not None


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    CustomerFactory()
    with django_assert_num_queries(6):
        staff.get(URL)
    for _ in range(5):
        CustomerFactory()
    with django_assert_num_queries(6):
        staff.get(URL)
