"""The front page, the probes and the error pages."""

from datetime import timedelta

import pytest
from django.db.migrations.recorder import MigrationRecorder

from downloads import fulfilment
from downloads.models import Heartbeat
from storefront.demo.example import ORDER_TOKEN
from storefront.pages import handlers
from tests.factories import NOW, OrderFactory
from tests.storefront.conftest import PAGE, POLICY, Page, headers_of, policy_of

# --- The front page ----------------------------------------------------------------------------


def links_of(response):
    return [attrs["href"] for tag, attrs in Page(response).tags if tag == "a"]


def test_the_front_page_tells_a_stranger_nothing(client, db):
    OrderFactory(token="f" * 32)
    response = client.get("/")
    assert response.status_code == 200
    assert links_of(response) == ["/links", "/docs/"]
    assert Page(response).texts["h1"] == ["Digital downloads"]


def test_the_front_page_leads_into_the_demo(client, db):
    OrderFactory(token=ORDER_TOKEN)
    ways = ["/links", "/docs/", f"/orders/{ORDER_TOKEN}", "/admin/", "/api/schema/"]
    assert links_of(client.get("/")) == ways


def test_no_demo_is_shown_in_production(client, db, settings):
    OrderFactory(token=ORDER_TOKEN)
    settings.PRODUCTION = True
    assert links_of(client.get("/")) == ["/links", "/docs/"]


# --- The probes --------------------------------------------------------------------------------

NEVER = {"worker": {"since": None}}


def test_a_process_that_answers_is_healthy(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_whole_house_is_ready_and_keeps_nothing_of_the_probe(client, db, settings):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"} | NEVER)
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_a_storage_that_is_no_folder_is_not_ready(client, db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_bytes(b"")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failing": ["storage"]} | NEVER
    assert response["Retry-After"] == "30"


@pytest.mark.parametrize("app", ["downloads", "storefront"])
def test_a_migration_to_come_is_not_ready(client, db, app):
    MigrationRecorder.Migration.objects.filter(app=app).latest("name").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failing": ["migrations"]} | NEVER


def test_all_that_fails_is_named(client, db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_bytes(b"")
    MigrationRecorder.Migration.objects.filter(app="downloads").delete()
    assert client.get("/readyz").json()["failing"] == ["migrations", "storage"]


@pytest.mark.parametrize("is_fit", [True, False])
def test_when_the_worker_was_seen_is_told_and_changes_no_status(
    client, db, settings, tmp_path, is_fit
):
    fulfilment.beat("one", at=NOW)
    fulfilment.beat("another", at=NOW - timedelta(hours=1))
    if not is_fit:
        settings.MEDIA_ROOT = tmp_path / "file"
        settings.MEDIA_ROOT.write_bytes(b"")
    response = client.get("/readyz")
    assert response.status_code == (200 if is_fit else 503)
    assert response.json()["worker"] == {"since": "2026-03-01T12:00:00Z"}


def test_a_worker_nobody_can_ask_about_is_left_out(client, db, monkeypatch):
    monkeypatch.setattr(Heartbeat._meta, "db_table", "still_to_come")
    assert client.get("/readyz").json() == {"status": "ok"}


# --- Errors ------------------------------------------------------------------------------------


def words_of(response):
    page = Page(response)
    return response.status_code, page.texts["h1"], page.texts["p"]


def test_an_unknown_path_is_a_404_page(client):
    for path in ("/nothing", "/orders/a/b", "/%00", "/.env"):
        response = client.get(path)
        assert words_of(response) == (404, ["Not found"], ["Check the address."])
        assert headers_of(response) == PAGE
        assert policy_of(response) == POLICY


def test_an_unknown_path_of_the_api_is_a_404_in_json(client):
    for path in ("/api/", "/api/x", "/api/v2/"):
        response = client.get(path)
        assert response.status_code == 404
        assert response.json() == {"message": "Not found. Check the address."}


def test_another_host_is_a_400_page(client):
    response = client.get("/", headers={"host": "evil.example"})
    assert words_of(response) == (
        400,
        ["This request was not understood"],
        ["Check the address."],
    )
    headers = headers_of(response)
    assert {name: headers.get(name) for name in PAGE if name != "x-frame-options"} == {
        name: value for name, value in PAGE.items() if name != "x-frame-options"
    }


def test_the_pages_for_403_and_500_say_what_to_do(rf):
    forbidden = handlers.forbidden(rf.get("/"), PermissionError())
    assert words_of(forbidden) == (
        403,
        ["Not allowed"],
        ["Sign in with an account that may do this."],
    )
    assert words_of(handlers.server_error(rf.get("/"))) == (
        500,
        ["Something went wrong"],
        ["It is our fault, and nothing was counted. Please try again in a moment."],
    )
