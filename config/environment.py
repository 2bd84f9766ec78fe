"""Typed environment variables: blank counts as unset, and what cannot be read stops the start.

No message repeats a value: it may be a secret.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured

YES = frozenset({"true", "on", "yes", "y", "1"})
NO = frozenset({"false", "off", "no", "n", "0"})
# What each reader takes, in words for whoever wrote something else.
EXPECTED = {
    int: "a whole number, like 30",
    bool: "true or false",
    dict: 'JSON like {"NAME": "value"}',
}
LANGUAGES = frozenset(code for code, _name in global_settings.LANGUAGES)
# Those that need no package beyond ours.
CACHES = frozenset({"locmemcache", "dummycache", "dbcache", "redis", "rediss", "rediscache"})
POSTGRES = frozenset({"postgres", "postgresql", "pgsql", "psql"})
A_DATABASE = (
    "postgres://user:password@host:5432/name, or like sqlite:////folder/db.sqlite3; signs such as "
    "# / @ : in the user or password percent-encoded (# is %23)"
)
A_CACHE = "redis://host:6379/0"


class Unreadable(ImproperlyConfigured):
    """A setting that cannot be used as it stands; the message says what to write."""


class Environment(environ.Env):
    """django-environ's reader, but for blanks, odd values, and what it says of them."""

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = None,
        parse_default: bool = False,  # noqa: FBT001, FBT002 (django-environ's)
    ) -> Any:
        """Return a variable's value, or the default where it is not set or blank.

        Raises:
            Unreadable: it is not what is wanted.
        """
        text = self.ENVIRON.get(var, "")
        if not text.strip():
            return default
        if cast is list:
            return [each.strip() for each in text.split(",") if each.strip()] or default
        readers: dict[Any, Callable[[str], Any]] = {int: int, bool: _truth, json.loads: _object}
        reader = readers.get(cast, str)
        try:
            return reader(text)
        except (ValueError, RecursionError):
            expected = EXPECTED[dict if cast is json.loads else cast]
            raise Unreadable(f"{var} cannot be read: write {expected}.") from None

    def db(self, var: str, default: str) -> dict[str, Any]:
        """Return Django's settings of the database that a URL names."""
        text = self.get_value(var, default=default)
        return _parsed(var, text, self.db_url_config, if_like=_is_database, expected=A_DATABASE)

    def cache(self, var: str, default: str) -> dict[str, Any]:
        """Return Django's settings of the cache that a URL names."""
        text = self.get_value(var, default=default)
        return _parsed(var, text, self.cache_url_config, if_like=_is_cache, expected=A_CACHE)

    def base_url(self, var: str, default: str) -> str:
        """Return a URL without the slash at its end."""
        url = self.str(var, default=default).strip().rstrip("/")
        try:
            _ = urlsplit(url).port
        except ValueError:
            expected = "an address like https://downloads.example"
            raise Unreadable(f"{var} cannot be read: write {expected}.") from None
        return url

    def one_of(self, var: str, words: Iterable[str], default: str) -> str:
        """Return one of these words in capitals, case-insensitively."""
        word = self.str(var, default=default).strip().upper()
        if word not in words:
            raise Unreadable(f"{var} cannot be read: write one of {', '.join(words)}.")
        return word

    def zone(self, var: str, default: str) -> str:
        """Return the name of a time zone there is."""
        name = self.str(var, default=default).strip()
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            expected = "the name of a time zone, like Europe/Berlin"
            raise Unreadable(f"{var} cannot be read: write {expected}.") from None
        return name

    def language(self, var: str, default: str) -> str:
        """Return the code of a language that Django speaks, or of a variant of one."""
        code = self.str(var, default=default).strip()
        if not {code.lower(), code.lower().partition("-")[0]} & LANGUAGES:
            raise Unreadable(f"{var} cannot be read: write the code of a language, like de.")
        return code

    def folder(self, var: str, default: Path) -> Path:
        """Return a folder, made where it is missing. Nobody but its owner looks into a new one."""
        return _folder(var, Path(self.str(var, default=str(default)).strip()))

    def inside(self, folder: Path, name: str) -> Path:
        """Return a folder inside another one, made where it is missing."""
        return _folder(str(folder), folder / name)

    def read_file(self, path: Path) -> None:
        """Read a file of NAME=value lines (dotenv); what the environment says comes first."""
        values: dict[str, str] = {}
        try:
            # One that may not be opened is passed over by `read_env`, without a word.
            if path.exists():
                path.open("rb").close()
            reader: Any = type("Values", (environ.Env,), {"ENVIRON": values})
            reader.read_env(path, encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise Unreadable(f"{path} cannot be read: save it as UTF-8 text.") from None
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
        for name, value in values.items():
            if not self.ENVIRON.get(name, "").strip():
                self.ENVIRON[name] = value


def _folder(var: str, path: Path) -> Path:
    try:
        path = path.resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "it leads to itself"
        raise Unreadable(
            f"{var} cannot be used ({why}): write a folder that the service may write to."
        ) from None
    return path


def _truth(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES | NO:
        raise ValueError
    return word in YES


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError  # noqa: TRY004 (as JSON that cannot be read)
    return value


def _parsed(
    var: str,
    text: str,
    parse: Callable[[str], dict[str, Any]],
    *,
    if_like: Callable[[str], bool],
    expected: str,
) -> dict[str, Any]:
    try:
        if if_like(text):
            return parse(text)
    except (ValueError, LookupError, ImproperlyConfigured):
        pass
    raise Unreadable(f"{var} cannot be read: write it like {expected}.")


def _is_database(text: str) -> bool:
    scheme, sign, rest = text.partition("://")
    if scheme == "sqlite":
        # With two slashes the file's name would be taken for a host, and nothing be kept.
        is_file = rest.startswith("/") and environ.Env.db_url_config(text)["NAME"] != ":memory:"
        return is_file or rest == ":memory:"
    return bool(sign) and scheme in POSTGRES and bool(environ.Env.db_url_config(text)["NAME"])


def _is_cache(text: str) -> bool:
    if text.partition("://")[0] not in CACHES:
        return False
    hosts = urlsplit(text).netloc.rpartition("@")[2].split(",")
    return all(urlsplit(f"//{host}").port != 0 for host in hosts)
