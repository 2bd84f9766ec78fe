"""Equal shops: the same rows of every model in each, told apart by marks in every column.

A row is built from its model alone, so a new model is there without a line here. Where a column's
own rules want more than that, the model stands in `WANTED`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import models
from django.db.models import F

from downloads import fulfilment
from downloads.audit.signals import is_tracked
from downloads.models import (
    Account,
    Asset,
    Attachment,
    AttachmentRule,
    AuditEntry,
    Dispute,
    DownloadEvent,
    Grant,
    Invitation,
    LineItem,
    Mail,
    Membership,
    Message,
    Order,
    Plan,
    Product,
    Refund,
    RiskAssessment,
    Role,
    Shop,
)
from downloads.tenancy import INSTALLATION, ITSELF, SHARED, of_shops, shop_path_of
from storefront.admin.checks import OURS
from storefront.models import StorefrontKey
from tests.factories import NOW

NUMBERS = (models.IntegerField, models.DecimalField)
# Their columns are not audited; what staff do with them is.
ACTED_ON = (Mail, Message)


def shop_models() -> list[type[models.Model]]:
    """Return every model of ours whose rows belong to a shop, and whatever the admin shows."""
    ours = {model for label in OURS for model in apps.get_app_config(label).get_models()}
    shown = set(admin.site._registry)
    shown |= {inline.model for each in admin.site._registry.values() for inline in each.inlines}
    lead_nowhere = {None, SHARED, INSTALLATION}
    owned = [model for model in ours | shown if shop_path_of(model) not in lead_nowhere]
    return sorted(owned, key=lambda model: model._meta.label)


@dataclass
class MarkedShop:
    """One shop and its rows by model. `name` is the mark; numbers begin at `first`.

    The mark's first three letters, "…qz", stand in no word and in no hexadecimal number.
    """

    name: str
    first: int
    rows: dict[type[models.Model], list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for model in shop_models():
            self._first_of(model)
        self._add_kin()
        for model in shop_models():
            for row in list(self.rows[model]):
                self._log(row)
                if is_tracked(model) or model in ACTED_ON:
                    self._tell(row)

    @property
    def shop(self) -> Shop:
        return self.rows[Shop][0]

    @property
    def owner(self) -> User:
        return self.rows[Membership][0].user

    @property
    def keys(self) -> set[str]:
        """Return the keys of all its rows, as an address writes them."""
        return {str(row.pk) for rows in self.rows.values() for row in rows}

    @property
    def marks(self) -> tuple[str, ...]:
        """Return what stands in no answer to anybody who does not work for this shop."""
        return (self.name[:3], str(self.first)[:7], *(key for key in self.keys if "-" in key))

    def value_of(self, column: models.Field) -> Any:
        """Return a value for a column that is this shop's alone; None: leave it as it is."""
        if isinstance(column, models.BooleanField):
            return None if column.null or column.has_default() else False
        if column.choices:
            return next(value for value, _words in column.flatchoices if value)
        if isinstance(column, models.EmailField):
            return f"{self.name}@{self.name}.example"
        if isinstance(column, models.CharField | models.TextField):
            return self.name[: column.max_length]
        if isinstance(column, models.JSONField):
            is_list = column.default is list or not column.has_default()
            return [self.name] if is_list else column.default()
        if isinstance(column, models.DateTimeField):
            return None if column.null else NOW
        if isinstance(column, models.DateField):
            return None if column.null else NOW.date()
        if isinstance(column, NUMBERS):
            return self.first
        return None

    def columns_of(self, model: type[models.Model]) -> dict[str, Any]:
        """Return what a row of a model is made of, its keys apart."""
        wanted = WANTED.get(model, {})
        values = {}
        for column in model._meta.concrete_fields:
            if column.primary_key or column.is_relation or isinstance(column, models.FileField):
                continue
            if column.name in wanted:
                continue
            value = self.value_of(column)
            if value is not None:
                values[column.name] = value
        return values | {name: make(self) for name, make in wanted.items()}

    def make(self, model: type[models.Model], **given: Any) -> Any:
        """Make one more row of a model, pointing to rows of this shop alone."""
        values = self.columns_of(model)
        if isinstance(model._meta.pk, models.AutoField):
            values["pk"] = self.first + len(self.rows.get(model, []))
        for column in model._meta.concrete_fields:
            if column.is_relation and column.name not in given | values:
                # A row of the same model would want itself.
                has_row = column.related_model is not model
                values[column.name] = self._kin(column) if has_row else None
        row = model(**values | given)
        row.save(force_insert=True)
        self.rows.setdefault(model, []).append(row)
        return row

    def _first_of(self, model: type[models.Model]) -> Any:
        return self.rows[model][0] if model in self.rows else self.make(model)

    def _kin(self, column: models.ForeignKey) -> Any:
        model = column.related_model
        if model is Plan:
            return Plan.objects.get(name="premium")
        if model is User:
            username = f"{self.name}-owner"
            return User.objects.get_or_create(username=username, is_staff=True)[0]
        return self._first_of(model)

    def _add_kin(self) -> None:
        """Add what one row of a model cannot be: by hand beside reported, a file beside a link."""
        self.make(Order, platform_id=None, token_hash=None)
        self.make(Message, state=Message.State.SET_ASIDE, delivery_id=f"{self.name}-2")
        self.make(Asset, withdrawn_at=NOW)
        self.make(Product, variant_id=self.first + 1)  # which nobody has bought
        rule = self.make(AttachmentRule, position=self.first + 1)
        self.make(Attachment, asset=self.rows[Asset][-1], source=rule)
        file = Asset(shop=self.shop, title=f"{self.name} file")
        content = ContentFile(self.name.encode(), name=f"{self.name}.epub")
        self.rows[Asset].append(fulfilment.store_file(file, content))

    def _log(self, row: models.Model) -> None:
        LogEntry.objects.create(
            user=self.owner,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=f"{self.name} logged",
            action_flag=CHANGE,
            change_message=f"{self.name} changed",
        )

    def _tell(self, row: Any) -> None:
        about = {"subject_type": row._meta.label_lower, "subject_id": str(row.pk)}
        # Far from those that were entered of themselves, when the rows were made.
        number = self.first + 5000 + len(self.rows[AuditEntry])
        self.make(AuditEntry, pk=number, **about)


LOOSE_DAYS = {"lifetime_days": lambda own: 30}
OF_ORDER = {"order_platform_id": lambda own: own.first}
WANTED: dict[type[models.Model], dict[str, Any]] = {
    Account: {"confirmed_at": lambda own: NOW},
    Asset: LOOSE_DAYS
    | {
        "link": lambda own: f"https://{own.name}.example/book.pdf",
        "size_bytes": lambda own: own.first,
    },
    # Other terms than its grants have.
    Attachment: LOOSE_DAYS | {"limit": lambda own: 5, "source": lambda own: None},
    AttachmentRule: {
        **LOOSE_DAYS,
        "limit": lambda own: 5,
        "product_number": lambda own: None,
    },
    AuditEntry: {
        "before": lambda own: {"name": f"{own.name} before"},
        "after": lambda own: {"name": f"{own.name} after"},
        "subject_type": lambda own: "downloads.shop",
        "subject_id": lambda own: str(own.first),
    },
    DownloadEvent: {"downloads": lambda own: 1},
    Grant: LOOSE_DAYS
    | {"canceled": lambda own: 0, "added": lambda own: 0, "extended_days": lambda own: 0},
    Invitation: {"expires_at": lambda own: NOW + timedelta(days=7)},
    LineItem: {
        "quantity": lambda own: 2,
        "current_quantity": lambda own: None,
        "product_ranks": lambda own: {str(own.first): own.name},
        "reported_units": lambda own: {f"paid {own.name}": 2},
    },
    Membership: {"role": lambda own: Role.OWNER},
    Message: dict.fromkeys(("body", "person"), lambda own: f'{{"of": "{own.name}"}}'),
    Order: {
        "number": lambda own: own.first + 50,  # else it would be taken for the row's key
        "payment": lambda own: "paid",
        "hold": lambda own: "",
        "status_ranks": lambda own: {own.name: own.name},
    },
    Product: {"tags": lambda own: [own.name]},
    Shop: {
        "domain": lambda own: f"{own.name}.example",
        "language": lambda own: "en",
        "time_zone": lambda own: "Europe/Berlin",
        "accent": lambda own: "#1f5fd0",
        "support": lambda own: f"https://{own.name}.example/help",
        "logo_width": lambda own: 60,
        "logo_height": lambda own: 25,
        "default_limit": lambda own: 7,
        "default_lifetime_days": lambda own: 70,
    },
    StorefrontKey: {"allowed_origins": lambda own: f"https://{own.name}.example"},
    **dict.fromkeys((Dispute, Refund, RiskAssessment), OF_ORDER),
}


def of_shop(model: type[models.Model], shop: Shop) -> models.QuerySet:
    return of_shops(model._base_manager.all(), [shop.pk])


def snapshot(
    shop: Shop, models: Iterable[type[models.Model]] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Return every row of a shop, whole, and what the admin's own log says of them.

    With `models`: of those alone.
    """
    kept = [model for model in shop_models() if models is None or model in models]
    held = {model: list(of_shop(model, shop).order_by("pk").values()) for model in kept}
    log = []
    if models is None or LogEntry in models:
        rows = held if models is None else {model: of_shop(model, shop) for model in shop_models()}
        keys = [
            str(key) for model in rows for key in of_shop(model, shop).values_list("pk", flat=True)
        ]
        log = list(LogEntry.objects.filter(object_id__in=keys).order_by("pk").values())
    return {model._meta.label: rows for model, rows in held.items()} | {"log": log}


def strays(kept: Iterable[type[models.Model]] | None = None) -> list[str]:
    """Say which rows, of some models or of all, point to a row of another shop than their own."""
    return [
        f"{model._meta.label} {row.pk}: {column.name}"
        for model in shop_models()
        if kept is None or model in kept
        for column, end in _ties(model)
        for row in model._base_manager.filter(**{f"{column.name}__isnull": False}).exclude(
            **{end: F(_whose(model))}
        )
    ]


def _ties(model: type[models.Model]) -> Iterator[tuple[models.Field, str]]:
    for column in model._meta.concrete_fields:
        if column.is_relation and column.related_model in shop_models():
            end = f"{column.name}__{_whose(column.related_model)}"
            if end != f"{_whose(model)}__pk" and end != _whose(model):
                yield column, end


def _whose(model: type[models.Model]) -> str:
    path = str(shop_path_of(model))
    return "pk" if path == ITSELF else path
