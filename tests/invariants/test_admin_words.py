"""Every word of ours that the admin shows is said in its reader's language.

The language of these tests puts each message of a catalog in brackets. What then stands outside
them, and is no shop's own, was never handed over for translation.
"""

import ast
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.utils import translation

from storefront.admin.audit.acts import ACTS
from tests.invariants.isolation.routes import routes, rows_of
from tests.invariants.isolation.shops import MarkedShop

BEGIN, END = "⟦", "⟧"
MARK = "aqzalpha"
ATTRIBUTES = ("alt", "title", "aria-label", "placeholder", "summary")
WORD = re.compile(r"[A-Za-z]{2,}")
# What stands for itself in every language, each with where.
NAMES = re.compile(
    r"""https?://\S+ | \S+\.example\S* | (?i:aqz)\S*(\ (before|after|file|with))?  # the shop's own
    | Digital\ downloads | Shopify | WooCommerce | SKU | ID  # names
    | Deutsch | English | Español | Français | Italiano | Nederlands | Polski | Português
    | Basic | Free | Growth | Premium  # plans
    | (customer\ token|customer|account)(?=\ \d{6,})  # as the trail has people
    | Europe/Berlin | \#1f5fd0 | \b[\d.]+\s?[KMGT]?B\b | application/epub\+zip | [0-9a-f]{64}
    | shopify\.app\.toml | \b([A-Z2-7]{4}\ ){7}[A-Z2-7]{4}\b  # to be copied as it is
    | \b(True|False|None)\b  # Django's own, of its marks for yes and no
    """,
    re.VERBOSE,
)
# The heads of a table that its reader writes.
COLUMNS = {"sku", "file", "limit", "days", "name"}
# The shop's pages, as its customers see them, are looked at by tests of their own.
FOR_BUYERS = {"order_page", "shop_page", "shop_mail"}
ROOT = Path(__file__).parents[2]
ADMIN = ("storefront/admin", "storefront/staff", "storefront/connections", "storefront/backfills")
TOLD = {"success", "info", "warning", "error", "BadInput", "ValidationError", "PermissionDenied"}
NAMED = {"description", "help_text", "verbose_name", "verbose_name_plural", "label"}


def mark(message):
    return f"{BEGIN}{message}{END}" if message else ""


@pytest.fixture
def _bracketed(monkeypatch):
    """Have each message in brackets, in the admin's own words and in Django's."""
    said = {
        "gettext": mark,
        "pgettext": lambda context, message: mark(message),
        "ngettext": lambda one, many, count: mark(one if count == 1 else many),
        "npgettext": lambda context, one, many, count: mark(one if count == 1 else many),
    }
    for name, say in said.items():
        monkeypatch.setattr(translation._trans, name, say)


def outside(text):
    """Return what of a text stands in no brackets."""
    deep, kept = 0, []
    for char in text:
        deep += char == BEGIN
        if not deep:
            kept.append(char)
        deep -= char == END
    return "".join(kept)


def untold(response):
    """Return the lines of a page with words that stand outside brackets."""
    page = BeautifulSoup(response.content.decode(), "html.parser")
    for apart in page.select("script, style, template, textarea, input[type=hidden]"):
        apart.decompose()
    texts = [page.get_text("\n")]
    texts += [each[name] for each in page.find_all(True) for name in ATTRIBUTES if each.get(name)]
    texts += [each["value"] for each in page.select("input[type=submit], input[type=button]")]
    lines = [line.strip() for text in texts for line in outside(text).splitlines()]
    return {line for line in lines if WORD.search(NAMES.sub("", line))} - COLUMNS


@pytest.mark.slow
@pytest.mark.usefixtures("_bracketed")
@pytest.mark.parametrize("person", ["superuser", "owner"])
def test_no_page_of_the_admin_has_words_of_one_language_alone(db, client, person):
    shop = MarkedShop(MARK, 1_873_500_001)
    boss = User.objects.create_superuser(f"{MARK}-boss")
    client.force_login(boss if person == "superuser" else shop.owner)
    found, seen = {}, 0
    for route in routes():
        if route.name in FOR_BUYERS:
            continue
        for row in rows_of(shop, route.model) if route.is_of_row else [None]:
            url = route.url(row and row.pk)
            response = client.get(url)
            is_page = response.headers.get("Content-Type", "").startswith("text/html")
            if response.status_code == 200 and is_page and not response.streaming:
                seen += 1
                found |= dict.fromkeys(untold(response), url)
    assert found == {}
    assert seen > 100


def literals(tree):
    """Yield what is told or named in a module by a text that no catalog can hold."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        told = call.args if name in TOLD and "logger" not in ast.unparse(call.func) else []
        named = [keyword.value for keyword in call.keywords if keyword.arg in NAMED]
        for text in (*told, *named):
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            words = [part.value for part in parts if isinstance(part, ast.Constant)]
            if any(WORD.search(str(each)) for each in words):
                yield ast.unparse(text)


@pytest.mark.slow
def test_no_message_of_the_admin_is_told_in_one_language_alone():
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for folder in ADMIN
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in literals(ast.parse(path.read_text()))
    ]
    assert found == []


def entered(tree):
    """Yield what a module has the audit trail say was done, where it says so by a text."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "enter_audit":
            what = call.args[0]
            sides = (what.body, what.orelse) if isinstance(what, ast.IfExp) else (what,)
            yield from (each.value for each in sides if isinstance(each, ast.Constant))


@pytest.mark.slow
def test_every_act_of_the_audit_trail_is_told_in_its_readers_language():
    paths = [path for root in ("downloads", "storefront") for path in (ROOT / root).rglob("*.py")]
    acts = {act for path in paths for act in entered(ast.parse(path.read_text()))}
    assert len(acts) > 40
    assert acts - ACTS == set()
