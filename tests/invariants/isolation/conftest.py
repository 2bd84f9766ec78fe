"""Two equal shops of one installation, a third, and people who work for the first."""

from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client, override_settings

from downloads.models import Membership, Role
from tests.factories import NOW
from tests.invariants.isolation.shops import MarkedShop

# What each may do in the shop that is theirs, and in the third one.
PEOPLE = {
    "support": {"ours": Role.SUPPORT},
    "manager": {"ours": Role.MANAGER},
    "owner": {"ours": Role.OWNER},
    "support here, owner elsewhere": {"ours": Role.SUPPORT, "third": Role.OWNER},
    "of no shop": {},
}
# Each page, act and look-up is tried at once by who may do most, and by who may do it elsewhere.
FIRST = ("owner", "support here, owner elsewhere")
EACH = [pytest.param(name, marks=[] if name in FIRST else [pytest.mark.slow]) for name in PEOPLE]
OF_A_SHOP = [name for name, roles in PEOPLE.items() if roles]


# By what each shop's rows are told: words and numbers.
MARKS = {
    "ours": ("aqzalpha", 1_873_500_001),
    "theirs": ("bqzbravo", 1_273_500_001),
    "third": ("cqzcharlie", 1_473_500_001),
}


QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class Forgetful(Client):
    """A browser that shows each message once, however little it has read of the pages before."""

    def request(self, **asked):
        self.cookies.pop("messages", None)
        return super().request(**asked)


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture(scope="module")
def kept_rows(django_db_setup, django_db_blocker, tmp_path_factory):
    """Return a block that builds rows once for a file of tests, with the folder of their files.

    What a test does to them is undone after it.
    """

    @contextmanager
    def keep(build):
        uploads = tmp_path_factory.mktemp("uploads")
        with django_db_blocker.unblock(), transaction.atomic():
            with (
                pytest.MonkeyPatch.context() as patch,
                override_settings(MEDIA_ROOT=uploads, PASSWORD_HASHERS=QUICK_HASHERS),
            ):
                patch.setattr("django.utils.timezone.now", lambda: NOW)
                built = build()
            yield built, uploads
            transaction.set_rollback(True)

    return keep


@pytest.fixture(scope="module")
def built(kept_rows):
    # What staff of the first add gets numbers that go on from its own.
    with kept_rows(lambda: {name: MarkedShop(*marks) for name, marks in MARKS.items()}) as kept:
        yield kept


# Each asks for the database, also where it reads no row: what comes after the tests that empty
# it finds no plan to build a shop on.
@pytest.fixture(autouse=True)
def _keeps_their_files(db, built, settings, _apart):
    settings.MEDIA_ROOT = built[1]


@pytest.fixture
def ours(db, built):
    """The shop whose staff look around."""
    return built[0]["ours"]


@pytest.fixture
def theirs(db, built):
    """The shop of which they see nothing."""
    return built[0]["theirs"]


@pytest.fixture
def third(db, built):
    return built[0]["third"]


@pytest.fixture
def sign_in(ours, third):
    """Return a function that signs a person in, by a name of `PEOPLE` or as a superuser."""
    shops = {"ours": ours.shop, "third": third.shop}

    def enter(person):
        if person == "superuser":
            user = User.objects.create_superuser("boss")
        else:
            user = User.objects.create_user(f"reader {person}", is_staff=True)
            for where, role in PEOPLE[person].items():
                Membership.objects.create(shop=shops[where], user=user, role=role)
        client = Forgetful()
        client.force_login(user)
        client.user = user
        return client

    return enter
