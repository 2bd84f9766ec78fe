"""Every form of the admin as it was rendered: sent back untouched it saves and changes nothing;
filled in, it does what was typed."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from webtest import Upload

from downloads import fulfilment
from downloads.models import (
    Account,
    Asset,
    AttachmentRule,
    AuditEntry,
    Customer,
    DataRequest,
    DownloadEvent,
    Grant,
    Invitation,
    Mail,
    Membership,
    Message,
    Order,
    Plan,
    Product,
    Shop,
)
from downloads.tenancy import shop_number_of
from storefront.admin.attachments.rules import conditions_text
from storefront.imports.plain import TEMPLATE
from storefront.models import (
    CustomerToken,
    OrderImport,
    PlatformAccess,
    SecretKey,
    StorefrontKey,
    WebhookSecret,
)
from tests.factories import NOW
from tests.invariants.isolation.shops import snapshot
from tests.storefront.admin.rendered import (
    ROLES,
    address,
    can_save,
    form_of,
    save,
    sign_in,
)

NOBODY = "nobody"


@dataclass(frozen=True)
class Form:
    """`saved_by` is the least role whose page of a row has a button to save, `changed` what is
    typed into it, `added` into the page of a new one. `is_read` says what comes of the text."""

    saved_by: str = NOBODY
    changed: dict = field(default_factory=dict)
    added: dict = field(default_factory=dict)
    read_as: dict = field(default_factory=dict)


ROTATED = {"name": "Kiosk", "rate_per_minute": 7}
FORMS = {
    Account: Form(),
    Asset: Form(
        "manager",
        {"title": "Papers"},
        {"shop": ..., "title": "New", "link": "https://a.example/b", "stated_size": "10MB"},
        {"stated_size": ("size_bytes", 10_000_000)},
    ),
    AttachmentRule: Form(
        "manager",
        {"limit": "7"},
        # Shown what it matches before.
        {"shop": ..., "asset": Asset, "tag": "pdf", "seen": conditions_text(tag="pdf")},
        {"limit": ("limit", 7), "seen": ("tag", "pdf")},
    ),
    AuditEntry: Form(),
    Customer: Form("manager", {"first_name": "Ada"}, {"shop": ..., "email": "new@example.com"}),
    CustomerToken: Form("owner", {"expires_at_0": "2030-01-01", "expires_at_1": "00:00"}),
    DataRequest: Form(),
    DownloadEvent: Form(),
    # Nothing can be typed into it; what is done about it are actions.
    Grant: Form("manager"),
    Invitation: Form(added={"shop": ..., "email": "new@example.com", "role": "support"}),
    Mail: Form(),
    Membership: Form("owner", {"role": "manager"}),
    Message: Form(),
    Order: Form("manager", {"currency": "USD"}, {"shop": ..., "number": 77}),
    # What is done about one are buttons of its page.
    OrderImport: Form(
        added={"shop": ..., "upload": Upload("orders.csv", TEMPLATE.encode())},
        read_as={"upload": ("file_name", "orders.csv")},
    ),
    Plan: Form("superuser", {"customer_account_links": True}, {"name": "basic"}),
    PlatformAccess: Form(
        "owner",
        {"address": "https://b-shop.myshopify.com", "secret": "s" * 30},
        {
            "shop": ...,
            "source": "woocommerce",
            "address": "https://a-shop.example",
            "key": "k" * 30,
            "secret": "s" * 30,
        },
        {"key": ("hint", "ssss"), "secret": ("hint", "ssss")},
    ),
    Product: Form(
        "manager",
        {"name": "New", "tags": "a, b"},
        {"shop": ..., "name": "New", "variant_id": 77},
        {"tags": ("tags", ["a", "b"])},
    ),
    SecretKey: Form("owner", ROTATED),
    Shop: Form("manager", {"page_title": "Yours"}, {"name": "New", "domain": "new.example"}),
    StorefrontKey: Form("owner", ROTATED),
    User: Form("superuser", {"first_name": "Ada"}, {"username": "ada"}),
    WebhookSecret: Form(
        "owner",
        {"expires_at_0": "2030-01-01", "expires_at_1": "00:00"},
        {"shop": ..., "source": "generic", "secret": "s" * 32},
        {"secret": ("hint", "ssss")},
    ),
}


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def marked(marked):
    """The marked rows without what no verb would leave so."""
    Asset.objects.exclude(link="").update(file_name="", sha256="", content_type="")
    Asset.objects.filter(inherits_limit=True).update(limit=None)
    Asset.objects.filter(inherits_lifetime=True).update(lifetime_days=None)
    PlatformAccess.objects.update(address="https://a-shop.myshopify.com")
    for order in marked.rows[Order]:
        fulfilment.settle(order, at=NOW)
    fulfilment.rules.resolve_products(marked.shop, Product.objects.filter(shop=marked.shop))
    return marked


def rows_of(marked, model):
    return marked.rows.get(model) or list(model._default_manager.all()[:1])


def test_every_model_of_the_admin_says_who_saves_it_and_how():
    assert set(FORMS) == set(admin.site._registry), "Say in FORMS how its forms are filled in."


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_page_sent_back_untouched_changes_nothing(django_app, marked, role):
    sign_in(django_app, role, marked.shop)
    before, told, saved = snapshot(marked.shop), {}, set()
    for model in FORMS:
        # What a role sees of a form, it sees of each row.
        for row in rows_of(marked, model)[None if role == "superuser" else -1 :]:
            page = django_app.get(address(model, "change", row.pk), expect_errors=True)
            if page.status_int == 200 and can_save(page, model):
                saved.add(model)
                answer = save(form_of(page, model))
                if answer.status != 302 or answer.has_errors:
                    told[f"{model._meta.label} {row.pk}"] = answer.errors
    after = snapshot(marked.shop)
    assert told == {}
    assert {name for name in after if after[name] != before[name]} - {"log"} == set()
    may = [*ROLES[: ROLES.index(role) + 1]]
    assert saved == {model for model, form in FORMS.items() if form.saved_by in may}


@pytest.mark.slow
def test_what_is_typed_into_a_page_is_kept(django_app, marked):
    sign_in(django_app, "superuser", marked.shop)
    for model, form in FORMS.items():
        if form.changed:
            row = rows_of(marked, model)[-1]
            page = django_app.get(address(model, "change", row.pk))
            answer = save(form_of(page, model), **form.changed)
            assert (answer.status, answer.errors) == (302, []), model
            assert_kept(row, form, form.changed)


@pytest.mark.slow
def test_what_is_typed_into_a_new_page_is_kept(django_app, marked):
    sign_in(django_app, "superuser", marked.shop)
    Plan.objects.filter(name="basic").delete()
    added = set()
    for model in admin.site._registry:
        url, form = address(model, "add"), FORMS[model]
        page = django_app.get(url, expect_errors=True)
        if page.status_int != 200:
            continue
        added.add(model)
        known = set(model._default_manager.values_list("pk", flat=True))
        typed = {
            name: marked.shop.pk
            if value is ...
            else marked.rows[value][0].pk
            if isinstance(value, type)
            else value
            for name, value in form.added.items()
        }
        answer = save(form_of(page, model), **typed)
        assert (answer.has_errors, answer.errors) == (False, []), model
        [fresh] = model._default_manager.exclude(pk__in=known)
        assert_kept(fresh, form, typed)
    assert added == {model for model, form in FORMS.items() if form.added}


def assert_kept(row, form, typed):
    row.refresh_from_db()
    for name, value in typed.items():
        column, expected = form.read_as.get(name, (name, value))
        if column.endswith(("_0", "_1")):
            # Typed in the shop's own time.
            zone = ZoneInfo(Shop.objects.get(pk=shop_number_of(row)).time_zone)
            column, expected = column[:-2], datetime(2030, 1, 1, tzinfo=zone)
        kept = getattr(row, column)
        kept = kept.pk if column in {"shop", "asset"} else kept
        assert kept == expected, (type(row), name)
