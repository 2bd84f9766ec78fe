from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile

from downloads import fulfilment
from downloads.errors import NotFound
from downloads.models import KeptUpload
from tests.factories import NOW


@pytest.fixture
def person(db):
    return User.objects.create_user("ada", is_staff=True)


@pytest.fixture
def keep(person, django_capture_on_commit_callbacks):
    """Return a function that keeps an upload, as its request does."""

    def one(name="book.pdf", *, whose=person, at=NOW):
        with django_capture_on_commit_callbacks(execute=True):
            return fulfilment.keep_upload(ContentFile(b"bytes", name=name), person=whose, at=at)

    return one


@pytest.fixture
def on_disk(settings):
    """Return a function that lists the stored files' folders."""

    def names():
        root = Path(settings.MEDIA_ROOT)
        return sorted(path.parent.name for path in root.rglob("*") if path.is_file())

    return names


def test_what_is_kept_is_found_by_its_person_with_its_name(keep, person, on_disk):
    kept = keep("Für & \u202eElise.pdf")
    found = fulfilment.require_kept_upload(kept.pk, person=person, at=NOW)
    assert (found.file_name, found.size_bytes, found.file.read()) == (
        "Für & Elise.pdf",
        5,
        b"bytes",
    )
    assert on_disk() == ["kept"]


def test_nobody_else_finds_it(keep):
    other = User.objects.create_superuser("eve")
    with pytest.raises(NotFound):
        fulfilment.require_kept_upload(keep().pk, person=other, at=NOW)


def test_after_its_time_it_is_not_found_and_goes(
    keep, person, settings, on_disk, django_capture_on_commit_callbacks
):
    settings.KEPT_UPLOAD_HOURS = 2
    kept = keep()
    late = NOW + timedelta(hours=2)
    assert fulfilment.require_kept_upload(kept.pk, person=person, at=late - timedelta(seconds=1))
    with pytest.raises(NotFound):
        fulfilment.require_kept_upload(kept.pk, person=person, at=late)
    with django_capture_on_commit_callbacks(execute=True):
        assert fulfilment.forget_kept_uploads(at=late - timedelta(seconds=1)) == 0
        assert fulfilment.forget_kept_uploads(at=late) == 1
    assert (KeptUpload.objects.count(), on_disk()) == (0, [])


def test_what_is_past_its_time_goes_as_the_next_is_kept(keep, on_disk):
    keep(whose=User.objects.create_user("grace"))
    fresh = keep(at=NOW + timedelta(days=1))
    assert list(KeptUpload.objects.all()) == [fresh]
    assert on_disk() == ["kept"]


def test_of_one_person_the_newest_three_are_kept(keep, on_disk):
    other = keep(whose=User.objects.create_user("grace"))
    kept = [keep(f"{number}.pdf", at=NOW + timedelta(minutes=number)) for number in range(5)]
    assert set(KeptUpload.objects.all()) == {other, *kept[2:]}
    assert on_disk() == ["kept"] * 4


def test_an_installation_may_keep_none(keep, settings, on_disk):
    settings.KEPT_UPLOADS_PER_PERSON = 0
    assert keep() is None
    assert (KeptUpload.objects.count(), on_disk()) == (0, [])


def test_the_file_of_somebody_who_is_gone_goes(
    keep, person, on_disk, django_capture_on_commit_callbacks
):
    keep()
    person.delete()
    with django_capture_on_commit_callbacks(execute=True):
        assert fulfilment.forget_kept_uploads(at=NOW) == 1
    assert on_disk() == []


def test_a_kept_file_that_is_gone_from_the_disk_is_not_found(keep, person):
    kept = keep()
    kept.file.storage.delete(kept.file.name)
    with pytest.raises(NotFound):
        fulfilment.require_kept_upload(kept.pk, person=person, at=NOW)
