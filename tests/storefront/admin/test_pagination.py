"""Long lists: as few queries for a hundred rows as for one, and nothing reads them whole."""

import uuid
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from downloads.models import (
    AuditEntry,
    Customer,
    DownloadEvent,
    Grant,
    Mail,
    Membership,
    Message,
    Order,
)
from downloads.search.found import WAYS
from storefront.models import PlatformAccess
from tests.factories import NOW, CustomerFactory, ShopFactory

MOST_QUERIES = 12
# What is unique by whom it points to alone.
POINTED_AT = {Grant: "asset", Membership: "user", PlatformAccess: "shop"}
UNIQUE_IN_SQL = {"email"}
LARGE = (Order, Grant, DownloadEvent, Customer, Mail, Message, AuditEntry)
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def changelist(model):
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")


def copies_of(row, count):
    """Return so many copies of a row, each apart from it where rows must differ."""
    model = type(row)
    constraints = [each for each in model._meta.constraints if hasattr(each, "fields")]
    differing = {name for each in constraints for name in each.fields} | UNIQUE_IN_SQL
    others = {}
    if pointing := POINTED_AT.get(model):
        others = {pointing: copies_of(getattr(row, pointing), count)}
    copies = []
    for number in range(count):
        values = {}
        for field in model._meta.concrete_fields:
            value = getattr(row, field.attname)
            if field.unique or field.name in differing:
                value = _another(field, value, number)
            if field.name in others:
                value = others[field.name][number].pk
            if not isinstance(field, models.AutoField):
                values[field.attname] = value
        if model is DownloadEvent:
            values["delivery_id"] = None
        copies.append(model(**values))
    return model._base_manager.bulk_create(copies)


def _another(field, value, number):
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.CharField) and value:
        return f"{number}-{value}"[: field.max_length]
    if isinstance(field, models.IntegerField) and value is not None:
        return value + 1000 + number
    return value


def queries_of(client, url):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    assert answer.status_code == 200
    return answer, [each["sql"] for each in asked]


@pytest.mark.parametrize("model", LISTS, ids=lambda each: each.__name__)
def test_a_list_asks_few_queries_and_no_more_for_a_hundred_rows(marked, staff, model):
    url = changelist(model)
    queries_of(staff, url)
    _answer, few = queries_of(staff, url)
    row = model._base_manager.order_by("pk").first()
    copies_of(row, 100)
    answer, many = queries_of(staff, url)
    assert len(answer.context["cl"].result_list) == 100
    assert len(many) <= MOST_QUERIES, many
    # Some first row may have nothing to look up.
    assert len(many) <= len(few) + 1, many


@pytest.mark.parametrize("model", LISTS, ids=lambda each: each.__name__)
def test_for_an_owner_it_is_as_few(marked, model):
    owner = Client()
    owner.force_login(marked.owner)
    if not admin.site._registry[model].has_view_permission(_request_of(marked.owner)):
        return
    copies_of(model._base_manager.order_by("pk").first(), 100)
    _answer, many = queries_of(owner, changelist(model))
    assert len(many) <= MOST_QUERIES, many


def _request_of(user):
    return type("Request", (), {"user": user})()


@pytest.mark.parametrize("model", LISTS, ids=lambda each: each.__name__)
def test_no_list_counts_its_whole_table(marked, staff, model):
    _answer, asked = queries_of(staff, f"{changelist(model)}?_facets=True")
    counts = [sql for sql in asked if sql.startswith("SELECT COUNT(")]
    assert counts
    assert [sql for sql in counts if "LIMIT" not in sql] == []


@pytest.mark.parametrize("model", LARGE, ids=lambda each: each.__name__)
def test_a_list_that_grows_has_no_row_of_dates(model):
    assert admin.site._registry[model].date_hierarchy is None


@pytest.fixture
def long_list(db, settings):
    """A shop with more orders than are paged through."""
    settings.LIST_MOST_ROWS = 300
    shop = ShopFactory()
    Order.objects.bulk_create(
        Order(shop=shop, number=n, placed_at=NOW + timedelta(days=365 - n), grand_total=n)
        for n in range(350)
    )
    return shop


def numbers_of(answer):
    # Of other tests' rows none has so small a number.
    numbers = [each.number for each in answer.context["cl"].result_list]
    return [number for number in numbers if number < 1_000]


def test_of_more_rows_than_are_counted_it_says_so(staff, long_list):
    page = staff.get(changelist(Order))
    assert "more than 300 orders; filter or search to see the others" in page.content.decode()
    assert page.context["cl"].paginator.num_pages == 3
    assert numbers_of(staff.get(f"{changelist(Order)}?p=3")) == [*range(200, 300)]
    # Filtered, there are few again.
    found = staff.get(f"{changelist(Order)}?payment__exact=paid").content.decode()
    assert "more than" not in found


def test_fewer_than_a_page_are_never_more_than_a_page(staff, long_list, settings):
    settings.LIST_MOST_ROWS = 1
    assert len(staff.get(changelist(Order)).context["cl"].result_list) == 100


def test_a_page_behind_the_last_one_is_refused(staff, long_list):
    assert staff.get(f"{changelist(Order)}?p=4").status_code == 400


def test_a_long_list_is_sorted_by_an_index_alone(staff, long_list, settings, messages_of):
    by_total, by_number = f"{changelist(Order)}?o=-4", f"{changelist(Order)}?o=1"
    answer = staff.get(by_total)
    assert numbers_of(answer)[:2] == [0, 1]  # the newest
    assert "too long to be sorted so" in messages_of(answer)[0]
    answer = staff.get(by_number)
    assert (numbers_of(answer)[:2], messages_of(answer)) == ([0, 1], [])
    settings.LIST_MOST_ROWS = 1000
    assert numbers_of(staff.get(by_total))[:2] == [349, 348]


def test_an_act_on_all_of_a_long_list_is_refused(staff, long_list, messages_of):
    first = Order.objects.filter(shop=long_list).first()
    sent = {"action": "end_page_links", "select_across": "1", "_selected_action": first.pk}
    answer = staff.post(changelist(Order), sent | {"index": "0"}, follow=True)
    assert messages_of(answer) == [
        "An act is for 300 rows at most. Filter or search the list first."
    ]
    assert not Order.objects.filter(shop=long_list, ticket_revision__gt=0).exists()


@pytest.mark.parametrize("model", WAYS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("text", ["book", "example.com", "new book", "Order 1050"])
def test_a_searched_list_asks_few_queries(marked, staff, model, text):
    _answer, asked = queries_of(staff, f"{changelist(model)}?{urlencode({'q': text})}")
    assert len(asked) <= MOST_QUERIES, asked


def test_completions_are_counted_to_the_bound_alone(staff):
    CustomerFactory.create_batch(30)
    asked = {"app_label": "downloads", "model_name": "order", "field_name": "customer"}
    with CaptureQueriesContext(connection) as queries:
        answer = staff.get(reverse("admin:autocomplete"), asked | {"term": "example"})
    assert len(answer.json()["results"]) == 20
    assert all("LIMIT" in each["sql"] for each in queries if "COUNT(" in each["sql"])


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_every_list_has_an_order_and_a_last_word_in_it(rf, admin_user, model):
    request = rf.get("/")
    request.user = admin_user
    rows = admin.site._registry[model].get_queryset(request)
    # Grouped rows lose the order of their model.
    assert rows.ordered
    order = rows.query.order_by or model._meta.ordering
    names = [getattr(each, "expression", each) for each in order]
    names = {getattr(each, "name", each).lstrip("-").partition("__")[0] for each in names}
    unique = [{each.name} for each in model._meta.fields if each.unique] + [{"pk"}]
    unique += [{*each.fields} for each in model._meta.total_unique_constraints]
    assert any(each and each <= names for each in unique), names
