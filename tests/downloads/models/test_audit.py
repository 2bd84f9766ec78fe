"""The audit trail is only ever added to: not by the ORM, not by SQL, not on any detour."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from downloads.audit.entries import enter_audit
from downloads.models import AuditEntry
from downloads.models.audit import TrailIsFixed
from tests.factories import NOW, ShopFactory

REFUSAL = "The audit trail is only ever added to."
TABLE = "downloads_auditentry"
CHANGE, DELETE = f"UPDATE {TABLE} SET actor = 'nobody'", f"DELETE FROM {TABLE}"  # noqa: S608
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own words")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own")


@pytest.fixture
def entry(db):
    return enter_audit("Locked", shop=7, before={"limit": 10}, after={"limit": 20})


def rows():
    return list(AuditEntry.objects.order_by("pk").values())


def refused(sql, *values):
    before = rows()
    with (
        pytest.raises(IntegrityError, match=REFUSAL),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)
    assert rows() == before
    assert len(before) > 0


# --- By the ORM ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.save(),
        lambda entry: entry.save(update_fields=["actor"]),
        lambda entry: entry.delete(),
        lambda entry: AuditEntry.objects.update(actor="nobody"),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(actor="nobody"),
        lambda entry: AuditEntry.objects.all().delete(),
        lambda entry: AuditEntry.objects.bulk_update([entry], ["actor"]),
        lambda entry: AuditEntry.objects.update_or_create(
            pk=entry.pk, defaults={"actor": "nobody"}
        ),
    ],
)
def test_the_models_own_ways_are_closed(entry, change):
    before = rows()
    entry.actor = "nobody"
    with pytest.raises(TrailIsFixed, match=REFUSAL):
        change(entry)
    assert rows() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: AuditEntry._base_manager.filter(pk=entry.pk)._raw_delete("default"),
        lambda entry: AuditEntry.save_base(entry, force_update=True),
        lambda entry: AuditEntry.objects.bulk_create(
            [entry],
            update_conflicts=True,
            update_fields=["actor"],
            unique_fields=["id"],
        ),
    ],
)
def test_the_database_closes_the_detours(entry, change):
    before = rows()
    entry.actor = "nobody"
    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        change(entry)
    assert rows() == before


# --- By SQL --------------------------------------------------------------------------------------


def test_no_statement_changes_or_deletes(entry):
    refused(CHANGE)
    refused(f"{CHANGE} WHERE id = %s", entry.pk)
    refused(DELETE)
    refused(f"{DELETE} WHERE id = %s", entry.pk)


@on_sqlite
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"])
def test_no_entry_takes_anothers_place(entry, verb):
    columns = "id, at, actor, address, program, what, subject_type, subject_id, subject"
    refused(
        f"{verb} INTO {TABLE} ({columns}, before, after) "
        "VALUES (%s, %s, 'nobody', '', '', '', '', '', '', '{}', '{}')",
        entry.pk,
        NOW,
    )


@on_sqlite
def test_no_update_replaces_another_entry(entry):
    other = enter_audit("Unlocked")
    sql = f"UPDATE OR REPLACE {TABLE} SET id = %s WHERE id = %s"  # noqa: S608
    refused(sql, entry.pk, other.pk)


@on_postgresql
def test_the_table_is_not_emptied(entry):
    refused(f"TRUNCATE {TABLE}")
    refused(f"TRUNCATE {TABLE}, downloads_shop CASCADE")


@on_postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_flush_does_not_empty_it_either():
    enter_audit("Locked")
    with pytest.raises(CommandError):
        call_command("flush", interactive=False, verbosity=0)
    assert AuditEntry.objects.count() == 1


# --- Who outlives whom ---------------------------------------------------------------------------


def test_entries_outlive_their_shop(db):
    shop = ShopFactory(name="My store")
    number = shop.pk
    shop.delete()
    entries = AuditEntry.objects.filter(shop=number).order_by("pk")
    assert [(each.what, each.subject, each.subject_id) for each in entries] == [
        ("Added", "My store", str(number)),
        ("Deleted", "My store", str(number)),
    ]


def test_entries_outlive_the_person_they_tell_of(db):
    user = User.objects.create_user("ada")
    number = user.pk
    user.delete()
    entries = AuditEntry.objects.filter(subject_type="auth.user", subject_id=number)
    assert [each.what for each in entries.order_by("pk")] == ["Added", "Deleted"]


# --- There and back ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_it_is_closed_again_once_there_and_back(newest_again):
    assert newest_again.changed_on_the_way_back == 1
    assert AuditEntry.objects.get(what="Locked").actor == "ada"
    refused(CHANGE)
    refused(DELETE)
