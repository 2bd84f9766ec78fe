"""Write audit entries. Nothing here changes or deletes one, and nothing could."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import timezone, translation

from downloads.audit.actors import actor_now
from downloads.bidi import ISOLATES
from downloads.models import AuditEntry
from downloads.tenancy import shop_number_of

_suppressed: ContextVar[frozenset[type[Model]]] = ContextVar("suppressed", default=frozenset())


def enter_audit(
    what: str,
    *,
    row: Model | None = None,
    shop: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write an audit entry of the current actor, about a row or about a shop by its number.

    `before` and `after` hold what changed, by column; times may stand as they are. Never a secret,
    and never a buyer's name or address.
    """
    who = actor_now()
    if shop is None and row is not None:
        shop = shop_number_of(row)
    return AuditEntry.objects.create(
        at=timezone.now(),
        shop_id=shop,
        actor=_cut(who.name, "actor"),
        address=_cut(who.address, "address"),
        program=_cut(who.program, "program"),
        request_id=_cut(who.request_id, "request_id"),
        what=_cut(what, "what"),
        before=_plain(before),
        after=_plain(after),
        **_subject(row),
    )


@contextmanager
def without_automatic_entries(*models: type[Model]) -> Iterator[None]:
    """Suppress automatic entries of these models; the caller writes its own.

    A context manager that decorates a verb, too.
    """
    token = _suppressed.set(_suppressed.get() | set(models))
    try:
        yield
    finally:
        _suppressed.reset(token)


def name_of(row: Model) -> str:
    """Return what a row is called, in one language, whoever reads it later."""
    with translation.override(None):
        return str(row)


def is_suppressed(model: type[Model]) -> bool:
    """Say whether a model's automatic entries are suppressed now."""
    return model in _suppressed.get()


def _plain(values: dict[str, Any] | None) -> dict[str, Any]:
    return json.loads(json.dumps(values or {}, cls=DjangoJSONEncoder))


def _subject(row: Model | None) -> dict[str, str]:
    if row is None:
        return {}
    # The trail outlives a buyer's erasure: persons are told by their number.
    is_person = getattr(row, "is_person", False)
    words = f"{row._meta.verbose_name_raw} {row.pk}" if is_person else name_of(row)
    return {
        "subject_type": row._meta.label_lower,
        "subject_id": str(row.pk or ""),
        "subject": _cut(words, "subject"),
    }


def _cut(text: str, column: str) -> str:
    # What a program calls itself may hold what no database stores.
    printable = "".join(char if char.isprintable() or char in ISOLATES else " " for char in text)
    field: Any = AuditEntry._meta.get_field(column)
    return printable[: field.max_length]
