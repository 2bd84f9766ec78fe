"""The two shops are fit to tell a leak by: each has a row of everything, marked everywhere."""

import pytest
from django.contrib import admin
from django.db import models

from tests.invariants.isolation.shops import shop_models, snapshot, strays

# Columns that say nothing of their own: a fixed choice of words, or a name this service makes.
UNMARKED = {"file", "role", "language", "time_zone", "accent"}
UNMARKED |= {"subject_type", "subject_id", "content_type"}


@pytest.mark.slow
def test_every_model_has_a_row_in_each(ours, theirs):
    for shop in (ours.shop, theirs.shop):
        rows = snapshot(shop)
        bare = [model._meta.label for model in shop_models() if not rows[model._meta.label]]
        assert bare == [], "Have tests/invariants/isolation/shops.py make a row of these."


def test_whatever_the_admin_shows_is_among_them():
    shown = {model._meta.label for model in admin.site._registry}
    assert shown - {model._meta.label for model in shop_models()} == {
        "auth.User",
        "downloads.Plan",
    }


def test_every_text_column_bears_the_mark(theirs):
    unmarked = {
        f"{model._meta.label}.{column.name}"
        for model in shop_models()
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField | models.JSONField)
        and not column.choices
        and column.name not in UNMARKED
        and theirs.marks[0] not in str(column.value_from_object(theirs.rows[model][0]))
    }
    assert unmarked == set()


@pytest.mark.slow
def test_no_number_and_no_mark_is_in_both(ours, theirs):
    assert not ours.keys & theirs.keys
    assert not set(ours.marks) & set(theirs.marks)
    assert not [mark for mark in theirs.marks if mark in str(snapshot(ours.shop))]


def test_none_points_into_the_other(ours, theirs, third):
    assert strays() == []
