import re
import runpy
import sys

import pytest
from cryptography.fernet import Fernet

from config.databases import SQLITE_OPTIONS
from config.table import BOUNDS
from storefront.checks.settings import settings_are_safe

RANDOM_KEY = "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ENCRYPTION_KEY = Fernet.generate_key().decode()
SHARED_CACHE = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}


@pytest.fixture
def database(settings, monkeypatch):
    """Return a function that sets the database the checks see; connections keep theirs."""

    def use(engine: str, **database) -> None:
        described = {"ENGINE": f"django.db.backends.{engine}"} | database
        monkeypatch.setitem(settings.DATABASES, "default", described)

    return use


@pytest.fixture
def production(settings, database):
    """Settings that are safe in production."""
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY = RANDOM_KEY
    settings.ENCRYPTION_KEYS = [ENCRYPTION_KEY]
    settings.CACHES = SHARED_CACHE
    settings.PUBLIC_BASE_URL = "https://downloads.example.com"
    database("postgresql")
    return settings


@pytest.fixture
def laptop(settings, database):
    """The settings as they are without an environment."""
    settings.PRODUCTION = False
    settings.DEBUG = False
    settings.SECRET_KEY = settings.LAPTOP_SECRET_KEY
    settings.ENCRYPTION_KEYS = [settings.LAPTOP_ENCRYPTION_KEY]
    settings.PUBLIC_BASE_URL = settings.LAPTOP_BASE_URL
    database("sqlite3", OPTIONS=SQLITE_OPTIONS)
    return settings


def found() -> list[str | None]:
    return [message.id for message in settings_are_safe(None)]


def test_safe_settings_pass_in_production(production):
    assert found() == []


def test_the_defaults_pass_on_a_laptop(laptop):
    assert found() == []


def test_the_laptops_secret_is_refused_in_production(production):
    production.SECRET_KEY = production.LAPTOP_SECRET_KEY
    assert found() == ["downloads.E001"]


@pytest.mark.parametrize(
    "key", ["a", "a" * 50, "k" * 49 + "x", "django-insecure-" + RANDOM_KEY, RANDOM_KEY[:49]]
)
def test_a_weak_secret_is_refused_in_production(production, key):
    production.SECRET_KEY = key
    assert found() == ["downloads.E001"]


def test_an_earlier_secret_is_held_to_the_same(production):
    production.SECRET_KEY_FALLBACKS = [RANDOM_KEY, production.LAPTOP_SECRET_KEY]
    assert found() == ["downloads.E001"]


@pytest.mark.parametrize("place", [0, 1])
def test_the_laptops_encryption_key_is_refused_in_production(production, place):
    production.ENCRYPTION_KEYS.insert(place, production.LAPTOP_ENCRYPTION_KEY)
    assert found() == ["downloads.E008"]


def test_several_encryption_keys_pass_in_production(production):
    production.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), ENCRYPTION_KEY]
    assert found() == []


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [""],
        [RANDOM_KEY],
        [ENCRYPTION_KEY, "x"],
        [ENCRYPTION_KEY[:-1]],
        ["é" * 44],
    ],
)
def test_what_is_no_encryption_key_is_refused_everywhere(laptop, keys):
    laptop.ENCRYPTION_KEYS = keys
    assert found() == ["downloads.E008"]


def test_any_host_is_refused_in_production(production):
    production.ALLOWED_HOSTS = ["*"]
    assert found() == ["downloads.E006"]


@pytest.mark.parametrize(("name", "least"), [(name, least) for name, (least, _) in BOUNDS.items()])
def test_a_limit_below_its_least_is_refused_everywhere(laptop, name, least):
    setattr(laptop, name, least)
    assert found() == []
    for limit in (least - 1, -5):
        setattr(laptop, name, limit)
        assert [(each.id, each.msg, each.hint) for each in settings_are_safe(None)] == [
            ("downloads.E007", f"{name} is {limit}.", f"Set {least} or more.")
        ]


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("ENDED_TOKEN_DAYS", 36_500),
        ("KEY_GRACE_HOURS", 876_000),
        ("EXCHANGED_TOKEN_SECONDS", 3_153_600_000),
    ],
)
def test_a_time_past_reason_is_refused(laptop, name, most):
    setattr(laptop, name, most)
    assert found() == []
    setattr(laptop, name, most + 1)
    assert [(each.id, each.msg, each.hint) for each in settings_are_safe(None)] == [
        (
            "downloads.E007",
            f"{name} is {most + 1}.",
            f"Set {most} or less: no calendar reaches farther.",
        )
    ]


def test_headers_for_graphiql_are_refused_in_production(production):
    production.GRAPHIQL_HEADERS = {"Authorization": "Bearer 1|x"}
    [message] = settings_are_safe(None)
    assert (message.id, message.is_serious()) == ("downloads.E010", True)
    assert message.msg == ("GRAPHIQL_HEADERS shows a key and a bearer to whoever opens GraphiQL.")
    assert message.hint == (
        "Leave GRAPHIQL_HEADERS unset in production; each user enters their own."
    )


def test_graphiql_without_headers_passes_in_production(production):
    production.GRAPHIQL = True
    production.GRAPHIQL_HEADERS = {}
    assert found() == []


def test_headers_for_graphiql_pass_on_a_laptop(laptop):
    laptop.GRAPHIQL = True
    laptop.GRAPHIQL_HEADERS = {"Authorization": "Bearer 1|x"}
    assert found() == []


@pytest.mark.parametrize("way", ["application", "nginx"])
def test_a_way_out_that_there_is_passes(laptop, way):
    laptop.FILES_LEAVE_BY = way
    assert found() == []


@pytest.mark.parametrize("way", ["", "Nginx", "apache", "application "])
def test_any_other_way_out_is_refused_everywhere(laptop, way):
    laptop.FILES_LEAVE_BY = way
    assert [(each.id, each.msg, each.hint) for each in settings_are_safe(None)] == [
        (
            "downloads.E009",
            f'FILES_LEAVE_BY is "{way}", which is no way out for files.',
            "Set it to one of: application, nginx.",
        )
    ]


def test_counts_of_one_process_alone_are_warned_of_in_production(production):
    production.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    [message] = settings_are_safe(None)
    assert (message.id, message.is_serious()) == ("downloads.W001", False)


@pytest.mark.parametrize(
    "address",
    [
        "http://downloads.example.com",
        "https://localhost",
        "https://127.0.0.1:8000",
        "https://[::1]",
        "http://localhost:8000",
        "downloads.example.com",
    ],
)
def test_an_address_that_buyers_cannot_use_in_private_is_refused(production, address):
    production.PUBLIC_BASE_URL = address
    assert found() == ["downloads.E002"]


@pytest.mark.parametrize(
    "address", ["https://downloads.example.com", "http://downloads.example.com:8000"]
)
def test_a_public_address_without_production_is_refused(laptop, address):
    laptop.PUBLIC_BASE_URL = address
    assert found() == ["downloads.E003"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost"]
)
def test_a_local_address_passes_on_a_laptop(laptop, address):
    laptop.PUBLIC_BASE_URL = address
    assert found() == []


def test_debug_is_refused_in_production(production):
    production.DEBUG = True
    assert found() == ["downloads.E004"]


def test_debug_passes_on_a_laptop(laptop):
    laptop.DEBUG = True
    assert found() == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        SQLITE_OPTIONS | {"transaction_mode": "DEFERRED"},
        SQLITE_OPTIONS | {"timeout": 4},
        SQLITE_OPTIONS | {"init_command": "PRAGMA foreign_keys=ON;"},
        {name: value for name, value in SQLITE_OPTIONS.items() if name != "timeout"},
        {name: value for name, value in SQLITE_OPTIONS.items() if name != "transaction_mode"},
        {name: value for name, value in SQLITE_OPTIONS.items() if name != "init_command"},
    ],
)
def test_sqlite_without_its_options_is_refused_everywhere(laptop, database, options):
    database("sqlite3", OPTIONS=options)
    assert found() == ["downloads.E005"]


def test_sqlites_options_are_read_for_what_they_say(laptop, database):
    options = {"timeout": 5, "init_command": "pragma JOURNAL_MODE = WAL"}
    database("sqlite3", OPTIONS=SQLITE_OPTIONS | options)
    assert found() == []


def test_every_fault_is_named_with_what_to_do(production, database):
    production.SECRET_KEY = production.LAPTOP_SECRET_KEY
    production.ENCRYPTION_KEYS = []
    production.PUBLIC_BASE_URL = "http://localhost"
    production.DEBUG = True
    database("sqlite3")
    messages = settings_are_safe(None)
    assert [message.id for message in messages] == [
        "downloads.E001",
        "downloads.E008",
        "downloads.E002",
        "downloads.E004",
        "downloads.E005",
    ]
    assert all(message.hint and message.is_serious() for message in messages)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "weak", {"downloads.E001"}),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", {"downloads.E011"}),
    ],
)
def test_the_server_does_not_start_with_what_is_unsafe(
    production, monkeypatch, capsys, name, value, expected
):
    """What it reads, it would read from the environment: `tests/config/test_starting.py`."""
    production.EMAIL_BACKEND = "storefront.mail.smtp_backend.EmailBackend"
    production.MAIL_FROM = "downloads@shop.example"
    setattr(production, name, value)
    monkeypatch.setattr("django.setup", lambda **given: None)
    monkeypatch.delitem(sys.modules, "gunicorn", raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(production.BASE_DIR / "config" / "wsgi.py"))
    errors = capsys.readouterr().err
    assert ended.value.code == 1
    assert set(re.findall(r"downloads\.E\d+", errors)) == expected
    assert "Traceback" not in errors


@pytest.mark.parametrize(("version", "is_refused"), [((3, 34, 1), True), ((3, 35, 0), False)])
def test_an_old_sqlite_is_refused_where_it_is_used(
    laptop, database, monkeypatch, version, is_refused
):
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    database("sqlite3", OPTIONS=SQLITE_OPTIONS)
    assert ("downloads.E015" in found()) == is_refused
    database("postgresql")
    assert "downloads.E015" not in found()
