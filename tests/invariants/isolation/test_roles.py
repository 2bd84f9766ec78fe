"""The manual's table of roles, cell by cell: what it allows happens, what it does not changes
nothing."""

import re

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django_tasks_db.models import DBTaskResult

from downloads.models import Membership
from storefront.docs.manual import FOLDER
from storefront.staff.roles import PERMISSIONS
from tests.factories import ShopFactory
from tests.invariants.isolation.role_deeds import DEEDS

MANUAL = (FOLDER / "merchants.md").read_text(encoding="utf-8")
ROLES = ("support", "manager", "owner", "superuser")
# What looking at a page, or saving one without a change, may write. The worker may be woken to find
# nothing.
UNTOUCHED = {Session, LogEntry, DBTaskResult}


def read_table():
    """Return what each row of the table says, by its words and then by role."""
    table = MANUAL.partition("| What | Support | Manager | Owner | Superuser |\n")[2]
    rows = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$",
                      table.partition("\n\n")[0], re.MULTILINE)  # fmt: skip
    return {what: dict(zip(ROLES, cells, strict=True)) for what, *cells in rows}


TABLE = read_table()
CELLS = [
    (what, name, role) for what, (_, deeds) in DEEDS.items() for name in deeds for role in ROLES
]


def everything():
    """Return every row of every table, but for when somebody signed in."""
    tables = [model for model in apps.get_models() if model not in UNTOUCHED]
    told = {model._meta.label: list(model._default_manager.values()) for model in tables}
    told["auth.User"] = [row | {"last_login": None} for row in told["auth.User"]]
    return told


def sign_in(role, shop):
    """Return a client of somebody in this role, who works for another shop too, as its owner."""
    user = User.objects.create_user(
        f"{role}@example.com", is_staff=True, is_superuser=role == "superuser"
    )
    if role != "superuser":
        Membership.objects.create(shop=shop, user=user, role=role)
        Membership.objects.create(shop=ShopFactory(), user=user, role="owner")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store", domain="my-store.example")


def test_the_table_has_a_row_for_each_deed_and_says_yes_or_no():
    assert list(TABLE) == list(DEEDS)
    assert {cell for row in TABLE.values() for cell in row.values()} == {"yes", "–"}


@pytest.mark.parametrize(("what", "name", "role"), CELLS)
def test_each_cell_is_true(shop, what, name, role):
    client = sign_in(role, shop)
    deed = DEEDS[what][1][name](shop)
    act = next(deed)
    before = everything()
    response = act(client)
    happened = deed.send(response)
    if TABLE[what][role] == "yes":
        assert happened, (response.status_code, response.content.decode()[:20_000])
    else:
        assert not happened
        # 200: the list of the shop where they are an owner, or a form that refuses this one.
        assert response.status_code in {200, 302, 403, 404}
        assert everything() == before


@pytest.mark.parametrize("role", ["support", "manager", "owner"])
def test_no_role_may_do_more_or_less_than_the_table_tells(role):
    told = [asked for what, (asked, _) in DEEDS.items() if TABLE[what][role] == "yes"]
    assert set().union(*told) == PERMISSIONS[role]
    denied = [asked for what, (asked, _) in DEEDS.items() if TABLE[what][role] != "yes"]
    assert set().union(*denied) & PERMISSIONS[role] == set()


def test_no_permission_stands_in_two_rows():
    asked = [name for names, _ in DEEDS.values() for name in names]
    assert sorted(asked) == sorted(set().union(*PERMISSIONS.values()))
