"""Words: names are nouns, first lines are sentences, and no moved module is named as before."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROOMS = ("config", "downloads", "storefront")
# What somebody said, told or asked is a payload, a result, a request; what is held is locked.
NO_NOUNS = {
    *("ask", "asked", "asking", "asks", "brought", "hear", "heard", "hears", "held"),
    *("said", "say", "saying", "says", "tell", "telling", "tells", "told"),
}
# Where modules stood before they were moved, by folder.
MOVED = {
    "downloads": "actors audit_files audits checks exports limits mail_checks passwords prepared "
    "reports roles sealing slots watching",
    "downloads/admin": "accounts acting assets audit closed customers data_requests event_words "
    "grants inlines ledger members messages nameless order_facts order_filters order_inlines "
    "orders products reported scoped shops trail",
    "downloads/fulfilment": "addressing announcing asking assigning attaching auditing counting "
    "describing entering erasing giving_back identifying inviting mailing noting ranking receiving "
    "recording registering settling spending standing storing",
    "downloads/management": "importing",
    "downloads/management/commands": "create_shop demo import_orders import_products reconcile "
    "storefront_keys worker",
    "storefront": "access_admin accounts addresses asking bounces callers console described "
    "documents downloadable_shapes downloadables errors exchange exchange_shapes fetching "
    "grant_words graph graphiql headers invitations keyed links mail_faults outages parts "
    "platform_addresses post public_lines ranges reading reconcile_runs redaction refusals schema "
    "secret_form serializers sessions sign_in smtp sources staff_admin streams throttles visitors "
    "ways",
    "storefront/letters": "accounts envelopes links orders sentences sheets",
    "storefront/staff": "actors admin_app factors guard links own second_factor sessions sign_in "
    "site tries",
}
TEXTS = {"", ".html", ".md", ".py", ".template", ".toml", ".txt", ".yaml"}
# Stored hashes hang on this text.
SALT = "storefront.staff.tries"


def product_files() -> list[Path]:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in files if "migrations" not in path.parts)


def names_in(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno


def public_nodes(tree: ast.Module) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef]:
    yield tree
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def is_described(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    text = ast.get_docstring(node)
    if text is None:
        # A class made of another one is what that one is; an empty module says nothing.
        return not node.body or bool(getattr(node, "bases", ()))
    return text.split("\n")[0].endswith(".")


def texts() -> Iterator[Path]:
    rooms = (ROOT / room for room in (*ROOMS, "templates", "tests"))
    for path in (*ROOT.iterdir(), *(path for room in rooms for path in room.rglob("*"))):
        if path.suffix in TEXTS and path.is_file() and "migrations" not in path.parts:
            yield path


def old_paths() -> Iterator[str]:
    for folder, stems in MOVED.items():
        for stem in stems.split():
            path = f"{folder}/{stem}"
            # A folder of this name, or a queued task's own module, may be there today.
            if not (ROOT / f"{path}.py").exists():
                yield re.escape(f"{path}.py")
                if not (ROOT / path).is_dir():
                    yield re.escape(path.replace("/", "."))


def test_names_are_nouns():
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in product_files()
        for name, line in names_in(ast.parse(path.read_text()))
        # A constant may be a state: an order is HELD.
        if name.strip("_").lower() in NO_NOUNS and not name.isupper()
    ]
    assert found == []


def test_first_lines_are_sentences():
    found = [
        f"{path.relative_to(ROOT)} {getattr(node, 'name', '')}"
        for path in product_files()
        for node in public_nodes(ast.parse(path.read_text()))
        if not is_described(node)
    ]
    assert found == []


def test_moved_modules_are_named_nowhere():
    old = re.compile(rf"(?<![\w/.-])(?:{'|'.join(old_paths())})(?![\w/-])")
    found = [
        f"{path.relative_to(ROOT)} {match[0]}"
        for path in texts()
        for match in old.finditer(path.read_text(errors="replace"))
        if match[0] != SALT
    ]
    assert found == []
