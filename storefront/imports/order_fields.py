"""What the tables' readers build reports of: buyers, tokens, numbers of lines, times."""

from collections import Counter
from datetime import UTC, datetime

from downloads.email_addresses import MAX_LENGTH
from downloads.incoming import CustomerReport, LineReport
from downloads.tokens import MIN_LENGTH, hash_token
from storefront.imports.cells import Notes, synthetic

# Of what says no time at all.
LONG_AGO = datetime.fromtimestamp(0, UTC)
NAME_LENGTH = 200


class LineNumbers:
    """Numbers for lines that have none of their own: of the order and of what each says."""

    def __init__(self, source: str, order: str) -> None:
        self._of = (source, order)
        self._seen: Counter[tuple[str, ...]] = Counter()

    def next(self, *words: str) -> int:
        """Return the number of a line by what tells it from others, and by how often it stands."""
        self._seen[words] += 1
        return synthetic("line", *self._of, *words, self._seen[words])


def contact(email: str, notes: Notes) -> str | None:
    """Return a mail address as the shop took it; null where it is none, which is noted."""
    if "@" in email and len(email) <= MAX_LENGTH:
        return email
    if email:
        notes.unread("The mail address", email)
    return None


def buyer(
    email: str | None,
    *,
    number: int | None = None,
    name: str = "",
    first: str = "",
    last: str = "",
) -> CustomerReport | None:
    """Return who bought, by a whole name or by its parts.

    A person with a number has an account, and no order tells its address.
    """
    if number is None and email is None:
        return None
    if name:
        first, _space, last = name.partition(" ")
    return CustomerReport(
        platform_id=number,
        email=None if number else email,
        first_name=first.strip()[:NAME_LENGTH],
        last_name=last.strip()[:NAME_LENGTH],
    )


def token_hash(token: str, notes: Notes) -> str | None:
    """Return the hash of an order's key; null, and noted, for what is too short to be one."""
    if len(token) >= MIN_LENGTH:
        return hash_token(token)
    if token:
        notes.append(f"The order's key has fewer than {MIN_LENGTH} characters and opens nothing.")
    return None


def newest(*times: datetime | None) -> datetime:
    """Return the newest of some times: a table does not say when it was written."""
    return max((at for at in times if at is not None), default=LONG_AGO)


def noted_if_none(lines: tuple[LineReport, ...], notes: Notes) -> tuple[LineReport, ...]:
    """Return an order's lines; note that it has none, and so brings nothing."""
    if not lines:
        notes.append("The file names no product of this order.")
    return lines


def most(*counts: int | None) -> int | None:
    """Return the highest of some counts; null where none is known."""
    return max((count for count in counts if count is not None), default=None)
