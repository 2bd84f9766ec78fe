"""The admin as a table: each thing that can be asked or sent about a row of a model.

Columns come from the URL map and the registry, so a new page, action or button is a column by
itself. A cell is one person's answer in one column: `ask` gives the answer and what it wrote.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.test import Client
from django.urls import reverse

from downloads.audit.history import newest_about
from downloads.models import (
    Asset,
    Attachment,
    AttachmentRule,
    Customer,
    Grant,
    Invitation,
    LineItem,
    Membership,
    Order,
    Plan,
    Product,
    Refund,
    Shop,
)
from storefront.admin.attachments.rules import conditions_text
from storefront.imports.plain import TEMPLATE
from storefront.models import (
    CustomerToken,
    OrderImport,
    PlatformAccess,
    StaffSession,
    WebhookSecret,
)
from tests.invariants.isolation.asking import Answer, answer_of, form_on
from tests.invariants.isolation.routes import routes
from tests.invariants.isolation.shops import MarkedShop

# What posting takes besides: an action's own form, and a delete page's.
BESIDES = {"amount": "3", "post": "yes", "confirmed": "yes", "select_across": "0", "index": "0"}
# What a form asks for that is no column, or wants otherwise than its column does.
ASKED_FOR: dict[type[Model], dict[str, Any]] = {
    Asset: {"stated_size": "10MB"},
    AttachmentRule: {"product_number": ""},
    Invitation: {"role": "support"},
    Membership: {"role": "manager"},
    Order: {
        "currency": "EUR",
        "email": "buyer@example.com",
        "grand_total": "1.50",
        "payment": "paid",
        "placed_at_0": "2026-03-01",
        "placed_at_1": "12:00:00",
    },
    Plan: {"name": "gold"},
    Product: {"tags": "books"},
    User: {"usable_password": "true"} | dict.fromkeys(("password1", "password2"), "q7w-e8r-t9z"),
    WebhookSecret: {
        "source": "shopify",
        "secret": "w" * 30,
        "expires_at_0": "2030-01-01",
        "expires_at_1": "00:00:00",
    },
    CustomerToken: {"expires_at_0": "2030-01-01", "expires_at_1": "00:00:00"},
    PlatformAccess: {"source": "shopify", "address": "a-shop.myshopify.com", "secret": "s" * 30},
}
# A new row inside a page: what it is, what it points to, and what else it says.
INSIDE: dict[tuple[type[Model], str], tuple[type[Model], dict[str, Any]]] = {
    (Order, "lines"): (LineItem, {"product": Product, "quantity": 1, "current_quantity": ""}),
    (Order, "grants"): (Grant, {"asset": Asset, "limit": 5, "lifetime_days": ""}),
    (Product, "attachments"): (Attachment, {"asset": Asset, "limit": 5, "lifetime_days": ""}),
}
# One box of a form that some may fill in who may not fill in the next.
BOXES = {
    (Plan, "customer_account_links"): "on",
    (Shop, "plan"): "free",
    (Shop, "domain"): "b.example",
    (Shop, "page_title"): "Mine",
    (Shop, "language"): "he",
    (Shop, "opens_when"): "paid",
    (Product, "attachments-0-limit"): 4,
    (Product, "attachments-0-DELETE"): "on",
    (Order, "lines-0-quantity"): 5,
}
# What an address about a row is sent besides, of the row's own shop: which fact, which other row.
SENT: dict[str, Callable[[Any], dict[str, Any]]] = {
    "order_address": lambda row: {"email": "new@example.com", "former": row.email},
    "order_send_once": lambda row: {"email": "new@example.com"},
    "order_note": lambda row: {"text": "Called back."},
    "order_delete_note": lambda row: {"note": _key_of(row.staff_notes.filter(kind="note"))},
    **{
        f"grant_{act}": lambda row: {"seen": _newest_act(row)}
        for act in ("reset", "allow_more", "extend", "withdraw", "restore", "undo")
    },
    "order_dismiss": lambda row: {"refund": _key_of(Refund.objects.filter(shop=row.shop_id))},
    "order_count_again": lambda row: {"refund": _key_of(Refund.objects.filter(shop=row.shop_id))},
    "order_match": lambda row: {
        "line": _key_of(row.lines.all()),
        "product": _key_of(Product.objects.filter(shop=row.shop_id, attachments__isnull=False)),
    },
    "attach_file": lambda row: {
        "asset": _key_of(Asset.objects.filter(shop=row.shop_id, withdrawn_at=None)),
        "reach": "variants",
    },
    "asset_attach": lambda row: {"numbers": "77", "reach": "numbers"},
    "product_leave_out": lambda row: {
        "attachment": _key_of(row.attachments.exclude(source=None)),
    },
    "rule_move": lambda row: {"way": "up"},
    "customer_merge": lambda row: {
        "into": _key_of(Customer.objects.filter(shop=row.shop_id).exclude(pk=row.pk))
    },
}
# Whom a request comes from is written down with each.
OF_EACH_REQUEST = {Session, StaffSession}
MODELS = list(admin.site._registry)


POINTS_TO = {"lines": Product, "grants": Asset, "attachments": Asset}


# In the fast run a sample with a fixed seed.
how_many = pytest.mark.parametrize(
    "share",
    [
        pytest.param("some", marks=pytest.mark.sampled),
        pytest.param("all", marks=pytest.mark.slow),
    ],
)


def sample(found: Iterable[Any], share: str, model: type[Model], number: int) -> list[Any]:
    """Return so many of what was found, the same in each run, or all."""
    every = list(found)
    number = len(every) if share == "all" else min(number, len(every))
    return random.Random(model._meta.label).sample(every, number)  # noqa: S311


def words(name: str, first: int) -> MarkedShop:
    """Return a shop's marks without its rows."""
    own = object.__new__(MarkedShop)
    own.name, own.first, own.rows = name, first, {}
    return own


FRESH = words("dqzdelta", 1_673_500_001)


def typed(model: type[Model], own: MarkedShop) -> dict[str, Any]:
    """Return what is typed into a form's boxes, in the words of `own`."""
    values = own.columns_of(model) | ASKED_FOR.get(model, {})
    if model is AttachmentRule:
        # Shown what it matches before.
        values["seen"] = conditions_text(**{name: values[name] for name in model.CONDITIONS})
    return values


def address(model: type[Model], verb: str, *keys: object) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{verb}"
    return reverse(name, args=keys)


def rows_shown(owner: MarkedShop, model: type[Model]) -> list[Any]:
    """Return a shop's rows of a model, and for what is of no shop one that it uses."""
    uses = {User: lambda: [owner.owner], Plan: lambda: [Plan.objects.get(name="free")]}
    return uses[model]() if model in uses else owner.rows.get(model, [])


@dataclass(frozen=True)
class Column:
    """One thing to ask of a model's pages; `form` tells what is sent of a row, None: nothing is.

    `name` is what the table of roles calls it; those that it does not know are asked by some alone.
    """

    model: type[Model]
    name: str
    url: Callable[[object], str]
    form: Callable[["Forms", Any], dict[str, Any]] | None = None
    # An action is sent to the list with the rows that are chosen.
    is_action: bool = False

    def __str__(self) -> str:
        return f"{self.model._meta.model_name}.{self.name}{' POST' if self.form else ''}"


class Upload(SimpleUploadedFile):
    """A file that is sent whole each time it is sent."""

    def read(self, *size: int) -> bytes:
        self.seek(0)
        return super().read(*size)


@dataclass
class Forms:
    """What a superuser's browser would send of each page's form, rendered once for all."""

    boss: Client
    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def on(self, url: str) -> dict[str, Any]:
        if url not in self.found:
            response = self.boss.get(url)
            self.found[url] = form_on(response) if response.status_code == 200 else {}
        return dict(self.found[url])

    def filled(self, url: str, model: type[Model], own: MarkedShop) -> dict[str, Any]:
        """Return a page's form with the words of `own` in every box."""
        sent = self.on(url)
        values = typed(model, own)
        return sent | {name: values[name] for name in sent.keys() & values.keys()}

    def new(self, model: type[Model], owner: MarkedShop, own: MarkedShop = FRESH) -> dict[str, Any]:
        """Return a whole form for a new row of a shop, without rows inside the page."""
        sent = self.filled(address(model, "add"), model, own)
        sent |= {"shop": owner.shop.pk} if "shop" in sent else {}
        sent |= {"customer": owner.rows[Order][0].customer_id} if "customer" in sent else {}
        if model is AttachmentRule:
            sent["asset"] = owner.rows[Asset][0].pk
        if model is OrderImport:
            sent["upload"] = Upload("orders.csv", TEMPLATE.encode())
        return sent | {f"{prefix}-TOTAL_FORMS": 0 for page, prefix in INSIDE if page is model}


def inside(model: type[Model], prefix: str, key: object) -> dict[str, Any]:
    """Return one new row on a page, pointing to a row by its key."""
    _inner, row = INSIDE[model, prefix]
    new = {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 0, f"{prefix}-0-id": ""}
    return new | {
        f"{prefix}-0-{name}": key if isinstance(value, type) else value
        for name, value in row.items()
    }


def columns(model: type[Model]) -> list[Column]:
    """Return what can be asked about a row of a model, from the URL map and the registry."""
    label = f"{model._meta.app_label}_{model._meta.model_name}_"
    found = []
    for route in (each for each in routes() if each.model is model):
        name = route.name.removeprefix(label)
        if route.is_of_row or name in {"changelist", "add"}:
            found.append(Column(model, name, route.url))
        if route.is_of_row:
            found.append(Column(model, name, route.url, _form_of(model, name)))
    actions = [name for _act, name, _words in admin.site._registry[model]._get_base_actions()]
    return [*found, *(_action(model, name) for name in actions)]


def _form_of(model: type[Model], name: str) -> Callable[[Forms, Any], dict[str, Any]]:
    if name != "change":
        besides = SENT.get(name, lambda row: {})
        return lambda forms, row: BESIDES | besides(row)
    return lambda forms, row: forms.filled(address(model, "change", row.pk), model, FRESH)


def _key_of(rows: QuerySet[Any]) -> object:
    return rows.values_list("pk", flat=True).first() or ""


def _newest_act(row: Any) -> int:
    entry = newest_about([row]).get(str(row.pk))
    return entry.pk if entry else 0


def _action(model: type[Model], name: str) -> Column:
    def choose(forms: Forms, row: Any) -> dict[str, Any]:
        besides = BESIDES | SENT.get(name, lambda row: {})(row)
        return besides | {"action": name, ACTION_CHECKBOX_NAME: [row.pk]}

    return Column(model, name, lambda key: address(model, "changelist"), choose, is_action=True)


def forms_of(model: type[Model], owner: MarkedShop) -> Iterator[Column]:
    """Yield what else a shop's forms can be sent with: a new row, one box more, a row inside."""
    new = Column(model, "add", lambda key: address(model, "add"))
    change = Column(model, "change", lambda key: address(model, "change", key))
    yield replace(new, form=lambda forms, row: forms.new(model, owner))
    added = {box: {box: value} for (page, box), value in BOXES.items() if page is model}
    for page, prefix in INSIDE:
        if page is model:
            target = owner.rows[POINTS_TO[prefix]][-1]
            added[prefix] = inside(model, prefix, target.pk)
    for name, boxes in added.items():
        yield replace(change, name=name, form=_sent_besides(change, boxes))


def _sent_besides(column: Column, boxes: dict[str, Any]) -> Callable[[Forms, Any], dict[str, Any]]:
    return lambda forms, row: forms.on(column.url(row.pk)) | boxes


@dataclass(frozen=True)
class Cell:
    """What came of one question: the answer, and whether any row that is looked at was moved."""

    answer: Answer
    is_moved: bool
    written: frozenset[type[Model]]


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever the block does."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


TABLES = {model._meta.db_table: model for model in apps.get_models()}


def rows_in(models: set[type[Model]]) -> Any:
    """Return every row of these models."""
    return {model: list(model._base_manager.order_by("pk").values()) for model in models}


def ask(
    client: Client,
    url: str,
    sent: dict[str, Any] | None = None,
    *masked: object,
    look: Callable[[set[type[Model]]], Any] = rows_in,
) -> Cell:
    """Ask or send, read the answer, and look at the tables that were written; undo all of it."""
    written = set()

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT INTO", "DELETE FROM")):
            written.add(TABLES.get(sql.split('"')[1]))
        return execute(sql, *rest)

    with undone():
        with connection.execute_wrapper(note):
            response = client.get(url) if sent is None else client.post(url, sent)
            answer = answer_of(response, *masked)
        models = {model for model in written if model} - OF_EACH_REQUEST
        after = look(models) if models else None
    return Cell(answer, models != set() and look(models) != after, frozenset(models))


def about(
    client: Client,
    column: Column,
    forms: Forms,
    row: Any,
    *,
    key: object = None,
    **given: Any,
) -> Cell:
    """Ask in a column about a row; with `key`, in the same words about what is not there."""
    sent = column.form(forms, row) if column.form else None
    return ask(client, column.url(key or row.pk), sent, key or row.pk, **given)
