"""The audit trail, wherever it is read or saved: a shop's own entries, to who may see them."""

import pytest
from django.contrib import admin
from django.urls import reverse

from downloads.audit.export import FORMS
from downloads.audit.signals import is_told_of
from downloads.models import AuditEntry
from downloads.tenancy import of_shops
from tests.invariants.isolation.asking import answer_of, difference
from tests.invariants.isolation.conftest import FIRST
from tests.invariants.isolation.test_pages import leaks_of

# Whose entries each may see.
READERS = {"manager": "ours", "owner": "ours", "support here, owner elsewhere": "third"}


@pytest.fixture
def shops(ours, theirs, third):
    return {"ours": ours, "theirs": theirs, "third": third}


def export(form):
    return reverse("admin:audit_export", args=[form])


def told(shop):
    """Return the number of every entry of a shop."""
    return set(of_shops(AuditEntry.objects.all(), [shop.shop.pk]).values_list("pk", flat=True))


def lines(answer):
    return len(answer.body.splitlines())


@pytest.mark.parametrize("person", READERS)
def test_an_export_holds_our_own_entries_alone(shops, sign_in, person):
    staff, seen = sign_in(person), shops[READERS[person]]
    hidden = [shop.marks[0] for shop in shops.values() if shop is not seen]
    for form, head in (("csv", 1), ("jsonl", 0)):
        answer = answer_of(staff.get(export(form)))
        assert (answer.status, lines(answer)) == (200, len(told(seen)) + head)
        assert seen.marks[0] in answer.text
        assert [mark for mark in hidden if mark in answer.text] == []


@pytest.mark.parametrize("form", FORMS)
def test_a_superusers_export_holds_all(shops, sign_in, form):
    answer = answer_of(sign_in("superuser").get(export(form)))
    assert all(leaks_of(answer.text, shop) for shop in shops.values())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("person", ["support", "of no shop"])
def test_who_may_not_see_the_trail_may_not_save_it(shops, sign_in, person, form):
    assert sign_in(person).get(export(form)).status_code == 403


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("person", FIRST)
def test_an_export_asked_for_theirs_is_one_asked_for_nobodys(theirs, sign_in, person, form):
    staff = sign_in(person)
    for query, nobodys in (
        ("q={}", "nowhere"),
        ("shop__id__exact={}", 1_999_000_007),
        ("shop__domain={}", "nowhere"),
        ("subject_type=downloads.shop&subject_id={}", 1_999_000_007),
    ):
        their = theirs.first if nobodys == 1_999_000_007 else f"{theirs.name}.example"
        expected = answer_of(staff.get(f"{export(form)}?{query.format(nobodys)}"), nobodys)
        answer = answer_of(staff.get(f"{export(form)}?{query.format(their)}"), their)
        assert difference(answer, expected) + leaks_of(answer.text, theirs) == []


def test_each_page_tells_of_its_own_row(ours, sign_in):
    staff, silent = sign_in("owner"), []
    for model in (each for each in admin.site._registry if is_told_of(each) and each in ours.rows):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        page = staff.get(reverse(name, args=[ours.rows[model][0].pk])).content.decode()
        if f"{ours.name} before" not in page:
            silent.append(name)
    assert silent == []
