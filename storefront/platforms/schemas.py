"""Typed schemas of inbound payloads: what is read of an object, and so what is stored of it.

What cannot be read is named by its path, in words for whoever writes the sending program. What no
schema names may be anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self, get_args

from pydantic import BaseModel, PrivateAttr, ValidationError, ValidationInfo, model_validator

from downloads.errors import BadInput, DuplicateField
from downloads.json_names import is_marked
from storefront.platforms.fields import missing
from storefront.platforms.notes import Notes
from storefront.platforms.values import kind_of

# Marks a field that is stored apart, so that it can be forgotten apart from the rest.
PERSONAL = object()
# The names of an object's fields, each with those of the objects inside it; null: no object.
Fields = Mapping[str, "Fields | None"]


@dataclass(frozen=True)
class InPlaceOf:
    """Marks a field that is read only where another one is empty."""

    name: str


class Payload(BaseModel):
    """One JSON object. What has `Field(exclude=True)` is read and never stored.

    Of one that `IS_LENIENT`, `notes` have the fields that cannot be read.
    """

    IS_LENIENT: ClassVar[bool] = False
    _unread: frozenset[str] = PrivateAttr(default=frozenset())
    _notes: Notes = PrivateAttr()

    @classmethod
    def read(cls, document: Any, path: str) -> Self:
        """Return what an object says.

        Raises:
            BadInput: it does not say what it is about, or, unless it is lenient, a field cannot be
                read; the message names it.
            DuplicateField: its name stands twice.
        """
        if is_marked(document):
            raise DuplicateField(path)
        if not isinstance(document, dict):
            raise BadInput(f"{path}: expected an object, got {kind_of(document)}")
        notes = Notes(path, personal=_personal_fields(cls), is_strict=not cls.IS_LENIENT)
        try:
            return cls.model_validate(document, context=notes)
        except ValidationError as error:
            raise missing(error.errors(include_url=False)[0], path) from None

    @property
    def notes(self) -> Notes:
        """What was odd in it, and in whatever it is a part of."""
        return self._notes

    def is_unread(self, *names: str) -> bool:
        """Say whether one of these fields was sent and could not be read."""
        return not self._unread.isdisjoint(names)

    def is_emptied(self, name: str) -> bool:
        """Say whether a field was sent with nothing in it, where others leave it out."""
        return name in self.model_fields_set and getattr(self, name) is None

    @model_validator(mode="before")
    @classmethod
    def _begin(cls, row: Any, info: ValidationInfo) -> Any:
        if isinstance(info.context, Notes):
            info.context.enter(_in_place_of(cls))
        return row

    def model_post_init(self, context: Any) -> None:
        if isinstance(context, Notes):
            self._unread, self._notes = context.leave(), context


def keep(
    schema: type[Payload], payload: dict[str, Any], *, personal: bool = False
) -> dict[str, Any]:
    """Return a copy of an object with the schema's fields alone, as they were sent.

    It is not validated: what is wrong is stored too, and named when it is applied. Where something
    stands that should not (an object for a text), an empty one is kept.
    """
    return _keep_fields(payload, stored_fields(schema, personal=personal))


@cache
def stored_fields(schema: type[Payload], *, personal: bool) -> Fields:
    """Return the names of what is stored of an object: what is personal in it, or the rest."""
    return {
        name: _inner(field.annotation)
        for name, field in schema.model_fields.items()
        if not field.exclude and (PERSONAL in field.metadata) is personal
    }


def _inner(annotation: Any) -> Fields | None:
    if isinstance(annotation, type) and issubclass(annotation, Payload):
        return stored_fields(annotation, personal=False)
    return next(filter(None, map(_inner, get_args(annotation))), None)


def _keep_fields(row: dict[str, Any], fields: Fields) -> dict[str, Any]:
    return {name: _keep(row[name], inner) for name, inner in fields.items() if name in row}


def _keep(value: Any, fields: Fields | None) -> Any:
    if isinstance(value, list):
        return [[] if isinstance(row, list) else _keep(row, fields) for row in value]
    if not isinstance(value, dict) or is_marked(value):
        return value
    kept = _keep_fields(value, fields or {})
    if fields is not None:
        # A list that is written as an object with numbered rows.
        rows = {name: row for name, row in value.items() if name.isdecimal()}
        kept |= {name: _keep_fields(row, fields) for name, row in rows.items() if _is_object(row)}
    return kept


def _is_object(row: Any) -> bool:
    return isinstance(row, dict) and not is_marked(row)


@cache
def _in_place_of(schema: type[Payload]) -> dict[str, str]:
    marks = ((name, each) for name, row in schema.model_fields.items() for each in row.metadata)
    return {name: mark.name for name, mark in marks if isinstance(mark, InPlaceOf)}


@cache
def _personal_fields(schema: type[Payload]) -> frozenset[str]:
    return frozenset(name for name, row in schema.model_fields.items() if PERSONAL in row.metadata)
