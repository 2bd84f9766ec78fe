"""`manage.py import_orders FILE… --shop DOMAIN`: take in a shop's orders."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from downloads.management.arguments import require_shop
from downloads.models import Shop
from storefront.imports.base import Found, NotRecognised, Opened
from storefront.imports.formats import open_orders
from storefront.imports.plain import TEMPLATE
from storefront.imports.refused import header_line, lines_of
from storefront.imports.run import REFUSED, Importer, Tally, run

MEND = "{} refused, named above; mend them and import the file again."
DRY = "Nothing was changed: a dry run. With the orders as they are now:"
# So many are named; the file of refused rows has all.
NAMED = 1000


class Command(BaseCommand):
    help = (
        "Import orders from files; the format is recognised: Shopify's Admin API (JSON), bulk "
        "operations (JSONL) and order export (CSV), WooCommerce's REST API (JSON) and table of "
        "download permissions, exports of Easy Digital Downloads, Gumroad and Bagisto, and a plain "
        "CSV (--template). Each order is taken in whole or refused; twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--shop", metavar="DOMAIN", help="whose they are")
        parser.add_argument(
            "--mail",
            action="store_true",
            help="send buyers the mail that a new order brings (none of orders older than "
            "MAIL_ORDER_DAYS); without it nobody is written to",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would come of it; change nothing"
        )
        parser.add_argument(
            "--refused", type=Path, metavar="FILE", help="write the refused rows there, as CSV"
        )
        parser.add_argument(
            "--template", action="store_true", help="print a plain CSV to fill in, and end"
        )

    def handle(
        self, *, files: list[Path], shop: str | None, template: bool, **options: Any
    ) -> None:
        if template:
            self.stdout.write(TEMPLATE, ending="")
            return
        if not files or shop is None:
            raise CommandError("Name the files, and whose they are: FILE… --shop DOMAIN.")
        self.work(files, require_shop(shop), **options)

    def work(
        self,
        files: list[Path],
        shop: Shop,
        *,
        mail: bool,
        dry_run: bool,
        refused: Path | None,
        **options: Any,
    ) -> None:
        """Do all files and say what came of them."""
        importer = Importer(shop, mails_buyer=mail, is_dry=dry_run)
        self.named = 0
        tally = Tally()
        rows = _RefusedRows(refused)
        with rows:
            for file in files:
                self.do_file(file, importer, tally, rows)
        if dry_run:
            self.stdout.write(DRY)
        self.stdout.write(str(tally))
        if tally.noted:
            self.stdout.write(f"{tally.noted} had something that could not be read: see the notes.")
        if tally.counts[REFUSED]:
            raise CommandError(MEND.format(tally.counts[REFUSED]))

    def do_file(self, file: Path, importer: Importer, tally: Tally, rows: "_RefusedRows") -> None:
        """Do one file; what is wrong with it as a whole counts as one refused."""
        own = Tally()
        try:
            with file.open("rb") as content:
                opened = open_orders(content)
                self.say_format(file, opened)
                rows.begin(opened)
                self.do_orders(file, importer, opened, own, rows)
        except OSError as error:
            self.refuse(f"{file}, the file", error.strerror or str(error))
            own.counts[REFUSED] += 1
        except NotRecognised as error:
            self.refuse(f"{file}, the file", str(error))
            own.counts[REFUSED] += 1
        tally.counts += own.counts
        tally.noted += own.noted

    def say_format(self, file: Path, opened: Opened) -> None:
        """Name what was recognised, where somebody looks on."""
        for sentence in [f"{file}: {opened.title}", *opened.notes]:
            if sys.stderr.isatty() or sentence in opened.notes:
                self.stderr.write(sentence)

    def do_orders(
        self, file: Path, importer: Importer, opened: Opened, tally: Tally, rows: "_RefusedRows"
    ) -> None:
        """Do a file's orders one by one, with a bar where somebody looks on."""

        def refuse(found: Found, problem: str) -> None:
            self.refuse(f"{file}, {found.place}", problem, name=found.name)
            rows.add(found, problem)

        steps = run(importer, opened, clock=timezone.now, tally=tally, refuse=refuse)
        is_seen = sys.stderr.isatty()
        for _found in tqdm(
            steps, desc=file.name, total=opened.total, unit=" orders", disable=not is_seen
        ):
            pass

    def refuse(self, place: str, problem: str, *, name: str = "") -> None:
        """Name what was refused: where, which order, and why."""
        self.named += 1
        if self.named > NAMED:
            return
        self.stderr.write(self.style.ERROR(f"{place}: refused: {problem}"))
        if self.named == NAMED:
            self.stderr.write("Further ones are not named here; --refused FILE has them all.")


class _RefusedRows:
    """The file of refused rows, made once there is one to write."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: Any = None
        self._header: tuple[str, ...] = ()
        self._written: tuple[str, ...] | None = None

    def begin(self, opened: Opened) -> None:
        """Take the columns of the next file."""
        self._header = opened.header

    def add(self, found: Found, problem: str) -> None:
        """Write the rows of an order that was refused."""
        if self._path is None:
            return
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
        if self._written != self._header:
            self._file.write(header_line(self._header))
            self._written = self._header
        self._file.writelines(lines_of(found, problem))

    def __enter__(self) -> "_RefusedRows":
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()
