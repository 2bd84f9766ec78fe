"""The audit trail in the admin: read by owners and managers, changed by nobody."""

import csv
import json
import re
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.test import Client

from downloads import fulfilment
from downloads.audit.entries import enter_audit
from downloads.models import Account, AuditEntry, Membership, Role, Shop
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    OrderFactory,
    ShopFactory,
)
from tests.storefront.admin.orders.test_admin import order_form

LIST = "/admin/downloads/auditentry/"


@pytest.fixture
def employed(db):
    """Return a function that signs somebody in who has a role in a shop."""

    def employ(role, shop):
        user = User.objects.create_user(f"{role}-{shop.pk}", is_staff=True)
        Membership.objects.create(shop=shop, user=user, role=role)
        client = Client(HTTP_USER_AGENT="Firefox", REMOTE_ADDR="203.0.113.9")
        client.force_login(user)
        return client

    return employ


def page_of(row):
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def trail_in(response):
    """Return the section's rows, each as its cells in words."""
    html = response.content.decode()
    if 'id="trail"' not in html:
        return None
    section = html.partition('id="trail"')[2].partition("</section>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)[1:]
    cells = [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def exported(response):
    return b"".join(response.streaming_content).decode()


# --- The list ------------------------------------------------------------------------------------


def test_it_is_read_only_for_superusers_too(staff):
    entry = enter_audit("Locked", before={"limit": 10}, after={"limit": 20})
    assert staff.get(LIST).status_code == 200
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(f"{LIST}add/", {"what": "x"}).status_code == 403
    assert staff.get(f"{LIST}{entry.pk}/change/").status_code == 200
    assert staff.post(f"{LIST}{entry.pk}/change/", {"what": "x"}).status_code == 403
    assert staff.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    staff.post(LIST, {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"})
    assert AuditEntry.objects.get(pk=entry.pk).what == "Locked"


def test_it_says_from_what_to_what(staff):
    shop = ShopFactory()
    enter_audit("Changed", row=shop, before={"default_limit": 10}, after={"default_limit": None})
    enter_audit("Changed", row=shop, before={"opens_when": "paid"}, after={"opens_when": "placed"})
    page = text(staff.get(LIST))
    assert "<b>downloads per item</b>: 10 → unlimited" in page
    assert "The payment has arrived → The order is placed, paid or not" in page


def test_words_in_it_are_no_markup(staff):
    shop = ShopFactory(name="<script>alert(1)</script>")
    entry = AuditEntry.objects.get(subject_type="downloads.shop")
    for path in (LIST, f"{LIST}{entry.pk}/change/", page_of(shop)):
        assert "<script>alert" not in staff.get(path).content.decode()


def test_an_entry_tells_all_of_it(staff):
    shop = ShopFactory(page_text="a" * 5_000)
    entry = AuditEntry.objects.get(subject_type="downloads.shop")
    page = text(staff.get(f"{LIST}{entry.pk}/change/"))
    assert ("a" * 5_000 in page, f'<a href="{page_of(shop)}">' in page) == (True, True)


def test_what_is_gone_has_no_link_and_its_entries_stay(staff):
    shop = ShopFactory(name="My store")
    number, path = shop.pk, page_of(shop)
    assert f'href="{path}"' in text(staff.get(LIST))
    shop.delete()
    page = text(staff.get(f"{LIST}?shop__id__exact={number}"))
    assert (f'href="{path}"' in page, page.count(">My store</td>")) == (False, 2)
    assert f"shop {number}, gone" in page


@pytest.mark.slow
def test_it_is_found_by_who_and_about_what(staff):
    enter_audit("Locked", row=ShopFactory(name="Wanted"))
    enter_audit("Locked", row=OrderFactory(number=1050))
    for wanted in ("Wanted", "1050"):
        page = text(staff.get(LIST, {"q": wanted, "subject_type": ""}))
        assert wanted in page
    page = text(staff.get(LIST, {"subject_type": "downloads.order"}))
    assert ("Order 1050" in page, ">Wanted</a></td>" in page) == (True, False)


@pytest.mark.slow
@pytest.mark.parametrize("many", [1, 30])
def test_a_page_is_a_query_for_each_kind(staff, many, django_assert_max_num_queries):
    for _ in range(many):
        GrantFactory()
        AttachmentFactory()
    staff.get(LIST)
    with django_assert_max_num_queries(14):
        assert staff.get(LIST).status_code == 200


# --- Who may -------------------------------------------------------------------------------------


def test_members_see_their_own_shop_alone(employed):
    mine, theirs = ShopFactory(name="Mine"), ShopFactory(name="Theirs")
    nobodys = enter_audit("Of the installation")
    client = employed(Role.MANAGER, mine)
    page = text(client.get(LIST))
    assert ("Mine" in page, "Theirs" in page, "installation" in page) == (True, False, False)
    entry = AuditEntry.objects.get(subject_type="downloads.shop", subject_id=theirs.pk)
    for each in (entry, nobodys):
        assert client.get(f"{LIST}{each.pk}/change/").status_code == 302
    lines = exported(client.get(f"{LIST}export/jsonl/")).splitlines()
    assert {json.loads(line)["shop"] for line in lines} == {mine.domain}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_support_sees_none_of_it(employed, form):
    shop = ShopFactory()
    client = employed(Role.SUPPORT, shop)
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}export/{form}/").status_code == 403
    assert trail_in(client.get(page_of(shop))) is None


@pytest.mark.slow
def test_links_lead_only_where_the_reader_may_go(employed):
    shop = ShopFactory()
    key, _ = StorefrontKey.issue(shop, name="Site")
    link = f'href="{page_of(key)}"'
    assert link in text(employed(Role.OWNER, shop).get(LIST))
    page = text(employed(Role.MANAGER, shop).get(LIST))
    assert (link in page, str(key) in page) == (False, True)
    # Nor with a role in another shop that would show it there.
    manager = User.objects.get(username=f"manager-{shop.pk}")
    Membership.objects.create(shop=ShopFactory(), user=manager, role=Role.OWNER)
    client = Client()
    client.force_login(manager)
    page = text(client.get(LIST))
    assert (link in page, str(key) in page) == (False, True)


# --- On the page of what it is about -------------------------------------------------------------


@pytest.mark.slow
def test_a_shops_page_says_who_changed_what(employed):
    shop = ShopFactory()
    client = employed(Role.MANAGER, shop)
    Shop.objects.get(pk=shop.pk)
    form = client.get(page_of(shop)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in values.items() if value not in (None, False)}
    sent |= {"status_meanings-TOTAL_FORMS": 0, "status_meanings-INITIAL_FORMS": 0}
    assert client.post(page_of(shop), sent | {"default_limit": 20}).status_code == 302
    first, *_ = trail_in(client.get(page_of(shop)))
    assert first[1:] == [
        "Changed",
        "downloads per item: 10 → 20",
        f"manager-{shop.pk}, from 203.0.113.9",
    ]
    assert AuditEntry.objects.latest("pk").program == "Firefox"


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        ShopFactory,
        GrantFactory,
        OrderFactory,
        CustomerFactory,
        lambda: AttachmentFactory().asset,
        lambda: StorefrontKey.issue(ShopFactory(), name="Site")[0],
        lambda: CustomerToken.issue(CustomerFactory(), at=NOW)[0],
        lambda: User.objects.create_user("grace", is_staff=True),
        lambda: Membership.objects.create(
            shop=ShopFactory(), user=User.objects.create_user("mary"), role=Role.OWNER
        ),
    ],
)
def test_the_newest_are_on_its_own_page(staff, make):
    row = make()
    for number in range(25):
        enter_audit(f"Act {number}", row=row)
    response = staff.get(page_of(row))
    assert [cells[1] for cells in trail_in(response)] == [f"Act {n}" for n in range(24, 4, -1)]
    [link] = re.findall(rf'href="({LIST}\?[^"]+)"', response.content.decode())
    assert "Act 0<" in text(staff.get(link.replace("&amp;", "&")))


def test_an_empty_trail_says_so(staff):
    order = OrderFactory(platform_id=7001)
    response = staff.get(page_of(order))
    assert (trail_in(response), "Nothing yet." in text(response)) == ([], True)


def test_the_form_of_something_new_has_none(staff):
    assert trail_in(staff.get("/admin/downloads/shop/add/")) is None


def test_a_buyers_page_names_them_and_the_trail_does_not(staff):
    customer = CustomerFactory(first_name="Ada", email="ada@example.com")
    fulfilment.erase_customer(customer, at=NOW)
    assert trail_in(staff.get(page_of(customer)))[0][1] == "Erased personal data"
    page = text(staff.get(LIST))
    assert (f"customer {customer.pk}" in page, "ada@" in page) == (True, False)


# --- Export --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_the_list_shows_is_exported_whole(staff):
    shop = ShopFactory(name="Wanted")
    for _ in range(150):
        enter_audit("Locked", row=shop)
    ShopFactory(name="Other")
    page = staff.get(LIST, {"q": "Wanted"}).content.decode()
    links = [link for link in re.findall(r'href="([^"]+)"', page) if "/export/" in link]
    assert links == [f"{LIST}export/csv/?q=Wanted", f"{LIST}export/jsonl/?q=Wanted"]
    table, lines = (exported(staff.get(link)) for link in links)
    assert len(list(csv.reader(StringIO(table)))) == 152
    assert {json.loads(line)["about"] for line in lines.splitlines()} == {"Wanted"}


def test_a_file_has_a_name_and_a_kind(staff):
    response = staff.get(f"{LIST}export/csv/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="audit-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"]
    )
    assert response["Cache-Control"] == "no-store, private"
    exported(response)


def test_another_form_is_not_there(staff):
    assert staff.get(f"{LIST}export/xml/").status_code == 404


def test_a_filter_that_means_nothing_is_refused_as_in_the_list(staff):
    for wrong in ({"nonsense": "1"}, {"at__gte": "x"}, {"id": "x"}):
        listed = staff.get(LIST, wrong)
        answer = staff.get(f"{LIST}export/csv/", wrong)
        assert (listed.status_code, answer.status_code) == (400, 400)
        assert "This list cannot be asked so" in answer.content.decode()


def test_an_order_edited_by_hand_is_told_with_its_lines(staff):
    line = LineFactory(quantity=1, current_quantity=1, order__payment="pending")
    row = {"id": line.pk, "order": line.order_id, "product": line.product_id}
    form = order_form(
        lines=[row | {"quantity": 50, "current_quantity": 50}], number=line.order.number
    )
    already = AuditEntry.objects.count()
    form |= {"lines-INITIAL_FORMS": 1}
    assert staff.post(page_of(line.order), form).status_code == 302
    told = list(AuditEntry.objects.order_by("pk"))[already:]
    assert [(entry.subject_type, entry.before, entry.after) for entry in told] == [
        ("downloads.order", {"payment": "pending"}, {"payment": "paid"}),
        (
            "downloads.lineitem",
            {"quantity": 1, "current_quantity": 1},
            {"quantity": 50, "current_quantity": 50},
        ),
    ]


def test_a_deleted_order_is_told_once(staff):
    order = LineFactory(order__platform_id=7001).order
    staff.post(page_of(order).replace("change", "delete"), {"post": "yes"})
    [entry] = AuditEntry.objects.filter(what="Deleted")
    assert (entry.subject_type, entry.subject) == ("downloads.order", str(order))


@pytest.mark.parametrize("action", ["mail_password_link", "make_password_link"])
def test_a_link_to_a_buyers_account_is_told_without_the_buyer(staff, action):
    account = Account.objects.create(shop=ShopFactory(), email="ada@example.com")
    staff.post("/admin/downloads/account/", {"action": action, "_selected_action": account.pk})
    entry = AuditEntry.objects.get(subject_type="downloads.account")
    assert (entry.subject, "link to choose a password" in entry.what) == (
        f"sign-in {account.pk}",
        True,
    )
