"""Zero-downtime migration operations: they run while the release before still serves."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddField, AddIndex
from django.db.models import Value


class AddIndexWhileServing(AddIndexConcurrently):
    """Build an index concurrently, without a lock against writers, where the database can.

    The migration says `atomic = False` and does nothing else. PostgreSQL leaves an invalid index
    behind if it breaks off: `DROP INDEX` it, and migrate again. SQLite builds it as any other.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class AddColumn(AddField):
    """Add a column with a constant default of the database's own, without copying its table.

    SQLite can do it, and Django copies each row all the same: of twenty columns twenty times.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        is_constant = isinstance(getattr(field, "_db_default_expression", None), Value)
        if schema_editor.connection.vendor != "sqlite" or not is_constant:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif self.allow_migrate_model(schema_editor.connection.alias, model):
            before = from_state.apps.get_model(app_label, self.model_name)
            BaseDatabaseSchemaEditor.add_field(schema_editor, before, field)
