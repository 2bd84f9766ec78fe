"""What every test can ask for."""

import json
import os
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

from storefront.models import CustomerToken, StorefrontKey
from tests.factories import CustomerFactory

CONTRACTS = Path(__file__).parent / "contracts"
PAYLOADS = Path(django_settings.BASE_DIR) / "storefront" / "demo"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip a run on PostgreSQL where none answers; in CI that is a failure."""
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


@pytest.fixture(autouse=True)
def _apart(tmp_path, settings):
    """Give each test its own uploads and empty throttles."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    # Else every test client reads all static files anew.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


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
