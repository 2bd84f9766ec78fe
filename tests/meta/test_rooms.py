"""Circles of imports, the models' order, and words that belong to one room.

The directions between packages are import-linter's, by its contracts in pyproject.toml.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.conf import settings

ROOMS = ("config", "storefront", "downloads")
MOST_LINES = 250
MODELS = [
    "downloads.errors",
    "downloads.models.ascii_lower",
    "downloads.models.shops",
    "downloads.models.customers",
    "downloads.models.staff",
    "downloads.models.audit",
    "downloads.models.accounts",
    "downloads.models.facts",
    "downloads.models.inbox",
    "downloads.models.privacy",
    "downloads.models.catalog",
    "downloads.models.matching",
    "downloads.models.attachments",
    "downloads.models.runs",
    "downloads.models.attachment_tables",
    "downloads.models.reported",
    "downloads.models.orders",
    "downloads.models.lines",
    "downloads.models.desk",
    "downloads.models.statuses",
    "downloads.models.mail",
    "downloads.models.allowances",
    "downloads.models.grants",
    "downloads.models.deliveries",
    "downloads.models.ledger",
    "downloads.models.heartbeats",
    "downloads.models.figures",
]
WIRE_NAMES = (
    "customerDownloadableProduct",
    "customerDownloadableProducts",
    "productName",
    "fileName",
    "downloadBought",
    "downloadUsed",
    "downloadCanceled",
    "downloadUrl",
    "remainingDownloads",
    "incrementId",
    "grandTotal",
    "createdAt",
    "updatedAt",
    "customerLogin",
    "verifyToken",
    "confirmPassword",
    "order_number",
    "is_file",
    "is_link",
)
CAMEL_CASE = tuple(word for word in WIRE_NAMES if word != word.lower())
PLATFORM_NAMES = (
    "financial_status",
    "line_items",
    "line_item_id",
    "variant_title",
    "refund_line_items",
    "current_total_price",
    "order_status_url",
)
PLATFORM_ROOM = "storefront.platforms"

# A module's dotted name → its source.
Sources = Mapping[str, str]


def our_sources() -> dict[str, str]:
    root = Path(settings.BASE_DIR)
    sources = {}
    for room in ROOMS:
        for path in (root / room).rglob("*.py"):
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            sources[name.removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return sources


def is_in(module: str, rooms: str | tuple[str, ...]) -> bool:
    rooms = (rooms,) if isinstance(rooms, str) else rooms
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def imports_of(name: str, sources: Sources) -> set[str]:
    """Return the dotted names that a module imports, wherever in the file it does so.

    `from a import b` is the module `a.b` where that is one, else both `a` and `a.b`: the banned
    `django.http` is found in `from django import http`, too.
    """
    found: set[str] = set()
    is_package = any(other.startswith(f"{name}.") for other in sources)
    for node in _statements(sources[name]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        else:
            origin = node.module or ""
            if node.level:
                parents = name.split(".")
                parents = parents[: len(parents) - node.level + is_package]
                origin = ".".join([*parents, *filter(None, [origin])])
            for alias in node.names:
                imported = f"{origin}.{alias.name}"
                found.update({imported} if imported in sources else {origin, imported})
    return found


@cache
def _statements(source: str) -> list[ast.Import | ast.ImportFrom]:
    nodes = ast.walk(ast.parse(source))
    return [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


@cache
def _vocabulary(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", source))


def violations(sources: Sources) -> list[str]:
    """Return a sentence for each import or word that stands in the wrong room."""
    imports = {name: imports_of(name, sources) for name in sources}
    return sorted({*_models(imports), *_circles(imports), *_words(sources)})


def _models(imports: Mapping[str, set[str]]) -> Iterator[str]:
    for name, imported in imports.items():
        for other in imported:
            if {name, other} <= set(MODELS) and MODELS.index(name) <= MODELS.index(other):
                yield f"{name} imports {other}: it stands further up"


def _circles(imports: Mapping[str, set[str]]) -> Iterator[str]:
    try:
        TopologicalSorter({name: imports[name] & set(imports) for name in imports}).prepare()
    except CycleError as error:
        *circle, _first = error.args[1]
        # Where it begins depends on the order of a set.
        start = circle.index(min(circle))
        yield "a circle of imports: " + " ← ".join([*circle[start:], *circle[: start + 1]])


def _words(sources: Sources) -> Iterator[str]:
    for name, source in sources.items():
        if is_in(name, "downloads"):
            for word in _words_in(source, WIRE_NAMES):
                yield f"{name} says {word}: a wire name"
        if not is_in(name, PLATFORM_ROOM):
            for word in _words_in(source, PLATFORM_NAMES):
                yield f"{name} says {word}: a platform's name"


def _words_in(source: str, words: tuple[str, ...]) -> set[str]:
    return set(words) & _vocabulary(source)


def test_one_shape_file_alone_writes_in_camel_case():
    # GraphQL's are made of ours; the demo prints a query for a person to copy.
    sources = our_sources()
    assert {name for name in sources if _words_in(sources[name], CAMEL_CASE)} == {
        "storefront.rest.downloadable_products_schema",
        "storefront.management.commands.demo",
        # What a bulk operation of Shopify's GraphQL API calls its fields.
        "storefront.platforms.shopify.bulk",
        # And its products.
        "storefront.platforms.shopify.products",
    }


def test_every_import_and_word_stands_in_its_room():
    assert violations(our_sources()) == []


def test_no_file_of_code_is_longer_than_a_reader_keeps_in_mind():
    lengths = {
        name: len(source.splitlines())
        for name, source in our_sources().items()
        if ".migrations." not in name
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}
    # So that it could fail.
    assert max(lengths.values()) > MOST_LINES - 10


def test_every_model_has_its_place():
    models = {name for name in our_sources() if name.startswith("downloads.models.")}
    assert models | {"downloads.errors"} == set(MODELS)


def test_templates_speak_no_platform():
    templates = (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    said = {path.name: _words_in(path.read_text(), PLATFORM_NAMES) for path in templates}
    assert {name: words for name, words in said.items() if words} == {}
    assert "order.html" in said


# A rule that catches nothing would pass above, so each is shown a fault planted among our files.
PLANTED = [
    (
        "downloads.planted",
        "from . import planted",
        ["a circle of imports: downloads.planted ← downloads.planted"],
    ),
    (
        "downloads.links",
        "OUT = {'downloadUsed': 1}",
        ["downloads.links says downloadUsed: a wire name"],
    ),
    ("storefront.admin.planted", "OUT = {'downloadUsed': 1}", []),
    ("storefront.planted", "OUT = {'downloadUsed': 1}", []),
    (
        "storefront.planted",
        "payload['line_items']",
        ["storefront.planted says line_items: a platform's name"],
    ),
]


@pytest.mark.parametrize(("name", "planted", "found"), PLANTED)
def test_a_planted_fault_is_found(name, planted, found):
    sources = our_sources()
    sources[name] = f"{sources.get(name, '')}\n{planted}\n"
    assert violations(sources) == found


def test_a_model_that_looks_up_is_found_with_its_circle():
    sources = our_sources()
    sources["downloads.models.catalog"] += "\nfrom downloads.models.lines import LineItem\n"
    circle, *others = violations(sources)
    assert circle.startswith("a circle of imports: ")
    assert set(re.findall(r"downloads[\w.]+", circle)) == {
        "downloads.models.catalog",
        "downloads.models.lines",
    }
    assert others == [
        "downloads.models.catalog imports downloads.models.lines: it stands further up",
    ]


def test_a_circle_of_strangers_is_found():
    sources = {
        "storefront.a": "import storefront.b",
        "storefront.b": "if TYPE_CHECKING:\n    from . import c",
        "storefront.c": "from .a import name",
    }
    (sentence,) = violations(sources)
    assert sentence.startswith("a circle of imports: ")
    assert set(re.findall(r"storefront\.\w", sentence)) == set(sources)
