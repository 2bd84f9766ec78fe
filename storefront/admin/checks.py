"""System checks: every model declares `shop_path`; every ModelAdmin is tenant-scoped."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter, FieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from downloads.models import Shop
from downloads.tenancy import INSTALLATION, ITSELF, SHARED, shop_path_of
from storefront.admin.base import Scoped

OURS = ("downloads", "storefront")
# Each of these writes or names rows without asking by the row.
NOT_BY_ROW = ("list_editable", "raw_id_fields")


@register
def rows_are_somebodys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Hold every model of ours, and whatever the admin shows, to `downloads.tenancy`."""
    return [*_models(), *_admins()]


def _models() -> Iterator[CheckMessage]:
    ours = {model for label in OURS for model in apps.get_app_config(label).get_models()}
    for model in sorted(ours | set(admin.site._registry), key=lambda each: each._meta.label):
        path = shop_path_of(model)
        if path is None or not leads_to_shop(model, path):
            yield Error(
                f"{model._meta.label} does not say whose its rows are.",
                hint="Give it a `shop_path`, as downloads.tenancy explains.",
                obj=model,
                id="downloads.E020",
            )


def leads_to_shop(model: type[Model], path: str) -> bool:
    """Say whether a model's `shop_path` is a word of `downloads.tenancy` or ends at the shop.

    Each step leads from a row to one row: two shops never share one.
    """
    if path == ITSELF:
        return model is Shop
    if path in {SHARED, INSTALLATION}:
        return True
    try:
        steps = get_fields_from_path(model, path)
    except FieldDoesNotExist:
        return False
    return steps[-1].related_model is Shop and all(
        step.many_to_one or step.one_to_one for step in steps
    )


def _admins() -> Iterator[CheckMessage]:
    for model_admin in admin.site._registry.values():
        for each in (type(model_admin), *model_admin.inlines):
            if not issubclass(each, Scoped):
                yield Error(
                    f"{each.__module__}.{each.__name__} shows rows of every shop.",
                    hint="Base it on storefront.admin.base.",
                    obj=each,
                    id="downloads.E021",
                )
            yield from _not_by_row(each)
        yield from _open_actions(model_admin)
        yield from _open_filters(model_admin)


def _not_by_row(each: Any) -> Iterator[CheckMessage]:
    for option in NOT_BY_ROW:
        if getattr(each, option, ()):
            yield Error(
                f"{each.__module__}.{each.__name__} has {option}, which does not ask by the row.",
                hint="Edit a row on its own page; choose another by autocomplete_fields.",
                obj=each,
                id="downloads.E024",
            )


def _open_actions(model_admin: Any) -> Iterator[CheckMessage]:
    for act, name, _words in model_admin._get_base_actions():
        if len(getattr(act, "allowed_permissions", ())) != 1:
            yield Error(
                f"The action {name} of {type(model_admin).__name__} asks for no permission.",
                hint="Name exactly one: @admin.action(permissions=[…]).",
                obj=type(model_admin),
                id="downloads.E022",
            )


def _open_filters(model_admin: Any) -> Iterator[CheckMessage]:
    for path in (each for each in model_admin.list_filter if isinstance(each, str)):
        field = get_fields_from_path(model_admin.model, path)[-1]
        known: Any = FieldListFilter
        kind = next(kind for fits, kind in known._field_list_filters if fits(field))
        # Of another model's column it offers the values of all shops.
        if "__" in path and kind is AllValuesFieldListFilter:
            yield Error(
                f"The filter {path} of {type(model_admin).__name__} tells values of every shop.",
                hint="Filter by a relation, or by a column of the model itself.",
                obj=type(model_admin),
                id="downloads.E023",
            )
