"""Two equal shops of one installation, a third, and people who work for the first."""

from contextlib import contextmanager

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client, override_settings

from downloads.models import Membership, Role
from tests.factories import NOW
from tests.invariants.isolation.shops import MarkedShop, snapshot, strays
from tests.invariants.isolation.table import Forms

# What each may do in the shop that is theirs, and in the third one: elsewhere they own a shop.
PEOPLE = {
    "support": {"ours": Role.SUPPORT, "third": Role.OWNER},
    "manager": {"ours": Role.MANAGER, "third": Role.OWNER},
    "owner": {"ours": Role.OWNER, "third": Role.OWNER},
    "support alone": {"ours": Role.SUPPORT},
    "of no shop": {},
}
# What none of another shop's is shown to, is asked at once by who may do most: an owner, who worked
# there until they were removed. By the others in `make test-all`.
FIRST = "owner"
EACH = [
    pytest.param(name, marks=[] if name == FIRST else [pytest.mark.slow])
    for name in ("owner", "support", "of no shop", "stranger")
]


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


def build():
    # What staff of the first add gets numbers that go on from its own.
    shops = {name: MarkedShop(*marks) for name, marks in MARKS.items()}
    staff = {"stranger": Forgetful()}
    users = [
        User.objects.create_user(f"reader {person}", f"reader{number}@staff.example", is_staff=True)
        for number, person in enumerate(PEOPLE)
    ]
    for user, roles in zip(users, PEOPLE.values(), strict=True):
        for where, role in roles.items():
            Membership.objects.create(shop=shops[where].shop, user=user, role=role)
    employ(users[list(PEOPLE).index(FIRST)], shops["theirs"]).delete()
    users.append(User.objects.create_superuser("boss"))
    for person, user in zip((*PEOPLE, "superuser"), users, strict=True):
        staff[person] = client = Forgetful()
        client.force_login(user)
        client.user = user
    return shops, staff, Forms(staff["superuser"])


def employ(user, shop):
    """Make a person an owner of a shop, who has worked there; return that."""
    for model in (each for each in shop.rows if each in admin.site._registry):
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(model),
            object_id=str(shop.rows[model][0].pk),
            object_repr=f"{shop.name} logged",
            action_flag=CHANGE,
            change_message=f"{shop.name} changed",
        )
    return Membership.objects.create(shop=shop.shop, user=user, role=Role.OWNER)


@pytest.fixture(scope="module")
def built(kept_rows):
    """Three shops, and who asks about them, each signed in: built once for a file of tests."""
    with kept_rows(build) as kept:
        yield kept


# Each asks for the database, also where it reads no row: what comes after the tests that empty
# it finds no plan to build a shop on.
@pytest.fixture(autouse=True)
def _keeps_their_files(db, built, settings, _apart):
    settings.MEDIA_ROOT = built[1]


@pytest.fixture
def ours(db, built):
    """The shop whose staff look around."""
    return built[0][0]["ours"]


@pytest.fixture
def theirs(db, built):
    """The shop of which they see nothing."""
    return built[0][0]["theirs"]


@pytest.fixture
def third(db, built):
    return built[0][0]["third"]


@pytest.fixture
def staff(db, built):
    """Each of `PEOPLE`, a stranger and a superuser, signed in, by name."""
    for client in built[0][1].values():
        if hasattr(client, "user"):
            vars(client.user).pop("_roles", None)
    return built[0][1]


@pytest.fixture
def boss(staff):
    return staff["superuser"]


@pytest.fixture
def forms(db, built):
    """What a superuser's browser sends of each page's form."""
    return built[0][2]


@pytest.fixture
def watched(theirs):
    """Return a look at the other shop's rows of some models, at their log, and at strays."""
    return lambda models: (snapshot(theirs.shop, models), strays(models))
