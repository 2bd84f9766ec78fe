"""Typed schemas of inbound payloads: what is read of an object, and so what is stored of it.

A wrong field is named by its path, in words for whoever writes the sending program. What no schema
names may be anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self, get_args

from pydantic import BaseModel, ValidationError, model_validator
from pydantic_core import ErrorDetails

from downloads.errors import BadInput, DuplicateField
from downloads.json_names import is_marked
from storefront.platforms.fields import kind_of, wrong

# Marks a field that is stored apart, so that it can be forgotten apart from the rest.
PERSONAL = object()
# The names of an object's fields, each with those of the objects inside it; null: no object.
Fields = Mapping[str, "Fields | None"]


@dataclass(frozen=True)
class InPlaceOf:
    """Marks a field that is read only where another one is empty."""

    name: str


class Payload(BaseModel):
    """One JSON object. What has `Field(exclude=True)` is read and never stored."""

    @classmethod
    def read(cls, document: Any, path: str) -> Self:
        """Return what an object says.

        Raises:
            BadInput: a field is missing or not of its kind; the message names it.
            DuplicateField: its name stands twice.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise _complaint(error.errors(include_url=False)[0], path) from None

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_not_read(cls, row: Any) -> Any:
        if is_marked(row):
            raise wrong("stands twice")
        if isinstance(row, dict):
            unread = [name for name, other in _in_place_of(cls) if name in row and row.get(other)]
            return {name: row[name] for name in row.keys() - unread} if unread else row
        return row


def _complaint(error: ErrorDetails, path: str) -> BadInput:
    context, value = error.get("ctx", {}), error["input"]
    steps = (*error["loc"], *context.get("place", ()))
    place = path + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    if is_marked(value):
        return DuplicateField(place)
    problem = context.get("problem", "missing")
    # A field that must be an object and is null is one that is missing.
    is_field = bool(steps) and isinstance(steps[-1], str)
    if error["type"] == "list_type":
        problem = f"expected a list, got {kind_of(value)}"
    elif error["type"] == "model_type" and not (is_field and value is None):
        problem = f"expected an object, got {kind_of(value)}"
    return BadInput(f"{place}: {problem}")


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
    if is_marked(value):
        return value
    if isinstance(value, list):
        return [[] if isinstance(row, list) else _keep(row, fields) for row in value]
    return _keep_fields(value, fields or {}) if isinstance(value, dict) else value


@cache
def _in_place_of(schema: type[Payload]) -> list[tuple[str, str]]:
    marks = ((name, each) for name, row in schema.model_fields.items() for each in row.metadata)
    return [(name, mark.name) for name, mark in marks if isinstance(mark, InPlaceOf)]
