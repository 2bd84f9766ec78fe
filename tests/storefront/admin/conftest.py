import re
import sys
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.test import Client, override_settings
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.models import Membership, Shop
from storefront.staff.roles import PERMISSIONS
from tests.invariants.isolation.shops import MarkedShop


@pytest.fixture(scope="module")
def marked_rows(django_db_setup, django_db_blocker, tmp_path_factory):
    """A shop with a row of every model, built once for a file of tests, and its uploads."""
    uploads = tmp_path_factory.mktemp("uploads")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=uploads):
            marked = MarkedShop("aqzalpha", 1_873_500_001)
        yield marked, uploads
        transaction.set_rollback(True)


@pytest.fixture
def marked(db, marked_rows, settings, _apart):
    """The shop with a row of every model; what a test does to it is undone."""
    settings.MEDIA_ROOT = marked_rows[1]
    return marked_rows[0]


@pytest.fixture
def staff(db):
    """A signed-in merchant."""
    client = Client()
    client.force_login(User.objects.create_superuser("merchant"))
    return client


@pytest.fixture
def clerk(db, monkeypatch):
    """Return a function that signs in staff who have these permissions alone, in every shop.

    Who may change something may look at it, as in every role there is.
    """
    clerks = []

    def employ(user, shop):
        Membership.objects.create(shop=shop, user=user, role=f"clerk {user.pk}")

    def employ_all(sender, instance, created, **kwargs):
        for user in clerks if created else ():
            employ(user, instance)

    def sign_in(*permissions):
        user = User.objects.create_user(f"clerk {permissions}", is_staff=True)
        names = {*permissions, *(name.replace("change_", "view_") for name in permissions)}
        allowed = Permission.objects.filter(codename__in=names).select_related("content_type")
        named = {f"{each.content_type.app_label}.{each.codename}" for each in allowed}
        monkeypatch.setitem(PERMISSIONS, f"clerk {user.pk}", named)
        for shop in Shop.objects.all():
            employ(user, shop)
        clerks.append(user)
        client = Client()
        client.force_login(user)
        return client

    post_save.connect(employ_all, sender=Shop)
    yield sign_in
    post_save.disconnect(employ_all, sender=Shop)


@pytest.fixture
def queued(db):
    """Return a function that says which tasks wait for the worker, and with what."""

    def read():
        rows = DBTaskResult.objects.order_by("enqueued_at")
        return [(row.task.name, row.args_kwargs["args"]) for row in rows]

    return read


@pytest.fixture
def steps(monkeypatch):
    """Return a context that lists the rooms' writes, by table, and when the shop was locked."""
    told = []
    lock_shop = fulfilment.lock_shop

    def lock(shop):
        told.append("lock shop")
        return lock_shop(shop)

    def note(execute, sql, *rest):
        if write := re.match(r'(?:UPDATE|INSERT INTO) "(downloads_\w+)"', sql):
            told.append(write[1])
        return execute(sql, *rest)

    @contextmanager
    def watch():
        domain = [sys.modules[name] for name in sys.modules if name.startswith("downloads.")]
        for module in domain:
            if getattr(module, "lock_shop", None) is lock_shop:
                monkeypatch.setattr(module, "lock_shop", lock)
        with connection.execute_wrapper(note):
            yield told

    return watch


@pytest.fixture
def messages_of():
    """Return a function that reads the notes at the head of an admin page."""

    def read(response):
        html = response.content.decode()
        notes = re.findall(r'<li class="(?:success|error|warning|info)">(.*?)</li>', html)
        return [note.replace("&quot;", '"').replace("&#x27;", "'") for note in notes]

    return read


@pytest.fixture
def errors_of():
    """Return a function that reads every error of an admin form."""

    def read(response):
        html = response.content.decode()
        lists = re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', html, re.DOTALL)
        return [
            error.replace("&#x27;", "'").replace("&quot;", '"')
            for each in lists
            for error in re.findall(r"<li>(.*?)</li>", each)
        ]

    return read
