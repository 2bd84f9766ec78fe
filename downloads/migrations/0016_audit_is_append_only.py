"""The database itself refuses to change or delete the audit trail.

SQLite rebuilds a table that is altered and forgets its triggers: a later migration that alters
this one ends with `install` again.
"""

from typing import Any

from django.db import migrations

TABLE = "downloads_auditentry"
REFUSAL = "The audit trail is only ever added to."
SQLITE = {
    "audit_refuses_update": f"BEFORE UPDATE ON {TABLE}",
    "audit_refuses_delete": f"BEFORE DELETE ON {TABLE}",
    # INSERT OR REPLACE deletes what stands in its way, and fires no trigger for that.
    "audit_refuses_replace": "BEFORE INSERT ON downloads_auditentry WHEN EXISTS "
    "(SELECT 1 FROM downloads_auditentry WHERE id = NEW.id)",
}
POSTGRES = f"""
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = '{REFUSAL}', ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_refuses_change BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION audit_refuses();
CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();
"""
POSTGRES_AWAY = f"""
DROP TRIGGER IF EXISTS audit_refuses_change ON {TABLE};
DROP TRIGGER IF EXISTS audit_refuses_truncate ON {TABLE};
DROP FUNCTION IF EXISTS audit_refuses();
"""


def install(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES)
        return
    for name, when in SQLITE.items():
        schema_editor.execute(
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def remove(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES_AWAY)
        return
    for name in SQLITE:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0015_staff_and_audit"),
    ]

    operations = [migrations.RunPython(install, remove)]
