"""JSON parsing that detects duplicate keys: refused by name, or marked for whoever reads them.

Which of two values counts is each parser's own guess; a right must hang on none.
"""

import json
import re
from collections import Counter
from itertools import accumulate
from typing import Any, NoReturn

from downloads.errors import DuplicateField

# In the place of a value whose name stands twice: an object with this name alone.
MARK = "stands twice"
SHOWN = 100
NAMED = 5
# Nobody nests deeper on purpose. Python's own limit is another in each version, and where it just
# reads something, what is done with it next may fail.
MOST_DEPTH = 300
# One without an end reaches to the end, so that nothing is looked at twice.
_TEXTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BETWEEN = re.compile(r"[^\[\]{}]+")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class RepeatedName(ValueError):
    """A duplicate key in a JSON object; `name` is it, as a line of text can show it."""

    def __init__(self, name: str) -> None:
        self.name = _shown(name)
        super().__init__(f'"{self.name}" stands twice in one object: send each name once.')


class NoNumber(ValueError):
    """NaN or Infinity, which JSON has not."""


def parse_once(text: str) -> Any:
    """Parse JSON, refusing duplicate keys.

    Raises:
        RepeatedName: a name stands twice in one object, however it is escaped.
        NoNumber: NaN or Infinity.
        ValueError: no JSON, or a number that is too long.
        RecursionError: nested deeper than `MOST_DEPTH`.
    """
    _require_flat(text)
    return json.loads(text, object_pairs_hook=_require_once, parse_constant=_refuse_constant)


def parse_marking(text: str) -> tuple[Any, list[str]]:
    """Parse JSON, with a mark for each value whose key is a duplicate; return those keys too.

    Raises:
        NoNumber, ValueError, RecursionError: as `parse_once` does.
    """
    repeated: list[str] = []

    def mark(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            for name in _repeated(pairs):
                values[name] = {MARK: True}
                repeated.append(_shown(name))
        return values

    _require_flat(text)
    document = json.loads(text, object_pairs_hook=mark, parse_constant=_refuse_constant)
    return document, repeated


def in_short(names: list[str]) -> str:
    """Return the first few of these names, for a log."""
    return ", ".join(sorted(set(names))[:NAMED])


def is_marked(value: Any) -> bool:
    """Say whether a value is the mark of a duplicate key."""
    return isinstance(value, dict) and value.keys() == {MARK}


def marked_or(value: Any, otherwise: Any) -> Any:
    """Return a value if it is marked, or else another one that was made of it."""
    return value if is_marked(value) else otherwise


def require_unmarked(document: Any, path: str) -> None:
    """Refuse a document with a duplicate key anywhere.

    Raises:
        DuplicateField: it names the place.
    """
    if is_marked(document):
        raise DuplicateField(path)
    if isinstance(document, dict):
        for name, value in document.items():
            require_unmarked(value, f"{path}.{name}")
    if isinstance(document, list):
        for number, value in enumerate(document):
            require_unmarked(value, f"{path}[{number}]")


def _require_flat(text: str) -> None:
    steps = map(_STEPS.__getitem__, _BETWEEN.sub("", _TEXTS.sub("", text)))
    if any(depth > MOST_DEPTH for depth in accumulate(steps)):
        raise RecursionError


def _require_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise RepeatedName(_repeated(pairs)[0])
    return values


def _repeated(pairs: list[tuple[str, Any]]) -> list[str]:
    return [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]


def _shown(name: str) -> str:
    # It goes to logs and terminals: no line break, nothing that steers one, no half character.
    return "".join(sign if sign.isprintable() else ascii(sign).strip("'") for sign in name[:SHOWN])


def _refuse_constant(name: str) -> NoReturn:
    raise NoNumber(name)
