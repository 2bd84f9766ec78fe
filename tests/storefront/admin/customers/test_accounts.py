"""Customers' accounts: looked at by a shopkeeper, who helps with a link and changes nothing."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry

from downloads import fulfilment
from downloads.models import Account, Customer, Mail
from storefront.models import CustomerToken
from tests.factories import NOW, CustomerFactory, ShopFactory

URL = "/admin/downloads/account/"
PASSWORD = "a long walk in the rain"
ACTION = "make_password_link"


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def ada(db):
    """An account that nobody confirmed."""
    shop = ShopFactory(name="My store")
    said = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"}
    fulfilment.register(shop, at=NOW, password=PASSWORD, **said)
    return Account.objects.get()


def confirm(account):
    """Give an account the customer with its address."""
    customer = CustomerFactory(shop=account.shop, email=account.email)
    Account.objects.filter(pk=account.pk).update(customer=customer, confirmed_at=NOW)
    return customer


def chosen(action, *rows):
    return {"action": action, "_selected_action": [row.pk for row in rows]}


def link_in(response):
    return re.search(r"<code>http://localhost:8000(.*?)</code>", response.content.decode())[1]


def choose(client, link, password):
    return client.post(link, {"password": password, "again": password})


# The link


def test_a_link_is_shown_with_whom_it_is_for(staff, ada):
    answered = staff.post(URL, chosen(ACTION, ada))
    page = answered.content.decode()
    assert answered["Cache-Control"] == "no-store, private"
    assert "A link for ada@example.com" in page
    assert "Send it to ada@example.com and to nobody else" in page
    assert link_in(answered).startswith(f"/accounts/{ada.pk}.")


def test_a_link_works_once(staff, client, ada):
    link = link_in(staff.post(URL, chosen(ACTION, ada)))
    assert client.get(link).status_code == 200
    assert choose(client, link, "another walk in the rain").status_code == 200
    ada.refresh_from_db()
    assert (ada.confirmed_at, ada.customer.email) == (NOW, "ada@example.com")
    assert client.get(link).status_code == 404
    assert choose(client, link, "a third walk in the rain").status_code == 404


def test_a_link_ends_by_itself(staff, client, ada, frozen, settings):
    link = link_in(staff.post(URL, chosen(ACTION, ada)))
    frozen(NOW + timedelta(hours=settings.ACCOUNT_TICKET_HOURS))
    assert client.get(link).status_code == 404


def test_making_a_link_changes_nothing(staff, ada):
    before = Account.objects.values().get()
    staff.post(URL, chosen(ACTION, ada))
    assert Account.objects.values().get() == before


def test_one_link_at_a_time(staff, ada, messages_of):
    fulfilment.register(
        ada.shop, at=NOW, email="b@example.com", password=PASSWORD, first_name="B", last_name="C"
    )
    answered = staff.post(URL, chosen(ACTION, *Account.objects.all()), follow=True)
    assert messages_of(answered) == ["Choose exactly one: each link is for one person."]


def test_the_log_names_neither_the_link_nor_whom_it_is_for(staff, ada):
    staff.post(URL, chosen(ACTION, ada))
    [entry] = LogEntry.objects.all()
    told = (entry.object_repr, entry.change_message)
    assert told == (f"sign-in {ada.pk}", "Made a link to choose a password")


@pytest.mark.parametrize(
    ("permissions", "is_made"),
    [(["view_account"], False), (["view_account", "change_account"], True)],
    ids=["view", "change"],
)
def test_a_clerk_makes_a_link_only_as_far_as_permitted(clerk, ada, permissions, is_made):
    client = clerk(*permissions)
    answered = client.post(URL, chosen(ACTION, ada))
    assert ("/accounts/" in answered.content.decode()) == is_made
    assert (ACTION in client.get(URL).content.decode()) == is_made
    assert LogEntry.objects.exists() == is_made


@pytest.mark.parametrize("permission", ["delete_account", "change_customer"])
def test_a_clerk_who_may_not_look_sees_no_account(clerk, ada, permission):
    client = clerk(permission)
    answered = client.post(URL, chosen(ACTION, ada))
    assert "/accounts/" not in answered.content.decode()


# What is seen


def test_nobody_adds_or_changes_an_account(staff, ada):
    assert staff.get(f"{URL}add/").status_code == 403
    before = Account.objects.values().get()
    forged = {"email": "eve@example.com", "password": "x", "confirmed_at": NOW, "customer": 1}
    assert staff.post(f"{URL}{ada.pk}/change/", forged).status_code == 403
    assert Account.objects.values().get() == before


@pytest.mark.slow
def test_no_page_shows_the_passwords_hash(staff, ada):
    for path in ("", f"{ada.pk}/change/", f"{ada.pk}/history/", f"{ada.pk}/delete/"):
        page = staff.get(URL + path).content.decode()
        assert ada.email in page
        assert ada.password not in page
    assert staff.get(URL, {"q": ada.password}).context["cl"].result_count == 0


def test_an_account_shows_what_its_owner_entered(staff, ada):
    page = staff.get(f"{URL}{ada.pk}/change/").content.decode()
    labels = re.findall(r"<label>(.*?):</label>", page)
    assert labels == [
        "Shop",
        "Mail address",
        "First name",
        "Last name",
        "Customer",
        "Address confirmed on",
        "Last signed in",
        "Created at",
    ]
    assert [
        each for each in ('<input type="text"', "<select") if each in page.partition("<main")[2]
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "found"), [("ada@example.com", 1), ("Byron", 1), ("ADA@", 1), ("grace", 0)]
)
def test_an_account_is_found_by_what_its_owner_entered(staff, ada, asked, found):
    assert staff.get(URL, {"q": asked}).context["cl"].result_count == found


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "found"), [("yes", 1), ("no", 2), ("", 3), ("maybe", 3)])
def test_accounts_are_told_apart_by_whether_they_are_confirmed(staff, ada, asked, found):
    confirm(ada)
    for name in ("b", "c"):
        fulfilment.register(
            ada.shop,
            at=NOW,
            email=f"{name}@example.com",
            password=PASSWORD,
            first_name="B",
            last_name="C",
        )
    answered = staff.get(URL, {"confirmed": asked} if asked else {})
    assert answered.context["cl"].result_count == found
    page = answered.content.decode()
    assert [each for each in ("Confirmed", "Not confirmed yet") if each not in page] == []


@pytest.mark.slow
def test_the_list_asks_the_same_for_one_and_for_many(staff, ada, django_assert_num_queries):
    for number in range(5):
        confirm(Account.objects.first())
        fulfilment.register(
            ada.shop,
            at=NOW,
            email=f"{number}@example.com",
            password=PASSWORD,
            first_name="B",
            last_name="C",
        )
        with django_assert_num_queries(6):
            staff.get(URL)


# Deleting


@pytest.mark.parametrize("way", ["form", "action"])
def test_an_account_nobody_confirmed_goes_with_its_empty_customer(staff, ada, way):
    empty = CustomerFactory(shop=ada.shop, email=None)
    Account.objects.update(customer=empty)
    CustomerToken.issue(empty, at=NOW)
    if way == "form":
        staff.post(f"{URL}{ada.pk}/delete/", {"post": "yes"})
    else:
        staff.post(URL, chosen("delete_selected", ada) | {"post": "yes"})
    counts = [model.objects.count() for model in (Account, Customer, CustomerToken)]
    assert counts == [0, 0, 0]


def test_a_confirmed_accounts_customer_stays(staff, ada):
    customer = confirm(ada)
    staff.post(f"{URL}{ada.pk}/delete/", {"post": "yes"})
    assert (Account.objects.count(), Customer.objects.get()) == (0, customer)


def test_the_log_of_a_deleted_account_names_nobody(staff, ada):
    staff.post(f"{URL}{ada.pk}/delete/", {"post": "yes"})
    assert LogEntry.objects.get().object_repr == f"sign-in {ada.pk}"


def test_an_empty_customer_is_no_customer_to_a_shopkeeper(staff, ada):
    empty = CustomerFactory(shop=ada.shop, email=None)
    Account.objects.update(customer=empty)
    assert staff.get("/admin/downloads/customer/").context["cl"].result_count == 0
    answered = staff.get(f"/admin/downloads/customer/{empty.pk}/change/")
    assert answered.status_code == 302
    confirm(ada)
    assert staff.get("/admin/downloads/customer/").context["cl"].result_count == 2


# A link by mail


def test_a_link_is_mailed_to_each_account_chosen(staff, ada, messages_of):
    names = {"first_name": "B", "last_name": "C"}
    fulfilment.register(ada.shop, at=NOW, email="b@example.com", password=PASSWORD, **names)
    Mail.objects.all().delete()
    answered = staff.post(URL, chosen("mail_password_link", *Account.objects.all()), follow=True)
    assert messages_of(answered) == [
        "2 to be mailed a link to choose a password; look under Mail in a moment."
    ]
    asked = sorted(Mail.objects.values_list("shop", "kind", "email", "state", "due_at"))
    assert asked == [
        (ada.shop_id, "password", "ada@example.com", "waiting", NOW),
        (ada.shop_id, "password", "b@example.com", "waiting", NOW),
    ]


def test_the_log_of_a_mailed_link_names_nobody(staff, ada):
    staff.post(URL, chosen("mail_password_link", ada))
    [entry] = LogEntry.objects.all()
    told = (entry.object_repr, entry.change_message)
    assert told == (f"sign-in {ada.pk}", "Had a link to choose a password mailed")


def test_having_a_link_mailed_changes_no_account(staff, ada):
    before = Account.objects.values().get()
    staff.post(URL, chosen("mail_password_link", ada))
    assert Account.objects.values().get() == before


def test_a_clerk_who_may_only_look_has_nothing_mailed(clerk, ada):
    Mail.objects.all().delete()
    client = clerk("view_account")
    client.post(URL, chosen("mail_password_link", ada))
    assert "mail_password_link" not in client.get(URL).content.decode()
    assert not Mail.objects.exists()
