"""Environment variables as one declarative table, `settings.toml`: default, bounds, help text.

A row with a `default` is read here, by the type of that. What the others are without a value is
computed by `config.settings`; `shown` says it in words. `storefront.checks.settings` holds each
number that has a `least` to it, and each time to a century.
"""

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from config.dotenv import env

DOCUMENT = Path(__file__).parent.parent / "storefront" / "docs" / "settings.md"
HEAD = "|---|---|---|\n"
READERS = {bool: "bool", int: "int", str: "str", list: "list", dict: "json"}
CENTURY = {"DAYS": 36_500, "HOURS": 876_000, "SECONDS": 3_153_600_000}


class Setting(NamedTuple):
    """A row of the table."""

    help: str
    default: Any = None
    read: str = ""
    shown: str = ""
    least: int | None = None


def document() -> str:
    """Return the page of settings, with the table as it is now."""
    head, line, _rows = DOCUMENT.read_text(encoding="utf-8").partition(HEAD)
    rows = (f"| `{name}` | {_shown(row)} | {row.help} |\n" for name, row in TABLE.items())
    return "".join((head, line, *rows))


def _shown(row: Setting) -> str:
    default = row.default
    return row.shown or f"`{str(default).lower() if isinstance(default, bool) else default}`"


TABLE = {
    name: Setting(**row)
    for name, row in tomllib.loads(
        Path(__file__).with_name("settings.toml").read_text(encoding="utf-8")
    ).items()
}
BOUNDS = {
    name: (row.least, CENTURY.get(name.rpartition("_")[2]))
    for name, row in TABLE.items()
    if row.least is not None
}
# The value of each setting whose default stands in the table.
given = SimpleNamespace(
    **{
        name: getattr(env, row.read or READERS[type(row.default)])(name, default=row.default)
        for name, row in TABLE.items()
        if row.default is not None
    }
)

if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
