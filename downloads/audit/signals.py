"""Signal handlers that write audit entries for saves and deletes of audited models.

By whatever door they come: the admin, a command, a report of the shop. A model names the columns
that count (`audited`), and may leave rows out (`is_audited`). One that names none (`audited = ()`)
is told of by verbs, each in words of its own. The entry stands in the save's own transaction, where
there is one. `update()` passes by here: a verb that changes a right by it enters that itself.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import Field, ForeignKey, Model
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_save, pre_delete, pre_save

from downloads.audit.entries import enter_audit, is_suppressed, name_of
from downloads.bidi import without_turns

# Models of others.
OTHERS = {"auth.user": ("username", "email", "is_active", "is_staff", "is_superuser", "password")}
# That they changed is told, and nothing of them.
UNTOLD = frozenset({"password", "sealed", "sealed_key"})


def is_tracked(model: type[Model]) -> bool:
    """Say whether a model is audited."""
    return hasattr(model, "audited") or model._meta.label_lower in OTHERS


def audited_of(model: type[Model]) -> tuple[str, ...]:
    """Return a model's audited columns; none for most."""
    return getattr(model, "audited", OTHERS.get(model._meta.label_lower, ()))


def has_audited(row: Any, names: Iterable[str]) -> bool:
    """Say whether a save of these columns of a row is to be told of."""
    fields = _fields(type(row))
    return any(_is_among(field, names) for field in fields) and _is_watched(row)


def watch() -> None:
    """Connect the signal handlers of each audited model, and of no other."""
    for model in apps.get_models():
        if audited_of(model):
            name = model._meta.label_lower
            pre_save.connect(_note_before, sender=model, dispatch_uid=f"audit before {name}")
            post_save.connect(_enter_save, sender=model, dispatch_uid=f"audit after {name}")
            pre_delete.connect(_enter_end, sender=model, dispatch_uid=f"audit end {name}")


def _note_before(
    sender: Any, instance: Any, raw: Any, using: str, update_fields: Any, **kwargs: Any
) -> None:
    instance._audited = None
    saved = [field for field in _fields(sender) if _is_among(field, update_fields)]
    if saved and not raw and _is_watched(instance):
        if set(update_fields or ()) == {"password"} and instance._password is None:
            return  # the same password, hashed anew as the hasher grows stronger
        instance._audited = (saved, _stored(instance, using))


def _enter_save(sender: Any, instance: Any, **kwargs: Any) -> None:
    noted, instance._audited = instance._audited, None
    if noted is None:
        return
    saved, stored = noted
    if stored is None:
        enter_audit("Added", row=instance, after=_filled(instance, saved))
        return
    changed = [field for field in saved if _differs(field, stored, instance)]
    if changed:
        disclosed = [field for field in changed if field.name not in UNTOLD]
        undisclosed = {field.name: "changed" for field in changed if field.name in UNTOLD}
        enter_audit(
            "Changed",
            row=instance,
            before={field.name: _value(field, stored) for field in disclosed},
            after={field.name: _value(field, instance) for field in disclosed} | undisclosed,
        )


def _enter_end(sender: Any, instance: Any, **kwargs: Any) -> None:
    # Before it is gone: what it belongs to is still there.
    if _is_watched(instance):
        enter_audit("Deleted", row=instance, before=_filled(instance, _fields(sender)))


def _fields(model: type[Model]) -> list[Any]:
    return [model._meta.get_field(name) for name in audited_of(model)]


def _is_among(field: Field, names: Any) -> bool:
    return names is None or field.name in names or field.attname in names


def _is_watched(row: Any) -> bool:
    return not is_suppressed(type(row)) and (not hasattr(row, "is_audited") or row.is_audited())


def _stored(row: Model, using: str) -> Model | None:
    """Return the row as stored before this save; None for a new one."""
    if row.pk is None:
        return None
    rows = type(row)._base_manager.using(using).filter(pk=row.pk)
    if connections[using].in_atomic_block:
        # As the save is about to do: of two at once each has its own before.
        rows = rows.select_for_update(no_key=True)
    return rows.first()


def _differs(field: Field, stored: Model, row: Any) -> bool:
    kind: Any = field.target_field if isinstance(field, ForeignKey) else field
    return kind.to_python(getattr(row, field.attname)) != getattr(stored, field.attname)


def _filled(row: Model, fields: Iterable[Field]) -> dict[str, Any]:
    """Return a row's columns that are not empty."""
    values = {field.name: _value(field, row) for field in fields if field.name not in UNTOLD}
    return {name: value for name, value in values.items() if value not in (None, "")}


def _value(field: Field, row: Model) -> Any:
    value = getattr(row, field.name)
    if isinstance(value, FieldFile):
        return value.name
    return without_turns(name_of(value)) if isinstance(value, Model) else value
