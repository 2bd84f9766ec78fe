"""Every address of the admin with values that no database takes: refused in a sentence.

In the fast run one question of eleven; all of them in `make test-all`.
"""

import itertools
import logging
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.urls import reverse

from tests.invariants.isolation.asking import form_on
from tests.invariants.isolation.routes import missing_key, routes, rows_of
from tests.invariants.isolation.table import address

HOSTILE = {
    "nothing": "",
    "a word": "x",
    "a zero byte": "a\0b",
    "half a character": b"\xed\xa0\x80",
    "a number past 64 bits": str(2**63),
    "a number of 400 digits": "9" * 400,
    "a number of 5,000 digits": "9" * 5000,
    "a negative number": "-1",
    "no year": "0",
    "the last year": "9999",
    "a year past the last": "99999",
    "a day that does not exist": "2024-13-45",
    "the first day": "0001-01-01",
    "digits of other scripts": "١٢²",
    "a list with holes": "1,,x",
    "a broken pattern": "(*[",
    "not a number": "NaN",
}
LOOKUPS = (
    *("", "exact", "in", "isnull", "gt", "range", "year", "year__gt", "iso_year", "month"),
    *("date", "hour", "regex", "icontains", "id__exact", "pk"),
)
OF_LISTS = ("q", "p", "o", "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters")
OF_FORMS = ("_popup", "_to_field", "_changelist_filters", "p", "next")
# Keys in the escaping of the admin's own addresses.
KEYS = (*HOSTILE.values(), "_00", "_5F00")
# How many rows stand on a page, as its form counts them.
COUNTS = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
STEP = 37
STEP_IN_SAMPLE = 11


@pytest.fixture
def hostile(boss):
    boss.raise_request_exception = False
    yield boss
    boss.raise_request_exception = True


@pytest.fixture
def told(caplog):
    """Collect what is logged with a traceback; only that keeps a fault of ours apart."""
    caplog.set_level(logging.INFO)
    return lambda: [each.getMessage() for each in caplog.records if each.exc_info]


def changelist(model):
    return address(model, "changelist")


@contextmanager
def apart():
    """Keep a question that PostgreSQL refuses from spoiling the test's own transaction."""

    def ask(execute, sql, *rest):
        if not sql.startswith("SELECT"):
            return execute(sql, *rest)
        with transaction.atomic():
            return execute(sql, *rest)

    if connection.vendor == "sqlite":
        yield
    else:
        with connection.execute_wrapper(ask):
            yield


def faults(client, asked):
    """Return each address that is not answered, or answered by a fault, with its status."""
    found = []
    for url, sent in asked:
        with apart():
            response = client.get(url) if sent is None else client.post(url, sent)
        if response.status_code >= 500:
            found.append((url[:200], response.status_code))
    return found


def columns(model_admin):
    names = [field.name for field in model_admin.opts.get_fields() if field.concrete]
    filters = model_admin.list_filter
    names += [each if isinstance(each, str) else each.parameter_name for each in filters]
    return list(dict.fromkeys(names))


def spread(values, number):
    """Return one of the values, another for each number."""
    values = list(values)
    return values[number * STEP % len(values)]


def asked_of_lists():
    number = itertools.count()
    for model, model_admin in admin.site._registry.items():
        url = changelist(model)
        for name in OF_LISTS:
            yield f"{url}?{urlencode({name: spread(HOSTILE.values(), next(number))})}"
        for name in columns(model_admin):
            lookup, value = spread(itertools.product(LOOKUPS, HOSTILE.values()), next(number))
            yield f"{url}?{urlencode({f'{name}__{lookup}' if lookup else name: value})}"


def keyed(route, key):
    """Return a route's address for a key that no row could have."""
    missing = missing_key(route.model)
    return route.url(missing).replace(str(missing), quote(key))


def asked_of_pages(owner):
    number = itertools.count()
    for route in routes():
        names = (spread(OF_FORMS, next(number)),)
        if route.is_of_row:
            keys = ("a\0b", *(spread(KEYS, next(number)) for _turn in range(2)))
            yield from (keyed(route, key) for key in keys)
        if route.name.endswith("_add"):
            names = (*names, *columns(admin.site._registry[route.model]))
        rows = rows_of(owner, route.model) if route.is_of_row else [None]
        for row in rows[:1]:
            for name in names:
                value = spread(HOSTILE.values(), next(number))
                yield f"{route.url(row and row.pk)}?{urlencode({name: value})}"


def asked_of_completions():
    url = reverse("admin:autocomplete")
    known = {"app_label": "downloads", "model_name": "grant", "field_name": "asset"}
    for name in (*known, "term", "page"):
        yield from (f"{url}?{urlencode(known | {name: value})}" for value in HOSTILE.values())


def sent_to_lists(owner):
    number = itertools.count()
    for model, model_admin in admin.site._registry.items():
        act = next(iter(model_admin.actions or ()), "delete_selected")
        given = {"action": act, "_selected_action": missing_key(model), "index": "0"}
        for name in (*given, "select_across"):
            yield changelist(model), given | {name: spread(HOSTILE.values(), next(number))}
        yield changelist(model), given | {"_selected_action": "x"}


def sent_to_forms(client, owner, step):
    """Yield each form with a value in all of its boxes at once that most of them do not take."""
    number = itertools.count()
    pages = [each for each in routes() if each.name.endswith(("_add", "_change"))]
    for route in pages[::step]:
        for row in (rows_of(owner, route.model) if route.is_of_row else [None])[:1]:
            url = route.url(row and row.pk)
            form = form_on(client.get(url))
            boxes = [name for name in form if not name.endswith((*COUNTS, "csrfmiddlewaretoken"))]
            yield url, form | dict.fromkeys(boxes, spread(HOSTILE.values(), next(number)))


def lists(client, owner):
    return [(url, None) for url in asked_of_lists()]


def pages(client, owner):
    return [(url, None) for url in asked_of_pages(owner)]


def completions(client, owner):
    return [(url, None) for url in asked_of_completions()]


def acts(client, owner):
    return list(sent_to_lists(owner))


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(STEP_IN_SAMPLE, marks=pytest.mark.sampled),
        pytest.param(1, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("kind", [lists, pages, completions, acts, sent_to_forms])
def test_what_no_database_takes_is_refused(ours, hostile, told, kind, step):
    asked = kind(hostile, ours, step) if kind is sent_to_forms else kind(hostile, ours)[::step]
    assert faults(hostile, asked) == []
    assert told() == []
