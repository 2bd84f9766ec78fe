"""No migration from now on stops the release before; each rule is shown to find its fault."""

import sys

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import F, Q

from downloads.migration_operations import AddIndexWhileServing
from tests.migrating import StepLoader
from tests.system.upgrades.migration_rules import FIRST, broken_rules

LOADER = StepLoader(None)
OURS = [key for key in sorted(LOADER.disk_migrations) if key[0] in FIRST]


def judge(app, name):
    migration = LOADER.disk_migrations[app, name]
    before = LOADER.project_state((app, name), at_end=False)
    return broken_rules(migration, before, said=sys.modules[migration.__module__].__doc__)


def test_no_migration_breaks_a_rule():
    new = [(app, name) for app, name in OURS if name[:4] >= FIRST[app]]
    assert {f"{app}.{name}": judge(app, name) for app, name in new if judge(app, name)} == {}


def test_the_last_ones_before_would_have_been_found_sound():
    for key in (
        ("downloads", "0018_delivery_versions"),
        ("downloads", "0019_kept_uploads"),
        ("downloads", "0021_mail_of_wrong_tries"),
        ("downloads", "0022_end_of_addresses"),
        ("storefront", "0007_tries_by_address"),
    ):
        assert judge(*key) == []


def test_earlier_ones_would_have_been_found():
    assert "use AddIndexWhileServing" in judge("downloads", "0020_next_in_turn")[0]
    assert len(judge("downloads", "0013_mail")) == 4


WORD = models.CharField(max_length=9)
SAME = models.CheckConstraint(condition=Q(id=F("id")), name="book_is_itself")
INDEX = models.Index(fields=["word"], name="by_word")


@pytest.fixture
def before():
    state = ProjectState()
    key, empty = models.BigAutoField(primary_key=True), models.CharField(max_length=9, null=True)
    fields = [("id", key), ("word", empty), ("other", models.CharField(max_length=9))]
    state.add_model(ModelState("downloads", "Book", fields))
    return state


def verdicts(operations, before, *, said=None, atomic=True):
    migration = migrations.Migration("0099_test", "downloads")
    migration.operations, migration.atomic = operations, atomic
    return broken_rules(migration, before, said=said)


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (migrations.AddField("book", "new", WORD), "adds rows without it"),
        (migrations.AlterField("book", "word", WORD), "leaves it empty"),
        (migrations.RemoveField("book", "word"), "take two releases"),
        (migrations.RenameField("book", "word", "name"), "take two releases"),
        (migrations.RenameModel("Book", "Volume"), "take two releases"),
        (migrations.DeleteModel("Book"), "take two releases"),
        (migrations.AlterModelTable("Book", "volume"), "take two releases"),
        (migrations.AddConstraint("book", SAME), "may break it"),
        (migrations.AddIndex("book", INDEX), "use AddIndexWhileServing"),
        (migrations.RunPython(lambda apps, editor: None), "cannot be undone"),
        (migrations.RunSQL("SELECT 1"), "cannot be undone"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_fault_is_found(operation, why, before):
    [found] = verdicts([operation], before)
    assert why in found
    # Also where the database and the state are told apart.
    split = migrations.SeparateDatabaseAndState(database_operations=[operation])
    assert len(verdicts([split], before)) == 1


def test_what_the_release_before_can_live_with_is_let_through(before):
    default = models.CharField(max_length=9, db_default="")
    operations = [
        migrations.AddField("book", "new", default),
        migrations.AddField("book", "empty", models.CharField(max_length=9, null=True)),
        migrations.AlterField("book", "word", default),
        migrations.AlterField("book", "other", models.CharField(max_length=20)),
        migrations.CreateModel("Page", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("page", "word", WORD),
        migrations.AddIndex("page", INDEX),
    ]
    assert verdicts(operations, before) == []


def test_what_goes_in_the_second_of_two_releases_is_let_through(before):
    said = "Steps: unused since 1.4."
    assert verdicts([migrations.RemoveField("book", "word")], before, said=said) == []


def test_rows_are_moved_alone(before):
    move = migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop)
    assert verdicts([move], before) == []
    field = migrations.AddField("book", "new", models.CharField(max_length=9, db_default=""))
    assert "of its own" in verdicts([field, move], before)[0]


def test_an_index_is_built_alone_and_outside_a_transaction(before):
    build = AddIndexWhileServing("book", INDEX)
    assert verdicts([build], before, atomic=False) == []
    assert len(verdicts([build], before)) == 1


@pytest.mark.slow
@pytest.mark.both_databases  # CONCURRENTLY is PostgreSQL's alone
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_such_an_index_is_built_and_taken_back_on_both_databases():
    state = LOADER.project_state(("downloads", "0022_end_of_addresses"))
    build = AddIndexWhileServing("shop", models.Index(fields=["name"], name="shop_by_name"))
    after = state.clone()
    build.state_forwards("downloads", after)

    def indexes():
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, "downloads_shop")
        return "shop_by_name" in found

    for method, (first, second), is_there in (
        (build.database_forwards, (state, after), True),
        (build.database_backwards, (after, state), False),
    ):
        with connection.schema_editor(atomic=False) as editor:
            method("downloads", editor, first, second)
        assert indexes() is is_there
