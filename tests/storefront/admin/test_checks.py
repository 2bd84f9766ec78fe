"""The checks that refuse a model nobody has said whose it is, and an admin that does not ask."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.checks import run_checks
from django.core.checks.registry import registry
from django.core.management import call_command
from django.db import models

from downloads.models import Asset, Attachment, Order, Plan, Product, Shop
from downloads.tenancy import ITSELF
from storefront.admin.base import ScopedAdmin, ScopedInline
from storefront.admin.checks import rows_are_somebodys


@pytest.fixture
def shown():
    """Return a function that has the admin show a model otherwise; undone afterwards."""
    kept = dict(admin.site._registry)

    def show(model, model_admin):
        admin.site._registry[model] = model_admin(model, admin.site)

    yield show
    admin.site._registry.clear()
    admin.site._registry.update(kept)


def errors():
    return [(error.id, error.msg) for error in rows_are_somebodys(None)]


def test_nothing_is_open_as_the_code_stands():
    assert errors() == []


def test_the_check_runs_with_all_the_others():
    assert rows_are_somebodys in registry.get_checks()
    call_command("check")


def test_a_model_that_does_not_say_whose_it_is_stops_the_service(shown, monkeypatch):
    monkeypatch.delattr(Product, "shop_path")
    told = "downloads.Product does not say whose its rows are."
    assert ("downloads.E020", told) in [(each.id, each.msg) for each in run_checks()]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (Product, "nowhere"),
        (Product, "attachments__asset__shop"),  # through many
        (Product, "name"),
        (Attachment, "product"),
        (Attachment, ITSELF),
        (Order, "customer"),
        (Shop, "orders__shop"),
        (Shop, "plan"),
    ],
)
def test_a_path_that_does_not_lead_to_one_shop_is_none(monkeypatch, model, path):
    monkeypatch.setattr(model, "shop_path", path)
    assert errors() == [("downloads.E020", f"{model._meta.label} does not say whose its rows are.")]


def test_a_new_model_is_closed_until_it_says_whose_it_is(monkeypatch):
    class Note(models.Model):
        shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "downloads"

    try:
        assert ("downloads.E020", "downloads.Note does not say whose its rows are.") in errors()
        monkeypatch.setattr(Note, "shop_path", "shop", raising=False)
        assert errors() == []
    finally:
        del apps.all_models["downloads"]["note"]
        apps.clear_cache()


def test_a_stranger_in_the_admin_is_closed_too(shown):
    session = apps.get_model("sessions", "Session")
    shown(session, ScopedAdmin)
    assert errors() == [("downloads.E020", "sessions.Session does not say whose its rows are.")]


def test_an_admin_that_does_not_ask_is_refused(shown):
    class Open(admin.ModelAdmin):
        pass

    shown(Asset, Open)
    [(number, told), *others] = errors()
    assert (number, told) == ("downloads.E021", f"{__name__}.Open shows rows of every shop.")
    # Nor do its actions ask by our rules.
    assert {number for number, _told in others} <= {"downloads.E022"}


def test_an_inline_that_does_not_ask_is_refused(shown):
    class Rows(admin.TabularInline):
        model = Attachment

    class Page(ScopedAdmin):
        inlines = (Rows,)

    shown(Product, Page)
    assert errors() == [("downloads.E021", f"{__name__}.Rows shows rows of every shop.")]


def test_an_inline_of_ours_is_let_in(shown):
    class Rows(ScopedInline):
        model = Attachment

    class Page(ScopedAdmin):
        inlines = (Rows,)

    shown(Product, Page)
    assert errors() == []


@pytest.mark.parametrize("asks", [{}, {"permissions": []}, {"permissions": ["view", "change"]}])
def test_an_action_asks_for_one_permission(shown, asks):
    @admin.action(**asks)
    def sweep(model_admin, request, rows):
        """Do something to rows."""

    class Page(ScopedAdmin):
        actions = (sweep,)

    shown(Product, Page)
    assert errors() == [("downloads.E022", "The action sweep of Page asks for no permission.")]


def test_an_action_of_the_whole_site_asks_too(shown, monkeypatch):
    def sweep(model_admin, request, rows):
        """Do something to rows."""

    monkeypatch.setitem(admin.site._actions, "sweep", sweep)
    assert {number for number, _told in errors()} == {"downloads.E022"}


@pytest.mark.parametrize(("path", "is_open"), [("order__number", True), ("order__shop", False)])
def test_a_filter_offers_no_column_of_another_row(shown, path, is_open):
    class Page(ScopedAdmin):
        list_filter = (path,)

    shown(apps.get_model("downloads", "Grant"), Page)
    told = f"The filter {path} of Page tells values of every shop."
    assert errors() == ([("downloads.E023", told)] if is_open else [])


@pytest.mark.parametrize("options", [{"list_editable": ("name",)}, {"raw_id_fields": ("shop",)}])
def test_an_admin_that_does_not_ask_by_the_row_is_refused(shown, options):
    shown(Product, type("Page", (ScopedAdmin,), {"__module__": __name__} | options))
    [option] = options
    told = f"{__name__}.Page has {option}, which does not ask by the row."
    assert errors() == [("downloads.E024", told)]


def test_an_inline_that_does_not_ask_by_the_row_is_refused(shown):
    class Rows(ScopedInline):
        model = Attachment
        raw_id_fields = ("asset",)

    class Page(ScopedAdmin):
        inlines = (Rows,)

    shown(Product, Page)
    told = f"{__name__}.Rows has raw_id_fields, which does not ask by the row."
    assert errors() == [("downloads.E024", told)]


def test_a_plan_is_everybodys():
    assert Plan.shop_path == "shared"


def test_an_action_that_finds_nothing_says_so(staff, messages_of):
    chosen = {"action": "reset", "_selected_action": "999"}
    answer = staff.post("/admin/downloads/grant/", chosen, follow=True)
    assert messages_of(answer) == ["Nothing of what you chose is here."]
