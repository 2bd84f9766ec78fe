"""Forms: no choice of another shop is offered or taken, and no name that it uses is taken up."""

import pytest
from django import forms
from django.contrib import admin
from django.urls import reverse

from downloads.models import Asset, Grant, Invitation, LineItem, Order, Product
from storefront.models import PlatformAccess, WebhookSecret
from tests.invariants.isolation.asking import answer_of, difference, form_on
from tests.invariants.isolation.routes import missing_key
from tests.invariants.isolation.shops import MarkedShop, snapshot, strays
from tests.invariants.isolation.test_acts import attempt, watching
from tests.invariants.isolation.test_pages import leaks_of

# What a form asks for that is no column, or wants otherwise than its column does.
ASKED_FOR = {
    Asset: {"stated_size": "10MB"},
    Invitation: {"role": "support"},
    Order: {
        "currency": "EUR",
        "grand_total": "1.50",
        "payment": "paid",
        "placed_at_0": "2026-03-01",
        "placed_at_1": "12:00:00",
    },
    Product: {"tags": "books"},
    WebhookSecret: {"source": "shopify", "secret": "w" * 30},
    PlatformAccess: {"source": "shopify", "address": "a-shop.myshopify.com", "secret": "s" * 30},
}
# A new row inside a page: what it points to, and what else it says.
INSIDE = {
    (Order, "lines"): {"product": Product, "quantity": 1, "current_quantity": ""},
    (Order, "grants"): {"asset": Asset, "limit": 5, "lifetime_days": ""},
    (Product, "attachments"): {"asset": Asset, "limit": 5, "lifetime_days": ""},
}


def words(name, first):
    """Return a shop's marks without its rows."""
    own = object.__new__(MarkedShop)
    own.name, own.first, own.rows = name, first, {}
    return own


FRESH = words("dqzdelta", 1_673_500_001)


def address(model, verb, *keys):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{verb}"
    return reverse(name, args=keys)


def addable(client, rf):
    """Return the models of which somebody may add a row."""
    request = rf.get("/")
    request.user = client.user
    return [
        model
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_add_permission(request)
    ]


def filled(client, model, ours, own):
    """Return a whole form for a new row of ours in the words of `own`."""
    sent = form_on(client.get(address(model, "add")))
    values = own.columns_of(model) | ASKED_FOR.get(model, {})
    sent |= {name: values[name] for name in sent.keys() & values.keys()}
    sent |= {"shop": ours.shop.pk} if "shop" in sent else {}
    sent |= {"customer": ours.rows[Order][0].customer_id} if "customer" in sent else {}
    return sent | {f"{prefix}-TOTAL_FORMS": 0 for page, prefix in INSIDE if page is model}


def inside(model, prefix, key):
    """Return one new row on a page, pointing to a row by its key."""
    row = INSIDE[model, prefix]
    new = {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 0, f"{prefix}-0-id": ""}
    return new | {
        f"{prefix}-0-{name}": key if isinstance(value, type) else value
        for name, value in row.items()
    }


def pointers(client, model, verb, *keys):
    """Return which fields of a form point to rows, with the model of those."""
    form = client.get(address(model, verb, *keys)).context["adminform"].form
    return {
        name: field.queryset.model
        for name, field in form.fields.items()
        if isinstance(field, forms.ModelChoiceField)
    }


@pytest.fixture
def staff(sign_in, theirs):
    """An owner of ours, and after each attempt how the other shop is."""
    return watching(sign_in("owner"), lambda: (snapshot(theirs.shop), strays()))


def test_an_owner_adds_to_their_own_shop_so_that_the_rest_could_fail(ours, staff, rf):
    staff.look = lambda: snapshot(ours.shop)
    staff.before = staff.look()
    models = addable(staff, rf)
    for model in models:
        answer = attempt(staff, address(model, "add"), filled(staff, model, ours, FRESH))
        label = model._meta.label
        added = len(staff.came_of_it[label]) - len(staff.before[label])
        assert (answer.errors, added) == ([], 1), f"Fill the form of {label}."
    assert {Order, Product, Asset, Invitation} <= set(models)


def test_a_row_of_theirs_is_chosen_as_little_as_one_that_is_not_there(ours, theirs, staff, rf):
    told = {}
    for model in addable(staff, rf):
        whole = filled(staff, model, ours, FRESH)
        for name, target in pointers(staff, model, "add").items():
            if target not in theirs.rows:
                continue
            their, none = theirs.rows[target][0].pk, missing_key(target)
            url = address(model, "add")
            expected = attempt(staff, url, whole | {name: none}, none)
            answer = attempt(staff, url, whole | {name: their}, their)
            assert (answer.status, staff.came_of_it) == (200, staff.before)
            if found := difference(answer, expected) or leaks_of(answer.text, theirs):
                told[model._meta.label, name] = found
    assert told == {}


def test_nor_where_a_form_comes_filled_in(ours, theirs, staff, rf):
    told = {}
    for model in addable(staff, rf):
        for name, target in pointers(staff, model, "add").items():
            if target not in theirs.rows:
                continue
            their, none = theirs.rows[target][0].pk, missing_key(target)
            url = address(model, "add")
            expected = attempt_get(staff, f"{url}?{name}={none}", none)
            answer = attempt_get(staff, f"{url}?{name}={their}", their)
            if found := difference(answer, expected) or leaks_of(answer.text, theirs):
                told[model._meta.label, name] = found
    assert told == {}


def attempt_get(client, url, *asked):
    return answer_of(client.get(url), *asked)


@pytest.mark.parametrize(("model", "prefix"), INSIDE, ids=lambda each: str(each))
@pytest.mark.parametrize("verb", ["add", "change"])
def test_nor_in_a_row_inside_a_page(ours, theirs, staff, model, prefix, verb):
    target = next(value for value in INSIDE[model, prefix].values() if isinstance(value, type))
    if verb == "add":
        url, whole = address(model, "add"), filled(staff, model, ours, FRESH)
    else:
        url = address(model, "change", ours.rows[model][-1].pk)
        whole = form_on(staff.get(url))
    # The last one: the page points to the first already, and takes none twice.
    our = ours.rows[target][-1].pk
    assert attempt(staff, url, whole | inside(model, prefix, our)).status == 302
    their, none = theirs.rows[target][-1].pk, missing_key(target)
    expected = attempt(staff, url, whole | inside(model, prefix, none), none)
    answer = attempt(staff, url, whole | inside(model, prefix, their), their)
    assert (answer.status, staff.came_of_it) == (200, staff.before)
    assert difference(answer, expected) + leaks_of(answer.text, theirs) == []


@pytest.mark.parametrize("initial", ["0", "1"])
@pytest.mark.parametrize(("model", "prefix"), INSIDE, ids=lambda each: str(each))
def test_a_row_inside_their_page_is_not_changed_from_ours(
    ours, theirs, staff, model, prefix, initial
):
    inner = {"lines": LineItem, "grants": Grant}.get(prefix) or admin.site._registry[model].inlines[
        0
    ].model
    parent, page = model._meta.model_name, ours.rows[model][-1]
    their, none = theirs.rows[inner][0], missing_key(inner)
    url = address(model, "change", page.pk)
    whole = form_on(staff.get(url))

    def send(key, its_page):
        point = inside(model, prefix, ours.rows[Asset if prefix != "lines" else Product][0].pk)
        named = {
            f"{prefix}-0-id": key,
            f"{prefix}-0-{parent}": its_page,
            f"{prefix}-0-DELETE": "on",
        }
        sent = whole | point | named | {f"{prefix}-INITIAL_FORMS": initial}
        return attempt(staff, url, sent, key, its_page)

    for its_page in (page.pk, theirs.rows[model][0].pk):
        expected, answer = send(none, its_page), send(their.pk, its_page)
        assert staff.came_of_it == staff.before
        found = difference(answer, expected)
        assert found + leaks_of(answer.text, theirs) == []


def test_what_they_call_theirs_is_free_for_us(ours, theirs, staff, rf):
    told = {}
    for model in addable(staff, rf):
        results = []
        for own in (FRESH, words(theirs.name, theirs.first)):
            sent = filled(staff, model, ours, own)
            answer = attempt(
                staff, address(model, "add"), sent, own.name, own.first, own.first + 50
            )
            results.append((answer.status, len(answer.messages), "errornote" in answer.body))
            assert staff.came_of_it == staff.before
        if results[0] != results[1]:
            told[model._meta.label] = results
    assert told == {}


def test_nor_does_a_change_run_into_theirs(ours, theirs, staff):
    told = {}
    for model, rows in ours.rows.items():
        if model not in admin.site._registry:
            continue
        url = address(model, "change", rows[-1].pk)
        page = staff.get(url)
        results = []
        for own in (FRESH, words(theirs.name, theirs.first)) if page.status_code == 200 else ():
            sent = form_on(page)
            values = own.columns_of(model)
            sent |= {name: values[name] for name in sent.keys() & values.keys()}
            answer = attempt(staff, url, sent | ASKED_FOR.get(model, {}), own.name, own.first)
            results.append((answer.status, len(answer.messages), "errornote" in answer.body))
            assert staff.came_of_it == staff.before
        if len(set(results)) > 1:
            told[model._meta.label] = results
    assert told == {}


def test_every_row_inside_a_page_that_can_be_added_is_tried():
    added = {
        (model, inline.model._meta.get_field(fk).remote_field.related_name)
        for model, model_admin in admin.site._registry.items()
        for inline in model_admin.inlines
        for fk in [model._meta.model_name]
        if "autocomplete_fields" in vars(inline) or inline.max_num
    }
    assert added <= set(INSIDE), "Say in INSIDE what such a row points to."
