"""Case-insensitive comparison of ASCII alone, the same in every database."""

import string
from typing import Any, Self

from django.db.models import Expression, Func, QuerySet

from downloads.email_addresses import spellings_of

# A mail address, or an expression for each spelling of one.
Email = str | tuple[Expression, ...]


class AsciiLower(Func):
    """A text with A to Z in lower case and every other letter as it is.

    PostgreSQL's own LOWER goes by the database's locale and makes an ASCII letter of some others
    (a KELVIN SIGN), so that two mailboxes were one. SQLite's leaves all but ASCII alone.
    """

    function = "LOWER"
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Written out: an index takes no parameters.
        letters = f"'{string.ascii_uppercase}', '{string.ascii_lowercase}'"
        template = f"translate(%(expressions)s, {letters})"
        return self.as_sql(compiler, connection, template=template, **context)


class EmailQuerySet(QuerySet):
    """Rows with an `email`, and an index of it in `AsciiLower`."""

    def with_email(self, email: Email) -> Self:
        """Return those with this mail address, by the index, however it is written."""
        spellings = spellings_of(email) if isinstance(email, str) else email
        return self.alias(address=AsciiLower("email")).filter(address__in=spellings)
