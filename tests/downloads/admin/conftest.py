import re
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment


@pytest.fixture
def staff(db):
    """A signed-in merchant."""
    client = Client()
    client.force_login(User.objects.create_superuser("merchant"))
    return client


@pytest.fixture
def clerk(db):
    """Return a function that signs in staff who have these permissions alone."""

    def sign_in(*permissions):
        user = User.objects.create_user(f"clerk {permissions}", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


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
        monkeypatch.setattr(fulfilment, "lock_shop", lock)
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
