"""What every test can ask for."""

import base64
import gc
import hashlib
import hmac
import itertools
import json
import logging
import os
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django_webtest.pytest_plugin import MixinWithInstanceVariables
from hypothesis import settings as hypothesis_settings

from config import settings as configured
from config.log_repeats import CountsRepeats
from downloads.upgrades import PendingMigrations, pending_migrations
from storefront import inbox
from storefront.graphql_api.ahead import ReadyRequest
from storefront.http import proxies
from storefront.inbox import apply_messages
from storefront.models import CustomerToken, StorefrontKey, WebhookSecret
from tests import both_databases, planned_twice, thinned
from tests.factories import CustomerFactory, ShopFactory
from tests.leaks import _nothing_leaks, watch  # noqa: F401 (fixtures, which every test has)
from tests.prepared_database import restore, start_from_prepared

# The test before has left a fresh copy, rows of migrations and all.
TransactionTestCase._fixture_setup = classmethod(lambda case: None)
TransactionTestCase._fixture_teardown = lambda case: restore(connection)


def _tell_each_line():
    """Hold no repeated line back: it would be told of later, in the midst of another test."""
    filters = [each for handler in logging.getLogger().handlers for each in handler.filters]
    for each in filters:
        if isinstance(each, CountsRepeats):
            each.per_minute = 0


_tell_each_line()


CONTRACTS = Path(__file__).parent / "contracts"
WEBHOOKS = "/webhooks/shopify"
WEBHOOK_SECRET = "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"
PAYLOADS = Path(django_settings.BASE_DIR) / "storefront" / "demo"


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis try little in a quick run, and load the plugin of schemathesis if need be.

    It takes seconds, and the tests of the schemas alone want it.
    """
    few = {"max_examples": 15} if "not slow" in config.option.markexpr else {}
    hypothesis_settings.register_profile("unhurried", deadline=None, **few)
    hypothesis_settings.load_profile("unhurried")
    schemas = CONTRACTS / "schemas"
    asked = {Path(argument.partition("::")[0]).resolve() for argument in config.args}
    if config.option.markexpr != "not slow" and asked & {
        schemas,
        *schemas.parents,
        *schemas.iterdir(),
    }:
        config.pluginmanager.import_plugin("schemathesis.pytest.plugin")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs where; skip a run on PostgreSQL where none answers, which in CI fails."""
    _name_each_once(items)
    both_databases.mark(items)
    thinned.mark(items)
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return
    try:
        psycopg.connect(
            host=database["HOST"],
            port=database["PORT"] or None,
            user=database["USER"],
            password=database["PASSWORD"] or None,
            dbname=database["NAME"],
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError as error:
        if os.environ.get("CI") == "true":
            pytest.exit(f"No PostgreSQL at DATABASE_URL: {error}", returncode=1)
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"no PostgreSQL at DATABASE_URL: {error}"))


def _name_each_once(items: list[pytest.Item]) -> None:
    """Refuse two tests of one name: a run by file would keep one of them, and not say so."""
    named = Counter(item.nodeid for item in items if CONTRACTS / "schemas" not in item.path.parents)
    if twice := [name for name, times in named.items() if times > 1]:
        raise pytest.UsageError(f"several tests are called {', '.join(twice)}")


def pytest_collection_finish() -> None:
    """Spare each search for garbage the thousands of tests, which stay to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, django_db_use_migrations, django_db_blocker
):
    """Spare each process the migrations, which the first one has applied for all."""
    if django_db_use_migrations:
        with django_db_blocker.unblock():
            start_from_prepared(connection)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """End what is still connected before the test database goes.

    A thread's connection is closed with its garbage, which may not be collected yet, and PostgreSQL
    drops no database that somebody is connected to.
    """
    yield
    gc.collect()
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _planned_twice(request, monkeypatch):
    """Have each document of whatever test answered both by its plan and by the library."""
    if not planned_twice.COUNTING & set(request.fixturenames):
        monkeypatch.setattr(ReadyRequest, "run_planned", planned_twice.run_twice)


@pytest.fixture(scope="session")
def django_app_mixin():
    """WebTest over the settings as they are: its own way to sign in stands beside our roles."""
    mixin = MixinWithInstanceVariables()
    mixin.setup_auth = False
    return mixin


@pytest.fixture(scope="session")
def _uploads(tmp_path_factory):
    """Set once what is alike for all tests: each change of a setting costs as much as a test."""
    uploads = tmp_path_factory.mktemp("media") / "uploads"
    with override_settings(
        MEDIA_ROOT=uploads,
        # Else every test client reads all static files anew.
        WHITENOISE_AUTOREFRESH=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield uploads


@pytest.fixture(autouse=True)
def _apart(_uploads):
    """Give each test its own uploads and empty throttles."""
    cache.clear()
    proxies.seen = proxies.OneAddress()
    yield
    if _uploads.exists():
        shutil.rmtree(_uploads)


@pytest.fixture(autouse=True)
def _unhindered(monkeypatch):
    """Let nothing wait: the tests' database is migrated, and nobody else writes to it."""
    monkeypatch.setattr(inbox, "LONGEST_PAUSE_SECONDS", 0)
    vars(pending_migrations).update(vars(PendingMigrations()))
    monkeypatch.setattr(PendingMigrations, "reopen", lambda self: None)


@pytest.fixture
def frozen(monkeypatch):
    """Return a function that sets the time every face reads."""

    def freeze(at: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)

    return freeze


@pytest.fixture
def payload():
    """Return a function that reads one of the real payloads, without its outer key."""

    def read(name: str) -> dict:
        document = json.loads((PAYLOADS / f"shopify-{name}.json").read_text(encoding="utf-8"))
        return document[name]

    return read


@pytest.fixture
def customer(db):
    return CustomerFactory()


@pytest.fixture
def hashed(settings, monkeypatch):
    """Return a list of every password hash computed, by the hashers of production."""
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS
    kind = type(hashers.get_hasher())
    # It is counted how often; how long one takes is another matter.
    monkeypatch.setattr(kind, "time_cost", 1)
    monkeypatch.setattr(kind, "memory_cost", 8)
    done = []
    for verb in ("encode", "verify"):
        real = getattr(kind, verb)

        def note(self, *given, verb=verb, real=real, **named):
            done.append(verb)
            return real(self, *given, **named)

        monkeypatch.setattr(kind, verb, note)
    return done


@pytest.fixture
def graphql(client):
    """Return a function that sends a document to face B and returns the response.

    `customer` signs in that customer of the key's shop; `key` and `bearer` replace what is sent
    (None sends none).
    """
    keys: dict[int, str] = {}

    def send(query, *, customer=None, shop=None, variables=None, **given):
        shop = shop or (customer.shop if customer else None)
        headers = {}
        if shop is not None:
            if shop.pk not in keys:
                keys[shop.pk] = StorefrontKey.issue(shop, name="test")[1]
            headers["X-Storefront-Key"] = keys[shop.pk]
        if customer is not None:
            from django.utils import timezone

            bearer = CustomerToken.issue(customer, at=timezone.now())[1]
            headers["Authorization"] = f"Bearer {bearer}"
        for name, value in (
            ("X-Storefront-Key", given.get("key", ...)),
            ("Authorization", given.get("authorization", ...)),
        ):
            if value is None:
                headers.pop(name, None)
            elif value is not ...:
                headers[name] = value
        return client.post(
            "/api/graphql",
            {"query": query, "variables": variables or {}},
            content_type="application/json",
            headers=headers,
        )

    return send


def sign(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    """Return the signature of a body, written here anew: not by the code under test."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.fixture
def merchant(db):
    """A shop whose platform signs its messages with WEBHOOK_SECRET."""
    shop = ShopFactory(name="My store", domain="my-store.example")
    WebhookSecret.keep(shop, source="shopify", secret=WEBHOOK_SECRET)
    return shop


@pytest.fixture
def deliver(client, merchant, django_capture_on_commit_callbacks):
    """Return a function that posts one signed message of `merchant` and returns the response.

    `payload` is an object or the very bytes. What waits is applied afterwards, unless `is_applied`
    is False. `headers` replace what is sent (None sends none); each message has an id of its own.
    """
    ids = (f"b54557e4-bdd9-4b37-8a5f-{number:012}" for number in itertools.count(1))

    def post(topic, payload, *, is_applied=True, secret=WEBHOOK_SECRET, **headers):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        sent = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": merchant.domain,
            "X-Shopify-Webhook-Id": next(ids),
            "X-Shopify-Hmac-Sha256": sign(body, secret),
        } | {f"X-Shopify-{name.replace('_', '-')}": value for name, value in headers.items()}
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(
                WEBHOOKS,
                body,
                content_type="application/json",
                headers={name: value for name, value in sent.items() if value is not None},
            )
        if is_applied:
            apply_messages.call()
        return response

    return post
