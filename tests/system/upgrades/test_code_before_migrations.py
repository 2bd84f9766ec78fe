"""New code on an earlier database: 503 at every door, nothing counted, well again once migrated."""

import logging

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError, ProgrammingError
from django.test.utils import CaptureQueriesContext

from downloads import upgrades
from downloads.models import Delivery
from downloads.upgrades import pending_migrations
from tests.storefront.conftest import FACE_A, TOKEN, counted
from tests.storefront.pages.test_outages import ADMIN, MESSAGE, PAGE_BODY, WELL, text_of

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.both_databases,  # each says in its own words what is missing
]

PROBES = {"healthz": 200, "readyz": 503}

TO_BROWSERS = ("download", "click")
TELL_A_WORD = (
    "downloadables",
    "downloadable",
    "downloadable-download",
    "customer-tokens",
)


@pytest.fixture
def told(caplog):
    """Return a function: what was logged of migrations, and nothing else."""
    return lambda: [r.getMessage() for r in caplog.records if r.name == upgrades.__name__]


@pytest.mark.slow
def test_every_door_is_503_from_the_start_and_nothing_moves(routes, migrated_back, told, caplog):
    before = counted()
    with migrated_back():
        pending_migrations.check_at_start()
        answers = {name: ask() for name, ask in routes.items()}
    assert counted() == before
    expected = dict.fromkeys(routes, 503) | PROBES
    assert {name: answer.status_code for name, answer in answers.items()} == expected
    assert {answer["Retry-After"] for name, answer in answers.items() if name != "healthz"} == {
        "30"
    }
    assert answers["readyz"].json()["failing"] == ["migrations"]
    # One line says what to do, however many ask.
    assert told() == [f"{upgrades.PENDING}; {upgrades.MEANWHILE}"]
    errors = [(r.name, r.getMessage()) for r in caplog.records if r.levelno >= logging.ERROR]
    assert errors[1:] == [("django.request", "Service Unavailable: /readyz")]


@pytest.mark.slow
def test_each_door_keeps_its_shape(routes, behind):
    with behind():
        pending_migrations.check_at_start()
        for name in ("home", "order", "account", "links", "invitation", *TO_BROWSERS):
            assert text_of(routes[name]()) == PAGE_BODY, name
        for name in ("face-a", "webhook", "shop-webhook", "bounces"):
            assert routes[name]().json() == {"message": MESSAGE}, name
        for name in (*TELL_A_WORD, "purchased-download"):
            said = {"message": MESSAGE, "error": "service_unavailable"}
            assert routes[name]().json() == said, name
        assert routes["face-b"]().json() == {"errors": [{"message": MESSAGE}]}
        assert routes["face-a"]()["Access-Control-Allow-Origin"] == "*"
        assert routes["order"]()["Cache-Control"] == "no-store, private"


@pytest.mark.slow
@pytest.mark.parametrize("path", ADMIN)
def test_the_admin_is_a_page(staff, behind, path):
    with behind():
        pending_migrations.check_at_start()
        response = staff.get(path)
        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert text_of(response) == PAGE_BODY
    assert staff.get(path).status_code == 200


@pytest.mark.slow
def test_every_door_is_well_again_once_migrated(routes, behind, told):
    with behind():
        pending_migrations.check_at_start()
        assert routes["download"]().status_code == 503
    assert {name: ask().status_code for name, ask in routes.items()} == {
        name: WELL.get(name, 200) for name in routes
    }
    assert told()[1:] == [upgrades.DONE]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["download", "downloadable-download"])
def test_a_process_that_was_not_asked_learns_it_from_what_is_missing(routes, behind, name, told):
    before = counted()
    with behind():
        response = routes[name]()
        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert told() == [f"{upgrades.PENDING}; {upgrades.MEANWHILE}"]
        # From now on the others are not let in either.
        assert routes["webhook"]().status_code == routes["links"]().status_code == 503
    assert counted() == before
    assert routes[name]().status_code == 200


def test_face_b_learns_it_too(graphql, behind, monkeypatch, routes):
    def missing(*given, **named):
        Delivery.objects.values("valid_until").first()

    monkeypatch.setattr("storefront.graphql_api.view.key_and_bearer", missing)
    with behind():
        response = routes["face-b"]()
    assert (response.status_code, response.json()) == (503, {"errors": [{"message": MESSAGE}]})


def test_it_costs_the_requests_of_a_sound_database_no_query(client, routes):
    pending_migrations.check_at_start()
    with CaptureQueriesContext(connection) as asked:
        client.get(FACE_A, {"id": TOKEN})
    assert asked.captured_queries
    assert not [q for q in asked.captured_queries if "django_migrations" in q["sql"]]


@pytest.mark.slow
def test_a_database_that_is_gone_at_the_start_is_asked_again(
    routes,
    behind,
    database_gone,
    monkeypatch,
):
    with behind():
        with database_gone():
            pending_migrations.check_at_start()
            assert routes["home"]().status_code == 503
        assert routes["links"]().status_code == 503
    assert routes["links"]().status_code == 200


def test_a_missing_table_without_a_migration_stays_a_fault():
    with connection.cursor() as cursor, pytest.raises((OperationalError, ProgrammingError)) as met:
        cursor.execute("SELECT 1 FROM nowhere")
    assert upgrades.is_of_the_schema(met.value)
    assert not pending_migrations.explain(met.value)


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (OperationalError("no such table: downloads_grant"), True),
        (OperationalError("no such column: downloads_delivery.valid_until"), True),
        (OperationalError("table downloads_delivery has no column named valid_until"), True),
        (OperationalError("database is locked"), False),
        (ProgrammingError("syntax error"), False),
        (IntegrityError("no such table: x"), False),
        (KeyError("no such table"), False),
        (None, False),
    ],
)
def test_what_is_of_the_schema(error, is_so):
    assert upgrades.is_of_the_schema(error) is is_so


def test_a_migration_of_any_app_counts():
    # The record of migrations would outlive the test.
    [newest] = MigrationLoader(connection).graph.leaf_nodes("sessions")
    with transaction.atomic():
        MigrationRecorder(connection).record_unapplied(*newest)
        pending_migrations.reopen()
        assert pending_migrations.are_there()
        transaction.set_rollback(True)
