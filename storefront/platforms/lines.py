"""What orders of every platform are read alike by: their lines, receipt numbers and addresses."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from downloads.email_addresses import accepted_email
from downloads.incoming import LineReport, RefundReport
from storefront.platforms.fields import units_by_line
from storefront.platforms.notes import Notes
from storefront.platforms.schemas import Payload
from storefront.platforms.values import MAX_INTEGER, number_of

# In the place of a line's number until it has one.
UNNUMBERED = 0


def numbered(
    notes: Notes, name: str, lines: Sequence[tuple[int | None, LineReport]]
) -> tuple[LineReport, ...]:
    """Give each line its number, or one of ours, below nought, where it has none of its own.

    Ours is made of what was sold, and of which of the lines alike it is: the same in each report,
    whatever else comes or goes. Of two lines with one number the first one keeps it.
    """
    taken: set[int] = set()
    alike: Counter[str] = Counter()
    read = []
    for place, (number, line) in enumerate(lines):
        if number is None or number in taken:
            is_missing = "has no number" if number is None else "has the number of another line"
            notes.add(f".{name}[{place}].id", f"{is_missing}, and is known by what was sold")
            content = _content_of(line)
            number = _number_of(content, alike[content])
            alike[content] += 1
        taken.add(number)
        read.append(replace(line, platform_id=number))
    return tuple(read)


def _content_of(line: LineReport) -> str:
    product = line.product
    numbers = (product.product_id, product.variant_id)
    words = (product.name, product.variant_name, product.sku)
    return json.dumps(words if numbers == (None, None) else numbers)


def _number_of(content: str, place: int) -> int:
    digest = sha256(f"{place} {content}".encode()).digest()
    return -1 - int.from_bytes(digest[:8]) % MAX_INTEGER


def receipt_of(written: str | None, own: int) -> tuple[int, str]:
    """Return an order's number and its text on the receipt, empty where that is the number.

    `own` is the platform's, which counts where the text has no digits, or too many.
    """
    number = number_of(written)
    number = own if number is None else number
    return number, "" if written is None or written == str(number) else written


def accepted(notes: Notes, step: str, written: str | None) -> str | None:
    """Return a mail address as the shop took it; null for none."""
    email = accepted_email(written or "")
    if email is None and (written or "").strip():
        notes.add(step, "is no mail address")
    return email


def account_address(account: Payload) -> str | None:
    """Return the mail address of a buyer's account as the shop took it.

    Empty: it has none any more. Null: not told, or it is no mail address.
    """
    written: str = getattr(account, "email", None) or ""
    if not written.strip() and "email" in account.model_fields_set:
        return ""
    return accepted_email(written)


def units_kept(line: Payload, quantity: int | None, *, of: str) -> int | None:
    """Return the units ordered; null where these cannot be read, or how many are left (`of`)."""
    # What is left is less than what was ordered, and would be taken for all of it.
    return None if line.is_unread(of) else quantity


def note_missing(notes: Notes, row: Payload, *names: str) -> None:
    """Note which of these fields the object that was read does not have at all."""
    for name in names:
        if getattr(row, name) is None and not row.is_unread(name):
            notes.add(f".{name}", "is missing")


def refund_of(
    notes: Notes,
    refund: Payload,
    name: str,
    rows: Iterable[tuple[int | None, int | None]],
    *,
    number: int,
    at: datetime,
) -> RefundReport:
    """Return the report of a refund from the line and the units of each of its rows (`name`).

    What does not say of which line is noted; where it does not say how much, it is one unit.
    """
    known = []
    is_whole = not (refund.is_unread(name) or refund.is_emptied(name))
    for place, (line, back) in enumerate(rows):
        if line is None or back is None:
            notes.add(f".{name}[{place}]", "does not say how much of which line went back")
            is_whole = False
        if line is not None:
            known.append((line, 1 if back is None else back))
    return RefundReport(
        platform_id=number, refunded_at=at, units=units_by_line(known), is_whole=is_whole
    )
