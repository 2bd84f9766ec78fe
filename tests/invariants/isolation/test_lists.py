"""Lists asked by address, search, filter, completion and export: no question about another shop.

Each is asked with what another shop's row has there, and in the same words with what nobody's has:
the two answers are one. Superusers are told them apart, so that each could fail. In the fast run a
sample with a fixed seed of what is asked over HTTP; all of it in `make test-all`.
"""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import models
from django.urls import reverse

from downloads.audit.export import FORMS
from downloads.audit.signals import is_tracked
from downloads.models import AuditEntry, Order
from downloads.tenancy import of_shops
from storefront.admin.ledger.admin import OneRowFilter
from tests.invariants.isolation.asking import answer_of, difference, leaks_of
from tests.invariants.isolation.conftest import EACH
from tests.invariants.isolation.routes import missing_key
from tests.invariants.isolation.shops import shop_models
from tests.invariants.isolation.table import MODELS, address, how_many, sample

OWNED = [model for model in MODELS if model in shop_models()]
STEPS = 3
LOOKUPS = ("exact", "startswith", "icontains", "regex", "isnull", "in", "gt")
# What a list's own words make of it; the last one is a date hierarchy's.
WAYS = ("all=&_facets=True&o=1.-2", "_popup=1&_to_field=id", "at__year=2026")
NO_NUMBER = 1_999_000_007
each_list = pytest.mark.parametrize("model", OWNED, ids=lambda each: each.__name__)


def changelist(model):
    return address(model, "changelist")


# --- Look-ups ------------------------------------------------------------------------------------


def paths(model, steps=STEPS):
    """Yield each way of at most three steps from a row, as a look-up writes it."""
    for field in model._meta.get_fields(include_hidden=False):
        name = field.name if field.concrete else field.get_accessor_name() and field.name
        yield name, field
        if field.is_relation and field.related_model and steps > 1:
            for rest, last in paths(field.related_model, steps - 1):
                yield f"{name}__{rest}", last


def allowed(model, request, owner):
    """Yield each look-up that a list takes, with a value that another shop's row has there."""
    takes = admin.site._registry[model].lookup_allowed
    for path, field in paths(model):
        is_text = isinstance(field, models.CharField | models.TextField)
        for lookup in LOOKUPS:
            value = "1" if lookup == "isnull" else str(owner.name if is_text else owner.first)
            if takes(f"{path}__{lookup}", value, request):
                yield path, f"{path}__{lookup}", value


def leaves_its_row(model, path):
    """Say whether a look-up asks another row than the one in the list."""
    try:
        return model._meta.get_field(path.split("__")[0]).is_relation
    except FieldDoesNotExist:
        return False


def is_key_of(model, path, name):
    """Say whether a look-up names the key of the row that a filter offers."""
    last = get_fields_from_path(model, name)[-1].related_model
    return path == f"{name}__{last._meta.pk.name}"


@pytest.fixture
def request_of(rf, staff):
    def make(person, model):
        request = rf.get(changelist(model))
        request.user = staff[person].user
        return request

    return make


@pytest.mark.slow
@each_list
def test_what_may_be_asked_is_offered_by_a_filter_and_finds_our_rows(theirs, request_of, model):
    model_admin, request = admin.site._registry[model], request_of("owner", model)
    filters = model_admin.get_list_filter(request)
    offered = {each[0] for each in filters if isinstance(each, tuple)}
    outside, found = set(), set()
    for path, lookup, value in allowed(model, request, theirs):
        is_offered = any(path == name or is_key_of(model, path, name) for name in offered)
        if leaves_its_row(model, path) and not is_offered:
            outside.add(lookup)
        rows = model_admin.get_queryset(request)
        try:
            found |= set(rows.filter(**{lookup: value}).values_list("pk", flat=True))
        except (ValueError, FieldError, ValidationError, OverflowError):
            continue  # this look-up is none of this column's
    assert outside == set()
    assert not found & {row.pk for row in theirs.rows[model]}


@pytest.mark.parametrize("role", ["support", "owner"])
def test_no_list_is_asked_by_a_column_that_no_filter_offers(request_of, role):
    open_ones = {
        f"{model._meta.model_name}.{field.name}"
        for model in OWNED
        for request in [request_of(role, model)]
        for field in model._meta.concrete_fields
        if admin.site._registry[model].lookup_allowed(f"{field.name}__startswith", "a", request)
    }
    secrets = {name for name in open_ones if name.endswith(("_hash", "password", "sealed", "key"))}
    assert secrets == set()
    # So that it can be seen: these are offered by filters, and asked by our own links.
    assert {"order.payment", "mail.state", "auditentry.subject_id"} <= open_ones


# --- Typed into the address bar ------------------------------------------------------------------


def questions(owner, model):
    """Yield what another shop's staff would type, and the same about what nobody has."""
    their_key, no_key = owner.rows[model][0].pk, missing_key(model)
    yield f"id__exact={their_key}", f"id__exact={no_key}"
    yield f"shop__id__exact={owner.shop.pk}", f"shop__id__exact={NO_NUMBER}"
    yield f"shop__domain__startswith={owner.name}", "shop__domain__startswith=nowhere0"
    for filtered in admin.site._registry[model].list_filter:
        path = filtered if isinstance(filtered, str) else ""
        if isinstance(filtered, type) and issubclass(filtered, OneRowFilter):
            name = filtered.parameter_name
            yield f"{name}={owner.first}", f"{name}={NO_NUMBER}"
        if path.endswith("shop"):
            yield f"{path}__id__exact={owner.shop.pk}", f"{path}__id__exact={NO_NUMBER}"
            yield f"{path}__name={owner.name}", f"{path}__name=nowhere0"
            yield f"_facets=True&{path}={owner.shop.pk}", f"_facets=True&{path}={NO_NUMBER}"
    for term in (owner.name, f"{owner.name}@{owner.name}.example", owner.first, their_key):
        yield f"q={term}", "q=nowhere"


@pytest.mark.slow
@how_many
@each_list
def test_their_values_are_told_from_no_values_by_nothing(theirs, staff, share, model):
    told, url = {}, changelist(model)
    for query, none in sample(questions(theirs, model), share, model, 2):
        answers = [
            answer_of(staff["owner"].get(f"{url}?{each}", follow=True), each.rpartition("=")[2])
            for each in (query, none)
        ]
        if found := difference(*answers) or leaks_of(answers[0].text, theirs):
            told[f"{url}?{query}"] = found
    for way in sample(WAYS, share, model, 1):
        text = answer_of(staff["owner"].get(f"{url}?{way}", follow=True)).text
        if leaks := leaks_of(text, theirs):
            told[f"{url}?{way}"] = leaks
    assert told == {}


@pytest.mark.slow
@how_many
def test_superusers_are_told_so_that_each_list_could_fail(theirs, boss, share):
    shown = [model for model in OWNED if admin.site._registry[model].search_fields]
    for model in shown if share == "all" else shown[::5]:
        pages = [
            boss.get(f"{changelist(model)}?q={term}").content.decode()
            for term in (theirs.name, theirs.first)
        ]
        assert any(str(theirs.rows[model][0].pk) in page for page in pages), model
        if "shop" in admin.site._registry[model].list_filter:
            page = boss.get(f"{changelist(model)}?q=nowhere0").content.decode()
            assert theirs.name in page, model


# --- Completions ---------------------------------------------------------------------------------


def completions():
    """Yield each field that completes, or could be asked to: any that points to a row."""
    for model in {*shop_models(), *MODELS}:
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete:
                asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                yield asked | {"field_name": field.name}, field.related_model


# A stranger is led to sign in, by an address in which the question stands.
@pytest.mark.slow
@pytest.mark.parametrize("person", [each for each in EACH if each.values != ("stranger",)])
@how_many
def test_nothing_of_theirs_is_completed(theirs, staff, share, person):
    url, told = reverse("admin:autocomplete"), {}
    for question, _model in completions():
        none = answer_of(staff[person].get(url, question | {"term": "nowhere0"}))
        for term in ("", theirs.name, theirs.first)[: 2 if share == "some" else 3]:
            answer = answer_of(staff[person].get(url, question | {"term": term}))
            if leaks_of(answer.text, theirs) or (term and answer != none):
                told[question["model_name"], question["field_name"], term] = answer.body
    assert told == {}


@pytest.mark.slow
def test_a_superuser_is_offered_them(theirs, boss):
    url = reverse("admin:autocomplete")
    offered = {
        model
        for question, model in completions()
        if leaks_of(boss.get(url, question | {"term": theirs.name}).content.decode(), theirs)
    }
    searchable = {
        model
        for _question, model in completions()
        if model in OWNED and admin.site._registry[model].search_fields
    }
    assert searchable <= offered  # and the names of people, who are of no shop


# --- The audit trail, wherever it is read or saved -----------------------------------------------


def export(form):
    return reverse("admin:audit_export", args=[form])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("person", "seen"),
    [("manager", {"ours", "third"}), ("owner", {"ours", "third"}), ("support", {"third"})],
)
def test_an_export_holds_our_own_entries_alone(built, staff, person, seen):
    shops = built[0][0]
    keys = [shops[name].shop.pk for name in seen]
    own = of_shops(AuditEntry.objects.all(), keys).count()
    for form, head in (("csv", 1), ("jsonl", 0)):
        answer = answer_of(staff[person].get(export(form)))
        assert (answer.status, len(answer.body.splitlines())) == (200, own + head)
        assert {name for name in shops if shops[name].marks[0] in answer.text} == seen


@pytest.mark.parametrize("form", FORMS)
def test_a_superusers_export_holds_all(built, boss, form):
    answer = answer_of(boss.get(export(form)))
    assert all(leaks_of(answer.text, shop) for shop in built[0][0].values())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("person", ["support alone", "of no shop"])
def test_who_may_not_see_the_trail_may_not_save_it(staff, person, form):
    assert staff[person].get(export(form)).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("person", ["owner", "support"])
def test_an_export_asked_for_theirs_is_one_asked_for_nobodys(theirs, staff, person, form):
    for query, nobodys in (
        ("q={}", "nowhere"),
        ("shop__id__exact={}", NO_NUMBER),
        ("shop__domain={}", "nowhere"),
        ("subject_type=downloads.shop&subject_id={}", NO_NUMBER),
    ):
        their = theirs.first if nobodys == NO_NUMBER else f"{theirs.name}.example"
        expected = answer_of(staff[person].get(f"{export(form)}?{query.format(nobodys)}"), nobodys)
        answer = answer_of(staff[person].get(f"{export(form)}?{query.format(their)}"), their)
        assert difference(answer, expected) + leaks_of(answer.text, theirs) == []


@pytest.mark.slow
def test_each_page_tells_of_its_own_row(ours, staff):
    for model in (each for each in OWNED if is_tracked(each)):
        page = staff["owner"].get(address(model, "change", ours.rows[model][0].pk))
        assert f"{ours.name} before" in page.content.decode(), model


def test_a_page_leads_to_lists_that_open(ours, staff):
    order = ours.rows[Order][0].pk
    for url in ("mail/?order={}", "downloadevent/?order={}", "auditentry/?subject_id={}"):
        answer = staff["owner"].get("/admin/downloads/" + url.format(order))
        assert answer.status_code == 200
