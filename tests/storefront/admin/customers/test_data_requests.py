import pytest

from downloads.models import DataRequest
from tests.factories import NOW, CustomerFactory, OrderFactory, ShopFactory

URL = "/admin/downloads/datarequest/"


def ask(shop, number=1, **whom):
    return DataRequest.objects.create(shop=shop, platform_id=number, asked_at=NOW, **whom)


def file_of(client, asked):
    return client.get(f"{URL}{asked.pk}/export/")


def test_a_request_leads_to_its_customer_and_to_the_file(staff):
    customer = CustomerFactory(platform_id=5)
    asked = ask(customer.shop, customer_platform_id=5)
    pages = [staff.get(f"{URL}{path}").content.decode() for path in ("", f"{asked.pk}/change/")]
    for page in pages:
        assert f'<a href="/admin/downloads/customer/{customer.pk}/change/">Customer 5</a>' in page
        assert f'<a href="{URL}{asked.pk}/export/">Download</a>' in page


def test_somebody_unknown_has_no_link(staff):
    ask(ShopFactory(), 1, customer_platform_id=5)
    ask(ShopFactory(), 2, email="ada@example.com")
    ask(ShopFactory(), 3)
    page = staff.get(URL).content.decode()
    for words in ("Customer 5", "ada@example.com", "No longer known"):
        assert f'<td class="field-customer" data-label="Customer">{words}</td>' in page


def test_the_file_is_a_json_attachment_that_nobody_keeps(staff):
    order = OrderFactory(customer__first_name="Zoë")
    asked = ask(order.shop, 77, email=order.customer.email)
    response = file_of(staff, asked)
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="data-request-77.json"'
    assert response["Cache-Control"] == "no-store, private"
    document = response.json()
    assert document["customers"][0]["first_name"] == "Zoë"
    assert document["orders"][0]["number"] == order.number


@pytest.mark.parametrize(("permissions", "status"), [((), 404), (("view_datarequest",), 200)])
def test_the_file_is_for_staff_who_may_see_the_requests(clerk, client, permissions, status):
    asked = ask(ShopFactory())
    assert file_of(client, asked).status_code == 302
    assert file_of(clerk(*permissions), asked).status_code == status
    asked.pk += 1
    assert file_of(clerk("view_datarequest", "view_shop"), asked).status_code == 404


def test_a_request_is_marked_as_answered_once(staff, messages_of):
    asked = ask(ShopFactory())
    data = {"action": "mark_as_answered", "_selected_action": asked.pk}
    assert messages_of(staff.post(URL, data, follow=True)) == ["1 marked as answered."]
    answered_at = DataRequest.objects.get().answered_at
    assert answered_at is not None
    again = staff.post(URL, data, follow=True)
    assert messages_of(again) == ["Nothing to mark: that was done before."]
    assert DataRequest.objects.get().answered_at == answered_at


def test_those_not_yet_answered_are_listed_apart(staff):
    ask(ShopFactory(), 1)
    ask(ShopFactory(), 2, answered_at=NOW)
    for answered in ("no", "yes"):
        page = staff.get(URL, {"answered": answered}).content.decode()
        assert (
            "1 data request\n" in page,
            'field-answered_at nowrap" data-label="Answered">-' in page,
        ) == (
            True,
            answered == "no",
        )


def test_a_clerk_who_may_only_look_marks_nothing(clerk):
    asked = ask(ShopFactory())
    client = clerk("view_datarequest")
    assert "Mark as answered" not in client.get(URL).content.decode()
    client.post(URL, {"action": "mark_as_answered", "_selected_action": asked.pk})
    assert DataRequest.objects.get().answered_at is None


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    ask(CustomerFactory(platform_id=1).shop, customer_platform_id=1)
    with django_assert_num_queries(6):
        staff.get(URL)
    for number in range(2, 7):
        ask(CustomerFactory(platform_id=number).shop, number, customer_platform_id=number)
    with django_assert_num_queries(6):
        staff.get(URL)
