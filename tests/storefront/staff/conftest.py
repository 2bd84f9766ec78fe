"""Staff who sign in as people do: by the forms. The clock stands still at NOW."""

import base64
import hashlib
import hmac
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from downloads.models import AuditEntry
from storefront.staff import two_factor
from tests.factories import NOW

PASSWORD = "banburismus at bletchley"
ADMIN, LOGIN, CODE = "/admin/", "/admin/login/", "/admin/second-factor/"
SET_UP, OWN, SESSIONS = f"{CODE}set-up/", f"{CODE}own/", "/admin/sessions/"


class Browser(Client):
    """Signs in by the pages, and reads them."""

    def sign_in(self, name="ada", password=PASSWORD, **given):
        return self.post(LOGIN, {"username": name, "password": password}, **given)

    def enter(self, code, path=CODE, **given):
        return self.post(path, {"code": code, **given})

    @property
    def is_in(self):
        return self.get(ADMIN).status_code == 200


@pytest.fixture(autouse=True)
def _now(frozen):
    frozen(NOW)


@pytest.fixture
def ada(db):
    return User.objects.create_superuser("ada", "ada@example.com", PASSWORD)


@pytest.fixture
def browser(ada):
    return Browser()


@pytest.fixture
def key(ada):
    """What ada's app makes codes from."""
    key = two_factor.fresh_key()
    two_factor.set_up(ada, key, step=0, replaces=None)
    return key


@pytest.fixture
def boss(db):
    """Another superuser's browser, signed in."""
    User.objects.create_superuser("boss", password=PASSWORD)
    boss = Browser(headers={"user-agent": "Boss/1"}, REMOTE_ADDR="203.0.113.9")
    boss.sign_in("boss")
    return boss


@pytest.fixture
def told():
    """Return a function that lists what was entered in the audit trail since it was asked last."""
    seen = set()

    def read():
        new = [row for row in AuditEntry.objects.order_by("id") if row.pk not in seen]
        seen.update(row.pk for row in new)
        return [(row.what, row.actor, row.subject) for row in new]

    return read


def code_of(key, *, at=NOW):
    """Return what an app shows at a time (RFC 6238), written here anew."""
    step = (int(at.timestamp()) // 30).to_bytes(8, "big")
    digest = hmac.new(base64.b32decode(key), step, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def errors_in(response):
    """Return what the page says is wrong."""
    html = response.content.decode()
    found = re.findall(r'class="errornote"[^>]*>\s*(.*?)\s*</p>', html, re.DOTALL)
    return [text.replace("&#x27;", "'") for text in found]
