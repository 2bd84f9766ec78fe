"""Substring search: the texts of each table that are indexed, and the condition that asks them.

PostgreSQL answers by an index of trigrams over an expression (`pg_trgm`), SQLite by a table of its
own (FTS5 with the tokenizer of trigrams). `downloads.search.indexes` makes both; where the database
cannot, the same condition reads each row.
"""

from typing import Any

from django.db.models import AutoField, BooleanField, F, Func, Model, QuerySet

from downloads.models import Account, Asset, Customer, Mail, Order, Product

TEXTS: dict[type[Model], tuple[str, ...]] = {
    Order: ("email", "receipt_number"),
    Customer: ("email", "first_name", "last_name"),
    Product: ("name", "variant_name", "sku"),
    Asset: ("title", "file_name", "link"),
    Account: ("email", "first_name", "last_name"),
    Mail: ("email",),
}
# As many letters as an index entry has. Fewer are looked for where a column begins: two line ends
# stand before each, and make three letters of one.
LETTERS = 3
BEGINNING = "\n\n"
MOST_WORDS = 30


def expression(columns: list[str], *, vendor: str) -> str:
    """Return the text of a row in SQL, in lower case, each column after its beginning."""
    line_ends = "E'\\n\\n'" if vendor == "postgresql" else "char(10, 10)"
    return "lower({})".format(
        " || ".join(f"{line_ends} || coalesce({column}, '')" for column in columns)
    )


def index_of(model: type[Model]) -> str:
    """Return the name of the index of a table's texts: on SQLite, of the table that is one."""
    return f"{model._meta.db_table}_text"


# Of SQLite's tables that are an index: those that were seen, by database.
_SEEN: set[tuple[str, str]] = set()


def has_table(connection: Any, name: str) -> bool:
    """Say whether SQLite has this table. It is asked until it has."""
    place = (str(connection.settings_dict["NAME"]), name)
    if place not in _SEEN:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [name])
            if cursor.fetchone() is None:
                return False
        _SEEN.add(place)
    return True


def is_numbered(model: type[Model]) -> bool:
    """Say whether SQLite's own number of a row is its key, and so never changes."""
    return isinstance(model._meta.pk, AutoField)


class Contains(Func):
    """Say of a row whether one of its texts contains this one, or, of `at_start`, begins so."""

    def __init__(
        self, model: type[Model], text: str, *, at_start: bool = False, by_index: bool = True
    ) -> None:
        super().__init__(F("pk"), *map(F, TEXTS[model]), output_field=BooleanField())
        self.text = (BEGINNING if at_start else "") + text
        self.by_index = by_index
        self.model = model

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        key, *columns = (compiler.compile(each)[0] for each in self.source_expressions)
        index = index_of(self.model)
        if connection.vendor == "sqlite" and self.by_index and has_table(connection, index):
            found = "rowid" if is_numbered(self.model) else "key"
            quoted = self.text.replace('"', '""')
            sql = f'{key} IN (SELECT {found} FROM "{index}" WHERE texts MATCH %s)'  # noqa: S608  # nosec B608
            return sql, (f'"{quoted}"',)
        escaped = "".join(f"\\{each}" if each in "\\%_" else each for each in self.text)
        text = expression(columns, vendor=connection.vendor)
        return f"{text} LIKE lower(%s) ESCAPE '\\'", (f"%{escaped}%",)


def with_text(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Return the rows of which each word of a text is in one of their texts, in any case.

    By the index: a word of three letters or more anywhere, fewer at a beginning. Beside a longer
    word also a short one may stand anywhere.
    """
    words = list(dict.fromkeys(text.replace("\0", "").split()))[:MOST_WORDS]
    if not words:
        return rows.none()
    has_long = any(len(word) >= LETTERS for word in words)
    for word in words:
        is_long = len(word) >= LETTERS
        condition = Contains(
            rows.model, word, at_start=not has_long, by_index=is_long or not has_long
        )
        rows = rows.filter(condition)
    return rows
