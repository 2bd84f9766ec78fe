"""`manage.py import_orders FILE… --shop DOMAIN`: take in orders of a shop."""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from downloads import fulfilment, lookups
from downloads.errors import BadInput, NotFound
from downloads.fulfilment import Recorded
from storefront import shopify

REFUSED = "refused"


class Command(BaseCommand):
    help = (
        'Import orders from files of Shopify\'s Admin API: {"order": …}, {"orders": […]}, or one '
        "order a line. Each order is taken in whole or refused; twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--shop", required=True, metavar="DOMAIN", help="whose orders these are"
        )

    def handle(self, *, files: list[Path], shop: str, **options: Any) -> None:
        try:
            self.shop = lookups.shop_of_domain(shop)
        except NotFound as error:
            raise CommandError(str(error)) from None
        outcomes: Counter[str] = Counter()
        for file in files:
            for position, payload in self.progress(file, self.payloads(file)):
                outcome = self.record(payload)
                if isinstance(outcome, BadInput):
                    self.stderr.write(self.style.ERROR(f"{file}, {position}: refused: {outcome}"))
                    outcomes[REFUSED] += 1
                else:
                    outcomes[outcome] += 1
        counts = [Recorded.NEW, Recorded.CHANGED, Recorded.UNCHANGED, REFUSED]
        self.stdout.write(", ".join(f"{outcomes[name]} {name}" for name in counts))
        if outcomes[REFUSED]:
            raise CommandError(
                f"{outcomes[REFUSED]} refused, named above; mend them and import the file again."
            )

    def progress(self, file: Path, payloads: list[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
        return tqdm(payloads, desc=file.name, unit=" orders", disable=not sys.stderr.isatty())

    def record(self, payload: Any) -> str | BadInput:
        if isinstance(payload, BadInput):
            return payload
        try:
            report = shopify.read_order(payload)
            return fulfilment.record_order(self.shop, report, at=timezone.now()).outcome
        except BadInput as error:
            return error

    def payloads(self, file: Path) -> list[tuple[str, Any]]:
        """Return each order of a file with its position, or what is wrong with it there."""
        try:
            text = file.read_text(encoding="utf-8-sig")
        except OSError as error:
            return [("the file", BadInput(error.strerror or str(error)))]
        except UnicodeDecodeError:
            return [("the file", BadInput("not UTF-8 text; save it as UTF-8"))]
        whole = _load(text)
        if not isinstance(whole, BadInput):
            return _numbered("order", whole)
        # Not `splitlines`: it also cuts at characters that JSON allows within a text.
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        by_line = [
            (f"line {number}", payload)
            for number, line in lines
            for _suffix, payload in _numbered("", _load(line, place="column {0.colno}"))
        ]
        has_orders = any(not isinstance(payload, BadInput) for _line, payload in by_line)
        return by_line if has_orders else _numbered("order", whole)


def _load(text: str, *, place: str = "line {0.lineno}, column {0.colno}") -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return BadInput(f"not JSON at {place.format(error)}: {error.msg}")
    except (RecursionError, ValueError):
        return BadInput("not JSON that can be read: nested too deeply or a number too long")


def _numbered(word: str, document: Any) -> list[tuple[str, Any]]:
    if isinstance(document, BadInput):
        return [("the file" if word else "", document)]
    try:
        orders = shopify.orders_in(document)
    except BadInput as error:
        return [("the file" if word else "", error)]
    return [(f"{word} {number}" if word else "", order) for number, order in enumerate(orders, 1)]
