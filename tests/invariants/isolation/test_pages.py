"""Every page of the admin, for one of our own rows, for another shop's, and for none there is."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.invariants.isolation.asking import answer_of, difference
from tests.invariants.isolation.conftest import EACH, OF_A_SHOP
from tests.invariants.isolation.routes import missing_key, routes, rows_of

# What superusers alone may see a row on, or see nothing of a shop's own: no page tells a mark.
SAYS_NOTHING = {
    "order_page": "it leads to the buyer's page, by a ticket",
    "order_end_links": "it answers to POST alone",
    "order_release": "it answers to POST alone",
    "order_mail": "it answers to POST alone",
}


def leaks_of(text, shop):
    return [mark for mark in shop.marks if mark in text]


def searched(model_admin, term):
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist"
    return f"{reverse(name)}?q={term}"


@pytest.mark.parametrize("person", EACH)
def test_another_shops_row_is_answered_as_one_that_is_not_there(theirs, sign_in, person):
    staff = sign_in(person)
    told = {}
    for route in (each for each in routes() if each.is_of_row):
        missing = missing_key(route.model)
        expected = answer_of(staff.get(route.url(missing)), missing)
        for row in rows_of(theirs, route.model):
            answer = answer_of(staff.get(route.url(row.pk)), row.pk)
            if found := difference(answer, expected) or leaks_of(answer.text, theirs):
                told[route.url(row.pk)] = found
    assert told == {}


@pytest.mark.parametrize("person", EACH)
def test_no_page_of_ours_says_a_word_of_theirs(ours, theirs, sign_in, person):
    staff = sign_in(person)
    told = {}
    for route in routes():
        rows = rows_of(ours, route.model) if route.is_of_row else [None]
        for row in rows:
            url = route.url(row and row.pk)
            answer = answer_of(staff.get(url, follow=True))
            if leaks_of(answer.text, theirs):
                told[url] = [line for line in answer.text.splitlines() if leaks_of(line, theirs)]
    assert told == {}


@pytest.mark.parametrize("person", OF_A_SHOP)
def test_lists_show_our_own_rows(ours, sign_in, person):
    staff = sign_in(person)
    for model in (each for each in admin.site._registry if each in ours.rows):
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        response = staff.get(reverse(f"admin:{name}_changelist"))
        may_view = staff.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
        assert response.status_code == (200 if may_view else 403), name
        assert not may_view or ours.marks[0] in response.content.decode(), name


def test_who_works_for_no_shop_sees_no_list_at_all(ours, theirs, sign_in):
    staff = sign_in("of no shop")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert staff.get(reverse(name)).status_code == 403, name


@pytest.mark.parametrize("person", EACH)
def test_no_search_finds_anything_of_theirs(ours, theirs, sign_in, person):
    staff = sign_in(person)
    told = {}
    for model, model_admin in admin.site._registry.items():
        terms = [theirs.name, f"{theirs.name}@{theirs.name}.example", theirs.first]
        nothing = answer_of(staff.get(searched(model_admin, "nowhere")), "nowhere")
        for term in (*terms, *(row.pk for row in rows_of(theirs, model))):
            url = searched(model_admin, term)
            if found := difference(answer_of(staff.get(url), term), nothing):
                told[url] = found
    assert told == {}


def test_superusers_see_the_marks_so_that_each_page_could_fail(theirs, sign_in):
    boss = sign_in("superuser")
    bare = []
    for route in (each for each in routes() if each.name not in SAYS_NOTHING):
        rows = rows_of(theirs, route.model) if route.is_of_row else []
        answers = [answer_of(boss.get(route.url(row.pk), follow=True), row.pk) for row in rows]
        # Nobody may delete some.
        if rows and not any(each.status == 403 or leaks_of(each.text, theirs) for each in answers):
            bare.append(route.name)
    for model in theirs.rows.keys() & admin.site._registry.keys():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        if not leaks_of(answer_of(boss.get(reverse(name))).text, theirs):
            bare.append(name)
    assert bare == []


def test_a_superusers_search_finds_the_marks(theirs, sign_in):
    boss = sign_in("superuser")
    found = {
        model._meta.model_name
        for model, model_admin in admin.site._registry.items()
        if model_admin.search_fields and model in theirs.rows
        for term in (theirs.name, theirs.first)
        if str(theirs.rows[model][0].pk) in boss.get(searched(model_admin, term)).content.decode()
    }
    assert found == {
        model._meta.model_name
        for model, model_admin in admin.site._registry.items()
        if model_admin.search_fields and model in theirs.rows
    }
