"""What a migration may do while the release before still serves (docs/operations.md, Upgrading)."""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelTable,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, ManyToManyField

# Where the rules begin: what came before is on the databases of everybody.
FIRST = {"downloads": "0023", "storefront": "0008"}
# A line of a migration's docstring that says since which release nothing needs what goes, or
# breaks what is demanded, here.
STEPS = "Steps:"
TAKES_AWAY = (RenameField, RenameModel, RemoveField, DeleteModel, AlterModelTable)
DEMANDS = (AddConstraint, AlterUniqueTogether)


def broken_rules(migration: Migration, before: ProjectState, *, said: str | None) -> list[str]:
    """Return a sentence for each rule that a migration breaks.

    `before` are the models it meets; `said` is its module's docstring.
    """
    state, label, found = before.clone(), migration.app_label, []
    kinds = []
    for operation in migration.operations:
        for one in _parts(operation):
            kinds.append(type(one))
            found += [
                f"{one.describe()}: {why}"
                for why in _broken_by(one, label, before, state, has_steps=STEPS in (said or ""))
            ]
        operation.state_forwards(label, state)
    if len(kinds) > 1 and {RunPython, RunSQL} & set(kinds):
        found.append("rows are moved beside another operation: give that a migration of its own")
    is_alone = len(kinds) == 1 and not migration.atomic
    if any(issubclass(kind, AddIndexConcurrently) for kind in kinds) and not is_alone:
        found.append("an index is built while others write: atomic = False, and nothing else")
    return found


def _parts(operation: Any) -> list[Any]:
    is_both = isinstance(operation, SeparateDatabaseAndState)
    return operation.database_operations if is_both else [operation]


def _broken_by(
    operation: Any, label: str, before: ProjectState, state: ProjectState, *, has_steps: bool
) -> Iterator[str]:
    if isinstance(operation, RunPython | RunSQL) and not operation.reversible:
        yield "cannot be undone"
    if isinstance(operation, CreateModel):
        return
    model = getattr(operation, "model_name_lower", None) or getattr(operation, "name_lower", None)
    if model and (label, model) not in before.models:
        # Nobody has rows in it yet, or writes to it.
        return
    if isinstance(operation, TAKES_AWAY) and not has_steps:
        yield f"the release before still uses it; take two releases, and say them ({STEPS} …)"
    if isinstance(operation, DEMANDS) and not has_steps:
        yield f"the release before may break it; say since when nothing does ({STEPS} …)"
    if isinstance(operation, AddIndex) and not isinstance(operation, AddIndexConcurrently):
        yield "nobody writes to the table while it is built; use AddIndexWhileServing"
    if isinstance(operation, AddField) and _must_be_given(operation.field):
        yield "NOT NULL without db_default: the release before adds rows without it"
    if isinstance(operation, AlterField) and not has_steps:
        was_null = state.models[label, model].fields[operation.name].null
        if was_null and _must_be_given(operation.field):
            yield "NOT NULL without db_default: the release before leaves it empty"


def _must_be_given(field: Any) -> bool:
    is_column = not isinstance(field, ManyToManyField)
    return is_column and not field.null and field.db_default is NOT_PROVIDED
