"""Read the newest rows of several queries in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Field, IntegerField, QuerySet, Value
from django.db.models.functions import Cast

from downloads.search.text import is_numbered


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows, of which the newest are wanted by a key of theirs: `most`, and one to tell more.

    `key` is the rows' own, or the column of what they point to.
    """

    rows: QuerySet[Any]
    key: str
    most: int

    @property
    def field(self) -> Field[Any, Any]:
        """The field that the keys are values of."""
        own = self.rows.model._meta
        named: Any = own.pk if self.key == "pk" else own.get_field(self.key)
        return named.target_field if named.is_relation else named

    def arm(self, number: int) -> QuerySet[Any, tuple[int, str, str]]:
        """Return this part's place, keys and ages, as rows of a union.

        SQLite sorts and cuts no arm of a union, but what an arm looks in.
        """
        # Some keys are made by chance, and say nothing of age.
        is_counted = self.key != "pk" or is_numbered(self.rows.model)
        age = self.key if is_counted else "created_at"
        newest = self.rows.order_by(f"-{age}").values("pk")[: self.most + 1]
        rows = self.rows.model._base_manager.filter(pk__in=newest).order_by()
        of_text = CharField()
        return rows.values_list(Value(number), Cast(F(self.key), of_text), Cast(F(age), of_text))

    def newest(self, rows: list[tuple[str, Any]]) -> list[Any]:
        """Return the keys of ages and keys, the newest first."""
        is_number = isinstance(self.field, IntegerField)
        rows.sort(key=lambda row: row[1] if is_number else row[0], reverse=True)
        return [key for _age, key in rows]


def read_parts(parts: Iterable[Part | None]) -> dict[Part, list[Any]]:
    """Return the keys of each part, newest first. One query, or none at all."""
    wanted = list(dict.fromkeys(part for part in parts if part is not None))
    found: list[list[Any]] = [[] for _part in wanted]
    if wanted:
        first, *others = (part.arm(place) for place, part in enumerate(wanted))
        for place, key, age in first.union(*others, all=True) if others else first:
            if key is not None:
                found[place].append((age, wanted[place].field.to_python(key)))
    return {part: part.newest(rows) for part, rows in zip(wanted, found, strict=True)}
