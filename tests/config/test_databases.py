"""Options of a database: what each engine is opened with, and whose word counts."""

from pathlib import Path

import pytest
from django.db import connection

from config.databases import NO_COMPILER, opened

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql"}


def options_of(database, *, prepares):
    return opened(database, tests_in=Path("var"), patience_seconds=5, prepares=prepares)["OPTIONS"]


@pytest.mark.both_databases
def test_no_statement_is_compiled(db):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's own")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_a_pooler_is_told_nothing_that_it_may_refuse():
    assert options_of(POSTGRESQL, prepares=True)["options"] == NO_COMPILER
    assert "options" not in options_of(POSTGRESQL, prepares=False)


def test_what_an_address_says_itself_comes_first():
    own = POSTGRESQL | {"OPTIONS": {"options": "-c jit=on"}}
    assert options_of(own, prepares=True)["options"] == "-c jit=on"
