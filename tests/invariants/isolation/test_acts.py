"""Everything that can be posted: no row of another shop moves, and the refusal tells nothing."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection, transaction
from django.urls import reverse

from tests.invariants.isolation.asking import answer_of, difference, form_on
from tests.invariants.isolation.conftest import EACH
from tests.invariants.isolation.routes import missing_key, routes, rows_of
from tests.invariants.isolation.shops import snapshot, strays
from tests.invariants.isolation.test_pages import leaks_of

# What posting takes besides: an action's own form, and a delete page's.
BESIDES = {"amount": "3", "post": "yes", "confirmed": "yes", "select_across": "0", "index": "0"}
WRITES = re.compile(r'(?:UPDATE|INSERT INTO|DELETE FROM) "(?:downloads|storefront|django_admin)')
# What support may do by an action, in their own shop.
OF_SUPPORT = {("downloads.Grant", "reset")}
FRESH_SECRET = "(fresh)"


def attempt(client, url, sent, *asked):
    """Post, read the answer and look at the rows if any was written; undo all of it."""
    written = []

    def note(execute, sql, *rest):
        if WRITES.match(sql):
            written.append(sql)
        return execute(sql, *rest)

    client.came_of_it = client.before
    with transaction.atomic():
        with connection.execute_wrapper(note):
            answer = answer_of(client.post(url, sent), *asked)
        if written:
            client.came_of_it = client.look()
        transaction.set_rollback(True)
    return answer


def watching(client, look):
    """Have a client look at rows after each attempt, and keep how they are before."""
    client.look, client.before = look, look()
    return client


@pytest.fixture
def enter(sign_in, theirs):
    """Return a function that signs somebody in who, after each attempt, looks at their rows."""

    def sign(person):
        return watching(sign_in(person), lambda: (snapshot(theirs.shop), strays()))

    return sign


def changelist(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def valid_form(client, route, ours):
    """Return what the page of one of our own rows would send, where it can be opened."""
    if not route.name.endswith("_change") or not rows_of(ours, route.model):
        return {}
    response = client.get(route.url(ours.rows[route.model][-1].pk))
    return form_on(response) if response.status_code == 200 else {}


@pytest.mark.parametrize("person", EACH)
def test_posting_about_another_shops_row_is_posting_about_none(ours, theirs, enter, person):
    staff, told = enter(person), {}
    for route in (each for each in routes() if each.is_of_row):
        sent = BESIDES | valid_form(staff, route, ours)
        missing = missing_key(route.model)
        expected = attempt(staff, route.url(missing), sent, missing)
        for row in rows_of(theirs, route.model):
            answer = attempt(staff, route.url(row.pk), sent, row.pk)
            if found := difference(answer, expected) or leaks_of(answer.text, theirs):
                told[route.url(row.pk)] = found
            assert staff.came_of_it == staff.before, route.name
    assert told == {}


@pytest.mark.parametrize("person", EACH)
def test_no_action_meets_another_shops_rows(ours, theirs, enter, person):
    staff, told = enter(person), {}
    for model in (each for each in admin.site._registry if each in theirs.rows):
        their, our, none = theirs.rows[model][0].pk, ours.rows[model][0].pk, missing_key(model)
        for name in actions_of(model):
            url, sent = changelist(model), BESIDES | {"action": name}
            for chosen in ([], [our]):
                with_none = sent | {ACTION_CHECKBOX_NAME: [none, *chosen]}
                with_theirs = sent | {ACTION_CHECKBOX_NAME: [their, *chosen]}
                expected = attempt(staff, url, with_none, none)
                answer = attempt(staff, url, with_theirs, their)
                assert staff.came_of_it == staff.before, name
                if found := difference(answer, expected) or leaks_of(answer.text, theirs):
                    told[model._meta.label, name, len(chosen)] = found
    assert told == {}


@pytest.mark.parametrize("person", EACH)
def test_an_action_on_everything_ends_at_our_own_door(theirs, enter, person):
    staff, told = enter(person), {}
    for model in (each for each in admin.site._registry if each in theirs.rows):
        for name in actions_of(model):
            sent = BESIDES | {"action": name, "select_across": "1", ACTION_CHECKBOX_NAME: "1"}
            answer = attempt(staff, changelist(model), sent)
            assert staff.came_of_it == staff.before, name
            if leaks := leaks_of(answer.text, theirs):
                told[model._meta.label, name] = leaks
    assert told == {}


def test_the_role_in_another_shop_opens_nothing_here(ours, sign_in):
    staff = watching(sign_in("support here, owner elsewhere"), lambda: snapshot(ours.shop))
    moved = set()
    for model in (each for each in admin.site._registry if each in ours.rows):
        chosen = [row.pk for row in ours.rows[model]]
        for name in actions_of(model):
            sent = BESIDES | {"action": name, ACTION_CHECKBOX_NAME: chosen}
            answer = attempt(staff, changelist(model), sent)
            if staff.came_of_it != staff.before or FRESH_SECRET in answer.text:
                moved.add((model._meta.label, name))
    for route in (each for each in routes() if each.is_of_row):
        sent = BESIDES | valid_form(staff, route, ours)
        for row in rows_of(ours, route.model):
            attempt(staff, route.url(row.pk), sent)
            if staff.came_of_it != staff.before:
                moved.add(route.name)
    assert moved - OF_SUPPORT == set()


def test_support_may_reset_so_that_the_test_above_could_fail(ours, sign_in):
    for person, moves in (("support", {"reset"}), ("superuser", {"reset", "revoke"})):
        staff = watching(sign_in(person), lambda: snapshot(ours.shop))
        model = next(each for each in ours.rows if each._meta.model_name == "grant")
        moved = set()
        for name in ("reset", "revoke"):
            sent = BESIDES | {"action": name, ACTION_CHECKBOX_NAME: [ours.rows[model][0].pk]}
            attempt(staff, changelist(model), sent)
            if staff.came_of_it != staff.before:
                moved.add(name)
        assert moved == moves


def test_a_superusers_post_does_move_them(ours, theirs, enter):
    boss = enter("superuser")
    names, moved = set(), set()
    for model in (each for each in admin.site._registry if each in theirs.rows):
        chosen = [row.pk for row in theirs.rows[model]]
        for name in actions_of(model):
            sent = BESIDES | {"action": name, ACTION_CHECKBOX_NAME: chosen}
            answer = attempt(boss, changelist(model), sent)
            names.add(name)
            if boss.came_of_it != boss.before or leaks_of(answer.text, theirs):
                moved.add(name)
    assert names - moved == set(), "Have isolation/shops.py make a row that this can move."


def actions_of(model):
    return [name for _act, name, _words in admin.site._registry[model]._get_base_actions()]
