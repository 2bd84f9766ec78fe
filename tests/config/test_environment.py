"""Blank is unset for every setting, and what cannot be read is told in a sentence with its name."""

import ast
import os
import runpy
import sys
from pathlib import Path

import pytest
from django.conf import settings as configured

from config.environment import Environment, Unreadable
from config.table import READERS, TABLE

CONFIG = Path(configured.BASE_DIR) / "config"
WORD = "Zx9-hush-Qw7"
URLS = {"db", "cache", "email", "base_url"}


def read_in_settings():
    """Return each variable that the settings read, with the reader's name."""
    nodes = ast.walk(ast.parse((CONFIG / "settings.py").read_text()))
    calls = (node for node in nodes if type(node) is ast.Call)
    in_table = {
        name: row.read or READERS[type(row.default)]
        for name, row in TABLE.items()
        if row.default is not None
    }
    return in_table | {
        call.args[0].value: call.func.attr
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and getattr(call.func.value, "id", "") == "env"
        and isinstance(call.args[0], ast.Constant)
    }


READ = read_in_settings()


@pytest.fixture
def settings_with(monkeypatch, tmp_path):
    """Return a function that reads the settings anew, from these variables and no file."""
    monkeypatch.setattr(Environment, "read_file", lambda self, path: None)

    def read(**variables):
        with monkeypatch.context() as patch:
            for name in READ:
                patch.delenv(name, raising=False)
            for name, value in {"DATA_DIR": str(tmp_path), **variables}.items():
                patch.setenv(name, value)
            for module in ("config.dotenv", "config.table"):
                patch.delitem(sys.modules, module, raising=False)
            found = runpy.run_path(str(CONFIG / "settings.py"))
        return {name: value for name, value in found.items() if name.isupper()}

    return read


def test_every_reader_is_one_of_ours():
    assert len(READ) > 80
    assert set(READ.values()) == {
        *("str", "int", "bool", "list", "json", "zone", "language", "one_of", "folder"),
        *URLS,
    }


@pytest.mark.parametrize("blank", ["", " ", " \t ", "\n"])
def test_blank_is_unset_for_every_setting(settings_with, blank):
    assert settings_with(**dict.fromkeys(READ, blank)) == settings_with(DATA_DIR=blank)


def test_everything_is_kept_in_one_folder(settings_with, tmp_path):
    found = settings_with()
    kept = [Path(found[name]) for name in ("MEDIA_ROOT", "LOG_DIR", "STATIC_ROOT")]
    kept.append(Path(found["DATABASES"]["default"]["NAME"]))
    assert [path for path in kept if tmp_path not in path.parents] == []
    assert settings_with(DATA_DIR="")["DATA_DIR"] == Path(configured.BASE_DIR) / "var"


def test_a_list_of_nothing_is_unset(settings_with):
    lists = [name for name, reader in READ.items() if reader == "list"]
    assert settings_with(**dict.fromkeys(lists, " , ,")) == settings_with()


def test_spaces_around_the_parts_of_a_list_are_none_of_theirs(settings_with):
    given = settings_with(ALLOWED_HOSTS="a.example, b.example ,")
    assert given["ALLOWED_HOSTS"] == ["a.example", "b.example"]


UNREADABLE = [
    *((name, WORD) for name, reader in READ.items() if reader in {"int", "bool"}),
    *(("DOWNLOAD_URL_SECONDS", value) for value in ("1.5", "1e5", "9" * 5000)),
    *(("PRODUCTION", value) for value in ("ture", "2")),
    *((name, f'{{"{WORD}": ') for name, reader in READ.items() if reader == "json"),
    *(("ANYMAIL", value) for value in (WORD, "[]", "null", "5", "[" * 9999)),
    *((name, f"no-such-scheme://{WORD}") for name in ("DATABASE_URL", "CACHE_URL", "EMAIL_URL")),
    *(("DATABASE_URL", url) for url in (
        WORD, f"mysql://u:{WORD}@h/d", f"postgres://u:{WORD}@h", f"postgres://u:{WORD}@h:x/d",
        f"postgres://u:a#{WORD}@h:x/d", "sqlite://", "sqlite:///", "sqlite://db.sqlite3")),
    *(("CACHE_URL", url) for url in (WORD, f"redis://u:{WORD}@h:x", "memcache://h")),
    *(("EMAIL_URL", url) for url in (f"smtp://u:{WORD}#x@h:1", "smtp://h:x", "mail.example:587")),
    *(("PUBLIC_BASE_URL", url) for url in ("https://[::1", "https://h:x")),
    *(("TIME_ZONE", name) for name in (WORD, "Europe", "../etc", "/etc/passwd")),
    *(("LANGUAGE_CODE", name) for name in (WORD, "é", "xx")),
    ("LOG_LEVEL", WORD),
    ("DATA_DIR", "/proc/nowhere"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), UNREADABLE, ids=lambda part: part[:20])
def test_what_cannot_be_read_is_one_sentence_with_its_name_alone(settings_with, name, value):
    with pytest.raises(Unreadable) as raised:
        settings_with(**{name: value})
    sentence = str(raised.value)
    assert sentence.startswith((f"{name} cannot be read: write ", f"{name} cannot be used ("))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert WORD not in sentence


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DOWNLOAD_URL_SECONDS", " 60 ", 60),
        ("PRODUCTION", "Yes", True),
        ("GRAPHQL_INTROSPECTION", "OFF", False),
        ("ANYMAIL", '{"A": "b"}', {"A": "b"}),
        ("SECRET_KEY", "$HOME", "$HOME"),
        ("PUBLIC_BASE_URL", "https://downloads.example/ ", "https://downloads.example"),
        ("TIME_ZONE", "Europe/Berlin", "Europe/Berlin"),
        ("LANGUAGE_CODE", "de-AT", "de-AT"),
    ],
)
def test_what_can_be_read_is(settings_with, name, value, expected):
    assert settings_with(**{name: value})[name] == expected


@pytest.mark.parametrize(
    ("url", "name", "host"),
    [
        ("postgres://u:p%23ss@db.example:5433/shop", "shop", "db.example"),
        ("postgresql://u@/shop?host=/run/postgresql", "shop", ""),
        ("sqlite:////srv/db.sqlite3", "/srv/db.sqlite3", ""),
    ],
)
def test_a_database_is_read(settings_with, url, name, host):
    database = settings_with(DATABASE_URL=url)["DATABASES"]["default"]
    assert (database["NAME"], database["HOST"]) == (name, host)


# --- The file ------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    return tmp_path / ".env"


def test_a_file_speaks_where_the_environment_is_silent_or_blank(file, monkeypatch):
    monkeypatch.setenv("IN_BOTH", "environment")
    monkeypatch.setenv("BLANK", " ")
    monkeypatch.delenv("IN_FILE", raising=False)
    file.write_text("\ufeffIN_FILE=file\nIN_BOTH=file\nBLANK=file\n", encoding="utf-8")
    env = Environment()
    env.read_file(file)
    values = [env.str(name, default="-") for name in ("IN_FILE", "IN_BOTH", "BLANK", "NEITHER")]
    monkeypatch.delenv("IN_FILE")
    assert values == ["file", "environment", "file", "-"]


def test_a_file_that_is_not_there_says_nothing(file):
    before = dict(os.environ)
    Environment().read_file(file)
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda file: file.write_bytes(b"A=\xff"), "save it as UTF-8 text."),
        (lambda file: file.mkdir(), "Is a directory."),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_start(file, make, why):
    make(file)
    with pytest.raises(Unreadable) as raised:
        Environment().read_file(file)
    assert str(raised.value) == f"{file} cannot be read: {why}"


def test_browsers_are_told_of_our_own_host_alone_unless_asked_for(settings_with):
    names = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
    given = settings_with(PRODUCTION="true")
    assert [given[name] for name in ("SECURE_HSTS_SECONDS", *names)] == [31_536_000, False, False]
    given = settings_with(PRODUCTION="true", **dict.fromkeys(names, "true"))
    assert [given[name] for name in names] == [True, True]
