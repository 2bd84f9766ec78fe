"""Squashed migrations: a new database gets them, one of before goes on step by step."""

import pytest
from django.db.migrations.loader import MigrationLoader

from tests.migrating import APPS, StepLoader

SQUASHED = {("downloads", "0001_as_of_0022"), ("storefront", "0001_as_of_0007")}


def test_they_replace_every_step_up_to_theirs():
    steps = StepLoader(None).disk_migrations
    for app, name in SQUASHED:
        last = name[-4:]
        replaced = MigrationLoader(None).disk_migrations[app, name].replaces
        assert replaced == sorted(key for key in steps if key[0] == app and key[1][:4] <= last)


def test_the_models_are_those_of_the_steps():
    def fields(loader):
        state = loader.project_state(loader.graph.leaf_nodes())
        return {
            key: ({n: f.deconstruct()[1:] for n, f in model.fields.items()}, model.options)
            for key, model in state.models.items()
            if key[0] in APPS
        }

    whole, steps = fields(MigrationLoader(None)), fields(StepLoader(None))
    assert whole.keys() == steps.keys()
    for key, (columns, options) in whole.items():
        assert columns == steps[key][0], key
        for each in (options, steps[key][1]):
            for rules in ("constraints", "indexes"):
                each[rules] = sorted(map(str, each.get(rules, ())))
        assert options == steps[key][1], key


@pytest.mark.slow
def test_a_database_of_earlier_comes_to_the_same_step_by_step(walked):
    """The tests' own was made by the squashed ones; this one by every step from the first."""
    assert walked.tables == walked.tables_at_once


@pytest.mark.slow
def test_and_so_it_does_there_and_back_and_there_again(walked):
    assert walked.tables_again == walked.tables_at_once
