"""Base class of import commands: progress, a count of outcomes, errors by row."""

import json
import sys
from abc import abstractmethod
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from downloads.errors import BadInput
from downloads.fulfilment import Outcome
from downloads.json_names import RepeatedName, parse_once
from downloads.management.arguments import require_shop

REFUSED = "refused"


class ImportCommand(BaseCommand):
    """Read files of one kind of row; a subclass says what a row is and takes it in.

    A file is one JSON document or one document a line. Each row is taken in whole or refused.
    """

    noun = ""

    @abstractmethod
    def rows_in(self, document: Any) -> list[Any]:
        """Return the rows of a document, unread. Raises BadInput where there are none."""

    @abstractmethod
    def record(self, payload: Any) -> Outcome:
        """Take one row in; return the outcome. Raises BadInput."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--shop", required=True, metavar="DOMAIN", help="whose they are")

    def handle(self, *, files: list[Path], shop: str, **options: Any) -> None:
        self.shop = require_shop(shop)
        outcomes: Counter[str] = Counter()
        for file in files:
            for position, payload in self.progress(file, self.payloads(file)):
                try:
                    outcomes[self.outcome(payload)] += 1
                except BadInput as error:
                    self.stderr.write(self.style.ERROR(f"{file}, {position}: refused: {error}"))
                    outcomes[REFUSED] += 1
        counts = [*Outcome, REFUSED]
        self.stdout.write(", ".join(f"{outcomes[name]} {name}" for name in counts))
        if outcomes[REFUSED]:
            raise CommandError(
                f"{outcomes[REFUSED]} refused, named above; mend them and import the file again."
            )

    def progress(self, file: Path, payloads: list[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
        is_seen = sys.stderr.isatty()
        return tqdm(payloads, desc=file.name, unit=f" {self.noun}s", disable=not is_seen)

    def outcome(self, payload: Any) -> Outcome:
        if isinstance(payload, BadInput):
            raise payload
        return self.record(payload)

    def payloads(self, file: Path) -> list[tuple[str, Any]]:
        """Return each row of a file with its position, or what is wrong with it there."""
        try:
            text = file.read_text(encoding="utf-8-sig")
        except OSError as error:
            return [("the file", BadInput(error.strerror or str(error)))]
        except UnicodeDecodeError:
            return [("the file", BadInput("not UTF-8 text; save it as UTF-8"))]
        whole = _load(text)
        if not isinstance(whole, BadInput):
            return self.numbered(self.noun, whole)
        # Not `splitlines`: it also cuts at characters that JSON allows within a text.
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        by_line = [
            (f"line {number}", payload)
            for number, line in lines
            for _suffix, payload in self.numbered("", _load(line, place="column {0.colno}"))
        ]
        has_rows = any(not isinstance(payload, BadInput) for _line, payload in by_line)
        return by_line if has_rows else self.numbered(self.noun, whole)

    def numbered(self, word: str, document: Any) -> list[tuple[str, Any]]:
        if isinstance(document, BadInput):
            return [("the file" if word else "", document)]
        try:
            rows = self.rows_in(document)
        except BadInput as error:
            return [("the file" if word else "", error)]
        return [(f"{word} {number}" if word else "", row) for number, row in enumerate(rows, 1)]


def _load(text: str, *, place: str = "line {0.lineno}, column {0.colno}") -> Any:
    try:
        return parse_once(text)
    except json.JSONDecodeError as error:
        return BadInput(f"not JSON at {place.format(error)}: {error.msg}")
    except RepeatedName as error:
        return BadInput(str(error))
    except (RecursionError, ValueError):
        return BadInput("not JSON that can be read: nested too deeply or a number too long")
