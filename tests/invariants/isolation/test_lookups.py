"""Look-ups typed into the address bar, filters and completions: no question about another shop."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import models
from django.urls import reverse

from storefront.admin.ledger.admin import OneRowFilter
from tests.invariants.isolation.asking import answer_of, difference
from tests.invariants.isolation.conftest import EACH, FIRST
from tests.invariants.isolation.routes import missing_key, rows_of
from tests.invariants.isolation.shops import shop_models
from tests.invariants.isolation.test_acts import changelist
from tests.invariants.isolation.test_pages import leaks_of

STEPS = 3
LOOKUPS = ("exact", "startswith", "icontains", "regex", "isnull", "in", "gt")
# What a list's own words make of it; the last one is a date hierarchy's.
WAYS = ("all=&_facets=True&o=1.-2", "_popup=1&_to_field=id", "at__year=2026")


def paths(model, steps=STEPS):
    """Yield each way of at most three steps from a row, as a look-up writes it."""
    for field in model._meta.get_fields(include_hidden=False):
        name = field.name if field.concrete else field.get_accessor_name() and field.name
        yield name, field
        if field.is_relation and field.related_model and steps > 1:
            for rest, last in paths(field.related_model, steps - 1):
                yield f"{name}__{rest}", last


def asked(path, field, owner):
    """Yield what to ask of a column, with a value that another shop's row has there."""
    value = owner.name if isinstance(field, models.CharField | models.TextField) else owner.first
    for lookup in LOOKUPS:
        yield f"{path}__{lookup}", "1" if lookup == "isnull" else str(value)


def allowed(model, request, owner):
    model_admin = admin.site._registry[model]
    for path, field in paths(model):
        for lookup, value in asked(path, field, owner):
            if model_admin.lookup_allowed(lookup, value, request):
                yield path, lookup, value


def leaves_its_row(model, path):
    """Say whether a look-up asks another row than the one in the list."""
    first = path.split("__")[0]
    try:
        return model._meta.get_field(first).is_relation
    except FieldDoesNotExist:
        return False


def is_key_of(model, path, name):
    """Say whether a look-up names the key of the row that a filter offers."""
    last = get_fields_from_path(model, name)[-1].related_model
    return path == f"{name}__{last._meta.pk.name}"


@pytest.fixture
def request_of(rf):
    def make(client, model):
        request = rf.get(changelist(model))
        request.user = client.user
        return request

    return make


def test_what_may_be_asked_of_other_rows_is_offered_by_a_filter(theirs, sign_in, request_of):
    staff, outside = sign_in("owner"), {}
    for model in (each for each in admin.site._registry if each in theirs.rows):
        request = request_of(staff, model)
        filters = admin.site._registry[model].get_list_filter(request)
        offered = {each[0] for each in filters if isinstance(each, tuple)}
        for path, lookup, _value in allowed(model, request, theirs):
            if leaves_its_row(model, path) and not any(
                path == name or is_key_of(model, path, name) for name in offered
            ):
                outside.setdefault(model._meta.label, set()).add(lookup)
    assert outside == {}


@pytest.mark.parametrize("model", shop_models(), ids=lambda model: model.__name__)
def test_what_is_asked_of_a_list_finds_our_rows_alone(ours, theirs, sign_in, request_of, model):
    if model not in admin.site._registry:
        return
    request = request_of(sign_in("owner"), model)
    model_admin, found = admin.site._registry[model], set()
    for _path, lookup, value in allowed(model, request, theirs):
        rows = model_admin.get_queryset(request)
        try:
            found |= set(rows.filter(**{lookup: value}).values_list("pk", flat=True))
        except (ValueError, FieldError, ValidationError, OverflowError):
            continue  # this look-up is none of this column's
    assert not found & {row.pk for row in theirs.rows[model]}


@pytest.mark.parametrize("person", FIRST)
def test_the_address_bar_tells_their_values_from_no_values_by_nothing(theirs, sign_in, person):
    staff, told = sign_in(person), {}
    for model in (each for each in admin.site._registry if each in theirs.rows):
        for query, none in questions(theirs, model):
            url = changelist(model)
            answer = answer_of(staff.get(f"{url}?{query}", follow=True), query.rpartition("=")[2])
            expected = answer_of(staff.get(f"{url}?{none}", follow=True), none.rpartition("=")[2])
            if found := difference(answer, expected) or leaks_of(answer.text, theirs):
                told[f"{url}?{query}"] = found
    assert told == {}


def questions(owner, model):
    """Yield what another shop's staff would type, and the same about what nobody has."""
    their_key, no_key = owner.rows[model][0].pk, missing_key(model)
    yield f"id__exact={their_key}", f"id__exact={no_key}"
    yield f"shop__id__exact={owner.shop.pk}", "shop__id__exact=1999000007"
    yield f"shop__domain__startswith={owner.name}", "shop__domain__startswith=nowhere0"
    for filtered in admin.site._registry[model].list_filter:
        path = filtered if isinstance(filtered, str) else ""
        if isinstance(filtered, type) and issubclass(filtered, OneRowFilter):
            name = filtered.parameter_name
            yield f"{name}={owner.first}", f"{name}=1999000007"
        if path.endswith("shop"):
            yield f"{path}__id__exact={owner.shop.pk}", f"{path}__id__exact=1999000007"
            yield f"{path}__name={owner.name}", f"{path}__name=nowhere0"
            yield f"_facets=True&{path}={owner.shop.pk}", f"_facets=True&{path}=1999000007"


@pytest.mark.parametrize("person", FIRST)
def test_no_way_to_show_a_list_shows_theirs(theirs, sign_in, person):
    staff, told = sign_in(person), {}
    for model in (each for each in admin.site._registry if each in theirs.rows):
        for way in WAYS:
            url = f"{changelist(model)}?{way}"
            if leaks := leaks_of(answer_of(staff.get(url, follow=True)).text, theirs):
                told[url] = leaks
    assert told == {}


def completions():
    """Yield each field that completes, or could be asked to: any that points to a row."""
    for model in {*shop_models(), *admin.site._registry}:
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete:
                asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                yield asked | {"field_name": field.name}, field.related_model


@pytest.mark.parametrize("person", EACH)
def test_nothing_of_theirs_is_completed(theirs, sign_in, person):
    staff, url, told = sign_in(person), reverse("admin:autocomplete"), {}
    for question, _model in completions():
        none = answer_of(staff.get(url, question | {"term": "nowhere0"}))
        for term in ("", theirs.name, theirs.first, theirs.shop.domain):
            answer = answer_of(staff.get(url, question | {"term": term}))
            if leaks := leaks_of(answer.text, theirs):
                told[question["model_name"], question["field_name"], term] = leaks
            if term and answer != none:
                told[question["model_name"], question["field_name"], term] = answer.body
    assert told == {}


def test_a_superuser_is_offered_them(theirs, sign_in):
    boss, url = sign_in("superuser"), reverse("admin:autocomplete")
    offered = {
        model._meta.model_name
        for question, model in completions()
        if leaks_of(boss.get(url, question | {"term": theirs.name}).content.decode(), theirs)
    }
    searchable = {
        model._meta.model_name
        for _question, model in completions()
        if model in admin.site._registry
        and admin.site._registry[model].search_fields
        and rows_of(theirs, model)
    }
    assert searchable <= offered  # and the names of people, who are of no shop


def test_a_superusers_filters_offer_them(theirs, sign_in):
    boss = sign_in("superuser")
    for model in (each for each in admin.site._registry if each in theirs.rows):
        if "shop" in admin.site._registry[model].list_filter:
            page = boss.get(f"{changelist(model)}?q=nowhere0").content.decode()
            assert theirs.name in page, model


@pytest.mark.parametrize("role", ["support", "owner"])
def test_no_list_is_asked_by_a_column_that_no_filter_offers(ours, sign_in, request_of, role):
    staff, open_ones = sign_in(role), set()
    for model in (each for each in admin.site._registry if each in ours.rows):
        request = request_of(staff, model)
        for field in model._meta.concrete_fields:
            if admin.site._registry[model].lookup_allowed(
                f"{field.name}__startswith", "a", request
            ):
                open_ones.add(f"{model._meta.model_name}.{field.name}")
    secrets = {name for name in open_ones if name.endswith(("_hash", "password", "sealed", "key"))}
    assert secrets == set()
    # So that it can be seen: these are offered by filters, and asked by our own links.
    assert {"order.payment", "mail.state", "auditentry.subject_id"} <= open_ones


def test_a_page_leads_to_lists_that_open(ours, sign_in):
    staff = sign_in("owner")
    order = next(rows[0] for model, rows in ours.rows.items() if model.__name__ == "Order")
    for url in ("mail/?order={}", "downloadevent/?order={}", "auditentry/?subject_id={}"):
        answer = staff.get("/admin/downloads/" + url.format(getattr(order, "pk", order)))
        assert answer.status_code == 200
