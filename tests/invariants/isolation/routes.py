"""Every address of the admin, from Django's own map of them, for one row after another."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin
from django.db.models import Model, UUIDField
from django.urls import URLPattern, get_resolver, reverse

from downloads.audit.export import FORMS
from storefront.platforms.registry import PLATFORMS
from tests.invariants.isolation.shops import MarkedShop

NOBODY = 1_999_000_007
NO_UUID = uuid.UUID("00000000-0000-4000-8000-000000000007")
# How an address names a row of its admin's model.
OF_ROW = {"object_id", "number", "id", "pk"}
# Addresses about no row of a shop, each with all there is to ask of it.
ELSEWHERE = {
    "app_list": [{"app_label": "downloads"}, {"app_label": "storefront"}],
    "audit_export": [{"form": form} for form in FORMS],
    # A file is kept for whoever sent it.
    "attach_csv_preview": [{"shop": "1", "upload": str(NO_UUID)}],
    "attach_csv_refused": [{"shop": "1", "upload": str(NO_UUID)}],
    "attach_table": [{"table": str(NOBODY)}],
    "attach_table_refused": [{"table": str(NOBODY)}],
    "connect": [{"source": name} for name in PLATFORMS],
    "search_result": [{"name": "q2w3e4r5t6y7u8i9o0p1as"}],
    "password_link": [{"number": "1", "token": "q2w3e4-r5t6y7u8i9o0p1as2d3f4g5h6"}],
    "invitation_accept": [{"token": "q2w3e4r5t6y7u8i9o0p1as2d3f4g5h6j7k8l9z0x1c2"}],
}
# Leaving ends the session; the last resort answers what no other does.
LEFT_OUT = {"logout", None, ""}
MISSING_ROW = "The admin's address {} names {}: say in isolation/routes.py what it stands for."


@dataclass(frozen=True)
class Route:
    """One address of the admin; `model` is what its rows are of, None for none in particular."""

    name: str
    model: type[Model] | None
    arguments: tuple[str, ...]
    asked: tuple[tuple[str, str], ...] = ()

    @property
    def is_of_row(self) -> bool:
        return self.model is not None and bool(OF_ROW & set(self.arguments))

    def url(self, key: object = None) -> str:
        """Return the address for a row by its key."""
        kwargs = dict(self.asked) or dict.fromkeys(self.arguments, key)
        return reverse(f"admin:{self.name}", kwargs=kwargs)


def routes() -> list[Route]:
    """Return the admin's routes, one that asks for other than a row once for each thing to ask."""
    found = []
    for route in _walk(get_resolver(), is_admin=False):
        if route.name in LEFT_OUT:
            continue
        if route.name in ELSEWHERE:
            found += [replace(route, asked=tuple(each.items())) for each in ELSEWHERE[route.name]]
            continue
        strange = set(route.arguments) - OF_ROW
        assert not strange, MISSING_ROW.format(route.name, strange)
        assert route.model or not route.arguments, MISSING_ROW.format(route.name, "a row")
        found.append(route)
    return list(dict.fromkeys(found))


def _walk(resolver: Any, *, is_admin: bool) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            if is_admin:
                arguments = tuple(pattern.pattern.regex.groupindex)
                yield Route(pattern.name, _model_of(pattern.callback), arguments)
        else:
            yield from _walk(pattern, is_admin=is_admin or pattern.namespace == "admin")


def _model_of(view: Any) -> type[Model] | None:
    while view is not None:
        owner = getattr(view, "model_admin", None) or getattr(view, "__self__", None)
        if isinstance(owner, admin.ModelAdmin):
            return owner.model
        view = getattr(view, "__wrapped__", None)
    return None


def missing_key(model: type[Model]) -> object:
    """Return a key that no row of this model has, of the same shape as theirs."""
    return NO_UUID if isinstance(model._meta.pk, UUIDField) else NOBODY


def rows_of(owner: MarkedShop, model: type[Model]) -> list[Model]:
    """Return a shop's rows of a model that the admin shows; empty for what is of no shop."""
    return owner.rows.get(model, [])
