from html import unescape

import pytest

from downloads.models import AuditEntry, Shop, StatusMeaning
from storefront.admin.statuses import NO_STATUS
from tests.factories import OrderFactory, ShopFactory
from tests.storefront.admin.test_shops import shop_form

pytestmark = pytest.mark.django_db


def url_of(shop: Shop) -> str:
    return f"/admin/downloads/shop/{shop.pk}/change/"


def with_rows(shop: Shop, *rows: dict, known: int = 0) -> dict:
    """Return the shop's form with these rows in its table of statuses."""
    prefix = "status_meanings"
    sent = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": known}
    for place, row in enumerate(rows):
        sent |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return shop_form(shop, **sent)


@pytest.fixture
def shop() -> Shop:
    """A shop with three orders of two statuses, beside another one's."""
    shop = ShopFactory()
    for number, status in ((1050, "processing/cod"), (1051, "processing/cod"), (1052, "deposit")):
        OrderFactory(shop=shop, number=number, reported_status=status)
    OrderFactory(number=7777, reported_status="secret-status")
    return shop


def test_the_form_shows_the_statuses_of_the_shops_own_orders(staff, shop):
    page = (
        unescape(staff.get(url_of(shop)).content.decode())
        .replace("\u2068", "")
        .replace("\u2069", "")
    )
    assert "<div>deposit: 1 order, like 1052. Means: as the platform has it</div>" in page
    assert "<div>processing/cod: 2 orders, like 1051. Means: as the platform has it</div>" in page
    assert "secret-status" not in page
    StatusMeaning.objects.create(shop=shop, status="deposit", payment="partial")
    assert "Means: Paid in part</div>" in staff.get(url_of(shop)).content.decode()


def test_an_example_is_named_as_on_its_receipt(staff, shop):
    OrderFactory(shop=shop, number=202417, receipt_number="WEB-2024-17", reported_status="deposit")
    page = staff.get(url_of(shop)).content.decode()
    assert "like WEB-2024-17." in page


def test_a_shop_without_reported_statuses_says_so(staff):
    assert str(NO_STATUS) in staff.get(url_of(ShopFactory())).content.decode()


def test_a_status_is_cut_from_no_page(staff, shop):
    OrderFactory(shop=shop, number=1053, reported_status="<script>alert(1)</script>")
    assert "<script>alert(1)" not in staff.get(url_of(shop)).content.decode()


def test_a_row_of_the_table_is_kept_audited_and_told_of(staff, shop, messages_of):
    row = {"id": "", "status": " processing/cod ", "payment": "paid"}
    answer = staff.post(url_of(shop), with_rows(shop, row), follow=True)
    assert "3 earlier ones follow at their next message" in messages_of(answer)[0]
    meaning = StatusMeaning.objects.get()
    assert (meaning.shop, meaning.status, meaning.payment) == (shop, "processing/cod", "paid")
    entry = AuditEntry.objects.get(subject_type="downloads.statusmeaning")
    assert (entry.shop_id, entry.after) == (
        shop.pk,
        {"status": "processing/cod", "payment": "paid"},
    )

    kept = {"id": meaning.pk, "status": "processing/cod", "payment": "paid"}
    answer = staff.post(url_of(shop), with_rows(shop, kept, known=1), follow=True)
    assert [text for text in messages_of(answer) if "policies" in text] == []
    staff.post(url_of(shop), with_rows(shop, kept | {"DELETE": "on"}, known=1))
    assert not StatusMeaning.objects.exists()


def test_a_status_stands_in_the_table_once(staff, shop):
    row = {"id": "", "status": "deposit", "payment": "paid"}
    answer = staff.post(url_of(shop), with_rows(shop, row, row | {"payment": "pending"}))
    assert (answer.status_code, StatusMeaning.objects.exists()) == (200, False)


@pytest.mark.parametrize("wrong", [{"payment": "free"}, {"status": ""}, {"status": "x" * 101}])
def test_a_row_that_says_nothing_is_refused(staff, shop, wrong):
    row = {"id": "", "status": "deposit", "payment": "paid"} | wrong
    assert staff.post(url_of(shop), with_rows(shop, row)).status_code == 200
    assert not StatusMeaning.objects.exists()


def test_a_row_of_another_shop_is_not_changed_by_its_number(staff, shop):
    other = StatusMeaning.objects.create(shop=ShopFactory(), status="deposit", payment="paid")
    row = {"id": other.pk, "status": "deposit", "payment": "pending"}
    staff.post(url_of(shop), with_rows(shop, row, known=1))
    other.refresh_from_db()
    assert other.payment == "paid"


def test_a_new_shop_has_no_table_yet(staff):
    assert "status_meanings" not in staff.get("/admin/downloads/shop/add/").content.decode()
