"""Files that no row names: found by their age in the folders of our uploads, and nowhere else."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.management import CommandError, call_command
from django.utils import timezone

from downloads import fulfilment
from downloads.models import Asset, KeptUpload
from storefront.management import orphans
from tests.factories import ShopFactory, make_file

pytestmark = pytest.mark.django_db
HOURS = 48


@pytest.fixture(autouse=True)
def temporary(settings, tmp_path):
    """Have a folder for temporary files; return it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    return folder


@pytest.fixture
def leave(settings):
    """Return a function that leaves a file among the uploads, unchanged for so many hours."""

    def one(name, *, hours=HOURS + 1, folder=None):
        path = Path(folder or settings.MEDIA_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"bytes")
        age(path, hours)
        return path

    return one


def age(path, hours):
    then = (timezone.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))


@pytest.fixture
def said(capsys):
    """Return a function that runs the command and returns what it says of files."""

    def run(**options):
        call_command("tidy", **options)
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines if "files" in line]

    return run


def test_what_a_killed_upload_left_goes_after_its_time(leave, said):
    old, fresh = leave("assets/a1"), leave("assets/b2", hours=HOURS - 1)
    kept = leave("kept/c3")
    named = Path(make_file(ShopFactory()).file.path)
    age(named, 9999)
    said_first = said(dry_run=True)[0]
    assert said_first.startswith("files no row names: 2 would be deleted, the oldest of 20")
    assert (old.exists(), kept.exists()) == (True, True)
    assert said()[0] == "files no row names: 2 deleted"
    assert [path.exists() for path in (old, kept, fresh, named)] == [False, False, True, True]


def test_an_upload_whose_row_is_not_committed_yet_is_younger_than_that(said):
    asset = make_file(ShopFactory())
    stored = Path(asset.file.path)
    Asset.objects.all().delete()  # as others see it before the commit
    assert said()[0] == "files no row names: 0 deleted"
    assert stored.exists()


def test_a_kept_file_is_named_by_its_row(said):
    person = User.objects.create_user("ada")
    kept = fulfilment.keep_upload(
        ContentFile(b"bytes", name="a.pdf"), person=person, at=timezone.now()
    )
    age(kept.file.path, 9999)
    assert said()[0] == "files no row names: 0 deleted"
    assert KeptUpload.objects.get().file.read() == b"bytes"


@pytest.mark.parametrize("name", ["a1", "others/a1", "assets.txt", "assets-of-others/a1"])
def test_other_folders_are_not_ours(leave, said, name):
    path = leave(name)
    said()
    assert path.exists()


def test_a_folder_within_is_looked_at_and_large_ones_in_pieces(leave, said, monkeypatch):
    monkeypatch.setattr(orphans, "LOOKED_UP_AT_ONCE", 2)
    paths = [leave(f"assets/{number}/{number}") for number in range(5)]
    assert said()[0] == "files no row names: 5 deleted"
    assert not any(path.exists() for path in paths)


def test_more_orphans_than_files_may_be_another_databases(leave, said, capsys):
    paths = [leave(f"assets/{number}") for number in range(11)]
    with pytest.raises(CommandError, match="files no row names"):
        said()
    assert all(path.exists() for path in paths)
    assert "11 files are named by no row, and 0 by one" in capsys.readouterr().out
    assert said(all_orphans=True)[0] == "files no row names: 11 deleted"
    assert not any(path.exists() for path in paths)


def test_a_storage_with_an_api_alone_is_looked_through_alike(said, monkeypatch):
    storage = InMemoryStorage()
    for field in (Asset._meta.get_field("file"), KeptUpload._meta.get_field("file")):
        monkeypatch.setattr(field, "storage", storage)
    asset = make_file(ShopFactory())
    left = storage.save("assets/left", ContentFile(b"bytes"))
    past = datetime(2020, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(storage, "get_modified_time", lambda name: past)
    assert said()[0] == "files no row names: 1 deleted"
    assert (storage.exists(left), storage.exists(asset.file.name)) == (False, True)


def test_a_storage_that_lists_nothing_is_named(said, monkeypatch, capsys):
    def fail(self, path):
        raise NotImplementedError("subclasses of Storage must provide a listdir() method")

    monkeypatch.setattr(InMemoryStorage, "listdir", fail)
    monkeypatch.setattr(Asset._meta.get_field("file"), "storage", InMemoryStorage())
    with pytest.raises(CommandError, match="files no row names"):
        said()


# --- Temporary files -----------------------------------------------------------------------------


def test_a_temporary_file_of_a_killed_process_goes(leave, said, temporary):
    old = leave("tmpabc.upload", folder=temporary)
    fresh = leave("tmpdef.upload", folder=temporary, hours=1)
    other = leave("notes.txt", folder=temporary)
    link = temporary / "tmpghi.upload"
    link.symlink_to(other)
    assert said(dry_run=True)[1].startswith("temporary files of uploads: 1 would be deleted")
    assert said()[1] == "temporary files of uploads: 1 deleted"
    assert [path.exists() for path in (old, fresh, other, link)] == [False, True, True, True]


def test_a_logo_that_a_shop_names_stays_and_one_that_none_names_goes(leave):
    stays, goes = leave("logos/" + "a" * 32), leave("logos/" + "b" * 32)
    ShopFactory(logo="logos/" + "a" * 32)
    call_command("tidy")
    assert (stays.exists(), goes.exists()) == (True, False)
