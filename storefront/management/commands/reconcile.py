"""`manage.py reconcile --shop DOMAIN`: repair what a platform's messages did not bring."""

import signal
import sys
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from tqdm import tqdm

from downloads.errors import SealBroken
from downloads.management.arguments import read_time, require_shop
from downloads.models import Shop
from storefront import reconciling
from storefront.connections.checks import look
from storefront.models import PlatformAccess
from storefront.platforms.client import PlatformFault
from storefront.platforms.registry import PLATFORMS, remote_of
from storefront.reconciliation.run import Listener, Run

# What a shell says of a program that Ctrl-C has ended.
STATUS_OF_STOPPED = 130
STOPPED = "Stopped. Run it again: what is done stays, and the rest is done then."
TROUBLES = "{} could not be read, named above; everything else is in."


class Command(BaseCommand):
    help = (
        "Ask a shop's platform for its orders and products, and take in what its messages did not "
        "bring. Ends with 0 if all is well, with 1 if something could not be read. It may be "
        "stopped, repeated, and run twice at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, metavar="DOMAIN", help="whose they are")
        span = parser.add_mutually_exclusive_group()
        span.add_argument(
            "--since",
            type=_read_past,
            metavar="TIME",
            help="ask for what changed since this day or time (2026-11-22, 2026-11-22T10:00Z); "
            "by default since the last complete run, and the first time for everything",
        )
        span.add_argument(
            "--all", action="store_true", dest="is_full", help="ask for everything once more"
        )
        parser.add_argument(
            "--quiet", action="store_true", help="say nothing unless something is wrong"
        )

    def handle(
        self, *, shop: str, since: datetime | None, is_full: bool, quiet: bool, **options: Any
    ) -> None:
        found = require_shop(shop)
        self.is_quiet = quiet
        wrong = []
        for access in _accesses_of(found):
            at = timezone.now()
            if access.connected_at is not None:
                look(access, at=at)
            run = reconciling.begin(access, at=at, since=since, is_full=is_full)
            wrong.append(self.reconcile(access, run))
        if any(wrong):
            raise CommandError("\n".join(filter(None, wrong)))

    def reconcile(self, access: PlatformAccess, run: Run) -> str:
        """Do one run, tell it, and note how it ended; return what is wrong, if anything."""
        terminal = Terminal(self)
        fault = ""
        try:
            with terminal.stopping_between_rows():
                reconciling.proceed(access, run, terminal.listener)
        except (PlatformFault, SealBroken) as error:
            fault = str(error)
        except (OperationalError, InterfaceError):
            # There is nowhere to note it.
            raise CommandError(reconciling.OUTAGE) from None
        except KeyboardInterrupt:
            reconciling.finish(access, run, at=timezone.now(), fault=STOPPED)
            raise CommandError(STOPPED, returncode=STATUS_OF_STOPPED) from None
        finally:
            terminal.close()
        summary = reconciling.finish(access, run, at=timezone.now(), fault=fault)
        if not fault:
            self.report(summary)
        return fault or (TROUBLES.format(run.troubles) if run.troubles else "")

    def report(self, sentence: str) -> None:
        if not self.is_quiet:
            self.stdout.write(sentence)


class Terminal:
    """Shows a run: a bar where somebody looks on, and a line for each thing repaired."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.bar: tqdm | None = None
        self.is_asked_to_stop = False
        self.listener = Listener(
            repaired=command.report,
            trouble=lambda sentence: command.stderr.write(command.style.ERROR(sentence)),
            note=command.report,
            stage=self.begin_stage,
            row=self.advance,
        )

    @contextmanager
    def stopping_between_rows(self) -> Iterator[None]:
        """Let the first Ctrl-C wait for the end of a row; a second one ends at once.

        In the midst of a transaction's beginning or end it would leave the connection astray.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        earlier = signal.getsignal(signal.SIGINT)

        def note(number: int, frame: object) -> None:
            self.is_asked_to_stop = True
            signal.signal(signal.SIGINT, earlier)

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, earlier)

    def begin_stage(self, noun: str, total: int | None) -> None:
        self.close()
        is_seen = sys.stderr.isatty() and not self.command.is_quiet
        self.bar = tqdm(desc=noun, total=total, unit="", disable=not is_seen)

    def advance(self) -> None:
        if self.is_asked_to_stop:
            raise KeyboardInterrupt
        if self.bar is not None:
            self.bar.update()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _accesses_of(shop: Shop) -> list[PlatformAccess]:
    accesses = list(PlatformAccess.objects.filter(shop=shop).select_related("shop"))
    if accesses:
        return accesses
    silent = set(shop.webhook_secrets.values_list("source", flat=True))
    titles = [str(row.title) for name, row in PLATFORMS.items() if name in silent]
    if titles and not any(map(remote_of, silent)):
        raise CommandError(
            f"{shop.domain} sends its orders by {' and '.join(titles)}, which offers no API that "
            "we could ask. Have the shop send them again."
        )
    raise CommandError(
        f"We have no access to the platform of {shop.domain}. Enter its address and token in the "
        "admin under Connections."
    )


def _read_past(text: str) -> datetime:
    at = read_time(text)
    if at is None:
        raise ArgumentTypeError(f"{text} is no time; write 2026-11-22 or 2026-11-22T10:00Z")
    if at > timezone.now():
        raise ArgumentTypeError(f"{text} is still to come; write a time that is over")
    return at
