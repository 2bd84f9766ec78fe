"""Two buyers made one by hand: looked up, previewed, done and undone."""

import re

import pytest

from downloads.models import AuditEntry, Customer
from tests.factories import NOW, CustomerFactory, OrderFactory, ShopFactory
from tests.storefront.admin.rendered import address, sign_in


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def ada(shop):
    """A guest with two orders."""
    return bought(shop, 2, email="ada@example.com", first_name="Ada", last_name="Byron")


@pytest.fixture
def other(shop):
    """The same person with a number at the shop, and one order."""
    values = {"first_name": "Ada", "last_name": "Byron", "platform_id": 77}
    return bought(shop, 1, email="byron@example.com", **values)


def bought(shop, number, **values):
    customer = CustomerFactory(shop=shop, **values)
    OrderFactory.create_batch(number, shop=shop, customer=customer, email=customer.email)
    return customer


@pytest.fixture
def open_page(django_app, shop):
    """Return a function that signs a role in and opens a customer's page."""

    def open_one(customer, role="manager"):
        sign_in(django_app, role, shop)
        return django_app.get(address(Customer, "change", customer.pk))

    return open_one


def form_with(page, words):
    (form,) = [form for form in dict.fromkeys(page.forms.values()) if words in form.text]
    return form


def look_at(page, other):
    return form_with(page, "Look at the merge").submit("into", value=str(other.pk))


def rows_of(page):
    rows = (" ".join(row.get_text(" ").split()) for row in page.html.select(".desk-row"))
    return [re.sub("[\u2066-\u2069]", "", row) for row in rows]


@pytest.mark.slow
def test_two_are_merged_after_a_preview_and_taken_apart_again(open_page, ada, other):
    page = look_at(open_page(ada).click("Merge with another buyer"), other)
    ada.refresh_from_db()
    assert ada.merged_into is None  # it asks first
    assert rows_of(page) == [
        "Ada Byron ada@example.com sees 2 orders now, 3 then",
        "Ada Byron (stays) byron@example.com , number 77 sees 1 order now, 3 then",
        "Whoever proves to own ada@example.com sees 2 orders now, 2 then",
        "Whoever proves to own byron@example.com sees 1 order now, 3 then",
    ]
    page = form_with(page, "Merge them").submit().follow()
    ada.refresh_from_db()
    assert (ada.merged_into, ada.person) == (other, other)
    assert "both see the orders of both" in page.text
    assert "Merge with another buyer" not in page.text
    page = form_with(page, "Take them apart").submit().follow()
    ada.refresh_from_db()
    assert (ada.merged_into, ada.person) == (None, None)
    assert "Merge with another buyer" in page.text
    assert AuditEntry.objects.filter(subject_type="downloads.customer").count() == 2


def test_who_remains_can_take_them_apart_too(open_page, ada, other):
    Customer.objects.filter(pk=ada.pk).update(merged_into=other, person=other)
    form_with(open_page(other), "Take them apart").submit()
    ada.refresh_from_db()
    assert ada.merged_into is None


def test_the_other_way_round_is_one_click(open_page, ada, other):
    page = look_at(open_page(ada).click("Merge with another buyer"), other)
    page = form_with(page, "The other way round").submit()
    form_with(page, "Merge them").submit()
    other.refresh_from_db()
    assert other.merged_into == ada


@pytest.mark.parametrize("text", ["byron@", "Ada Byr", "77", "1077", "#1077", "web-2024-17"])
def test_the_other_is_found_by_what_is_known_of_them(open_page, shop, ada, text):
    other = CustomerFactory(
        shop=shop, email="byron@example.com", first_name="Adam", last_name="Byron", platform_id=77
    )
    OrderFactory(shop=shop, customer=other, number=1077, receipt_number="WEB-2024-17")
    form = form_with(open_page(ada).click("Merge with another buyer"), "Search in this shop")
    form["q"] = text
    page = form.submit()
    assert [each["value"] for each in page.html.select("button[name=into]")] == [str(other.pk)]


def test_who_has_the_same_address_or_name_is_proposed(open_page, shop, ada, other):
    same = CustomerFactory(shop=shop, email="ADA@example.com")
    CustomerFactory(shop=shop, first_name="Ada", last_name="King")
    page = open_page(ada).click("Merge with another buyer")
    found = {each["value"] for each in page.html.select("button[name=into]")}
    assert found == {str(same.pk), str(other.pk)}


def strangers(shop, ada):
    yield "another shop's", CustomerFactory(email=ada.email)
    yield "themselves", ada
    yield "erased", CustomerFactory(shop=shop, email=ada.email, erased_at=NOW)
    root = CustomerFactory(shop=shop)
    yield "merged", CustomerFactory(shop=shop, email=ada.email, merged_into=root, person=root)


@pytest.mark.parametrize("whose", ["another shop's", "themselves", "erased", "merged"])
@pytest.mark.parametrize("sent", [{}, {"confirmed": "yes"}], ids=["shown", "merged"])
def test_nobody_else_can_be_chosen(staff, shop, ada, whose, sent):
    stranger = dict(strangers(shop, ada))[whose]
    url = f"/admin/downloads/customer/{ada.pk}/merge/"
    page = staff.post(url, sent | {"into": stranger.pk}).content.decode()
    assert "There is no such buyer in this shop to merge with." in page
    assert f'name="into" value="{stranger.pk}"' not in page
    ada.refresh_from_db()
    assert ada.merged_into is None


@pytest.mark.parametrize("into", ["", "x", "9" * 40, "-1"])
def test_what_names_nobody_is_refused(staff, ada, into):
    url = f"/admin/downloads/customer/{ada.pk}/merge/"
    assert staff.post(url, {"into": into, "confirmed": "yes"}).status_code == 200


def test_who_may_only_look_merges_nobody(open_page, clerk, ada, other):
    assert "Merge with" not in open_page(ada, "support").text
    client, url = clerk("view_customer"), f"/admin/downloads/customer/{ada.pk}/"
    sent = {"into": other.pk, "confirmed": "yes"}
    assert client.get(f"{url}merge/").status_code == 403
    assert client.post(f"{url}merge/", sent).status_code == 403
    assert client.post(f"{url}unmerge/").status_code == 403
    ada.refresh_from_db()
    assert ada.merged_into is None


def test_no_address_of_a_page_names_what_was_looked_for(open_page, ada, other):
    form = form_with(open_page(ada).click("Merge with another buyer"), "Search in this shop")
    form["q"] = "byron@example.com"
    assert "byron" not in form.submit().request.url
