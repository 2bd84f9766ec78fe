"""Audit history of one row, for that row's own page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.audit.signals import is_tracked
from downloads.models import AuditEntry, Shop
from storefront.admin.audit.acts import act_words, actor_words
from storefront.formats import moment_text

NEWEST = 20
SHORT = 120
NOTHING = "–"
# What no value means there.
WITHOUT = {"expires_at": _("no end"), "lifetime_days": _("no end")} | dict.fromkeys(
    ("limit", "default_limit", "allowed"), _("unlimited")
)


@dataclass(frozen=True)
class Change:
    """One column in words: its name, what it held and what it holds."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """An entry in words; `address` is empty where nobody sent a request."""

    at: datetime
    actor: str
    address: str
    what: str
    changes: list[Change]


@dataclass(frozen=True)
class Trail:
    """The newest lines about a row, and where all of them are listed."""

    lines: list[Line]
    all_url: str


def trail_of(request: HttpRequest, row: Model | None) -> Trail | None:
    """Return the newest lines about a row. One query.

    None for a row of which the trail does not tell, and for staff who may not see the trail.
    """
    if row is None or not is_tracked(type(row)):
        return None
    if not request.user.has_perm("downloads.view_auditentry", row):
        return None
    about = {"subject_type": row._meta.label_lower, "subject_id": str(row.pk)}
    entries = AuditEntry.objects.filter(**about)[:NEWEST]
    wanted = {"shop__id__exact": row.pk} if isinstance(row, Shop) else about
    return Trail(
        lines=[line_of(entry) for entry in entries],
        all_url=f"{reverse('admin:downloads_auditentry_changelist')}?{urlencode(wanted)}",
    )


def line_of(entry: AuditEntry) -> Line:
    """Write an entry in words."""
    return Line(
        entry.at, actor_words(entry.actor), entry.address, act_words(entry.what), changes_of(entry)
    )


def changes_of(entry: AuditEntry, *, length: int = SHORT) -> list[Change]:
    """Return what an entry changed, column by column, each value cut to a length."""
    model = model_of(entry)
    names = [*entry.after, *(name for name in entry.before if name not in entry.after)]
    return [
        Change(
            name=_name(model, name),
            before=_words(model, entry.before, name, length) if entry.before else "",
            after=_words(model, entry.after, name, length) if entry.after else "",
        )
        for name in names
    ]


def model_of(entry: AuditEntry) -> type[Model] | None:
    """Return the model of what an entry is about, or None where there is none such."""
    try:
        return apps.get_model(entry.subject_type)
    except (LookupError, ValueError):
        return None


def _field(model: type[Model] | None, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _name(model: type[Model] | None, name: str) -> str:
    field = _field(model, name)
    return str(getattr(field, "verbose_name", name.replace("_", " ")))


def _words(model: type[Model] | None, values: dict[str, Any], name: str, length: int) -> str:
    value = values.get(name)
    choices = dict(getattr(_field(model, name), "flatchoices", None) or ())
    each = value if isinstance(value, list) else [value]
    return Truncator(", ".join(_text(name, choices, one) for one in each)).chars(length)


def _text(name: str, choices: dict[Any, Any], value: Any) -> str:
    if value is None or value == "":
        return str(WITHOUT.get(name, NOTHING))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    at = parse_datetime(value) if name.endswith("_at") and isinstance(value, str) else None
    if at is not None:
        return moment_text(at)
    return str(choices.get(value, value))


def kinds() -> Iterator[tuple[str, str]]:
    """Yield what the trail tells of: each model's label and its name for people."""
    for model in apps.get_models():
        if is_tracked(model):
            yield model._meta.label_lower, str(model._meta.verbose_name)
