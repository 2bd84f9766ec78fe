"""The words of the buyers' pages are in every catalogue, each with the gaps of its original."""

import ast
import re
from functools import cache
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from downloads.models.shops import DEFAULT_TITLE, LANGUAGES

ROOT = Path(settings.BASE_DIR)
TRANSLATED = sorted(code for code, _name in LANGUAGES if code != "en")
TEMPLATES = (
    *("account", "account_ready", "base", "brand/foot", "home", "invitation"),
    *("invitation_accepted", "items", "links", "links_asked", "new_password", "order", "refusal"),
)
SOURCES = (
    *("downloads/errors.py", "downloads/email_addresses.py"),
    *("downloads/lookups/grants.py", "downloads/lookups/orders.py"),
    *("storefront/http/errors.py", "storefront/http/requests.py"),
    *(str(path.relative_to(ROOT)) for path in (ROOT / "storefront" / "pages").glob("*.py")),
)
PLAIN = {"_", "gettext", "gettext_noop", "gettext_lazy"}
PLURAL = {"ngettext", "ngettext_lazy"}
GAP = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+[^>]*>")
# What differs between languages in nothing.
ALIKE = {"Link", "Invitation", "Support"}


def literal(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_code():
    for source in SOURCES:
        for node in ast.walk(ast.parse((ROOT / source).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = [literal(argument) for argument in node.args]
            if node.func.id in PLAIN and given and given[0] is not None:
                yield None, given[0], ""
            elif node.func.id in PLURAL:
                yield None, given[0], given[1]
            elif node.func.id == "pgettext_lazy":
                yield given[0], given[1], ""


def in_templates():
    for name in TEMPLATES:
        template = engines["django"].get_template(f"{name}.html").template
        for node in template.nodelist.get_nodes_by_type(TranslateNode):
            words, context = node.filter_expression.var, node.message_context
            yield (str(context.var) if context else None), str(words.literal), ""
        for node in template.nodelist.get_nodes_by_type(BlockTranslateNode):
            words, _gaps = node.render_token_list(node.singular)
            yield None, " ".join(words.split("\n")) if node.trimmed else words, ""


@cache
def asked_for():
    return {*in_code(), *in_templates(), (None, DEFAULT_TITLE, "")}


def catalogue(language):
    path = ROOT / "storefront" / "locale" / language / "LC_MESSAGES" / "django.po"
    return {(each.msgctxt, each.msgid, each.msgid_plural): each for each in polib.pofile(str(path))}


def test_the_pages_ask_for_many():
    assert len(asked_for()) > 120
    assert (None, "No limit on downloads", "") in asked_for()
    assert (None, "{count} download left", "{count} downloads left") in asked_for()
    assert ("on the page of an order", "Open", "") in asked_for()
    assert (None, "The time for this download is over.", "") in asked_for()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_catalogue_has_all_of_them(language):
    assert asked_for() - set(catalogue(language)) == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_has_the_gaps_and_tags_of_its_original(language):
    entries = catalogue(language)
    for key in asked_for():
        entry = entries[key]
        wanted = sorted(GAP.findall(entry.msgid))
        if entry.msgid_plural:
            most = entry.msgstr_plural[max(entry.msgstr_plural)]
            assert sorted(GAP.findall(most)) == wanted
        else:
            assert sorted(GAP.findall(entry.msgstr)) == wanted
            assert entry.msgstr != entry.msgid or entry.msgid in ALIKE


def test_the_catalogues_are_of_one_set():
    sets = {frozenset(catalogue(language)) for language in TRANSLATED}
    assert len(sets) == 1
