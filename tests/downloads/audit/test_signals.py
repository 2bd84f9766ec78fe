"""What enters the audit trail by itself: saves and deletions of what decides a right."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from downloads.audit.actors import UNNAMED, Actor, acting
from downloads.audit.signals import UNTOLD, audited_of
from downloads.models import AuditEntry, Invitation, Membership, Plan, Role, Shop, StatusMeaning
from downloads.tenancy import shop_number_of
from storefront.models import (
    CustomerToken,
    OrderImport,
    PlatformAccess,
    SecretKey,
    StorefrontKey,
    WebhookSecret,
)
from tests.factories import (
    NOW,
    AttachmentFactory,
    AttachmentRuleFactory,
    CustomerFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)

pytestmark = pytest.mark.django_db

ADA = Actor("ada", "203.0.113.9", "Firefox")
SECRET = "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"
WITHOUT_SECRETS = {
    *("downloads.attachment", "downloads.attachmentrule"),
    *("downloads.membership", "downloads.plan", "downloads.shop"),
    *("downloads.order", "downloads.lineitem", "downloads.statusmeaning"),
    "storefront.orderimport",
}
WATCHED = [model for model in apps.get_models() if audited_of(model)]


def platform_access():
    access = PlatformAccess(shop=ShopFactory(), source="shopify", address="https://a.example")
    access.seal_in(secret=SECRET)
    access.save()
    return access


def invitation():
    words = {"email": "ada@example.com", "role": Role.OWNER, "token_hash": "f" * 64}
    return Invitation.objects.create(shop=ShopFactory(), expires_at=NOW, **words)


MAKERS = {
    "auth.user": lambda: User.objects.create_user("ada", password="seventeen blue horses"),
    "downloads.attachment": AttachmentFactory,
    "downloads.attachmentrule": AttachmentRuleFactory,
    "downloads.invitation": invitation,
    "downloads.lineitem": LineFactory,
    "downloads.order": OrderFactory,
    "downloads.membership": lambda: Membership.objects.create(
        shop=ShopFactory(), user=User.objects.create_user("grace"), role=Role.SUPPORT
    ),
    "downloads.plan": lambda: Plan.objects.create(name="gold"),
    "downloads.shop": ShopFactory,
    "downloads.statusmeaning": lambda: StatusMeaning.objects.create(
        shop=ShopFactory(), status="processing/cod", payment="pending"
    ),
    "storefront.customertoken": lambda: CustomerToken.issue(CustomerFactory(), at=NOW)[0],
    "storefront.orderimport": lambda: OrderImport.objects.create(
        shop=ShopFactory(), file_name="orders.csv", size_bytes=1, moved_at=NOW
    ),
    "storefront.platformaccess": platform_access,
    "storefront.secretkey": lambda: SecretKey.issue(ShopFactory(), name="Server")[0],
    "storefront.storefrontkey": lambda: StorefrontKey.issue(ShopFactory(), name="Site")[0],
    "storefront.webhooksecret": lambda: WebhookSecret.keep(
        ShopFactory(), source="shopify", secret=SECRET
    ),
}


def make(model):
    return MAKERS[model._meta.label_lower]()


def entries(row=None):
    found = AuditEntry.objects.order_by("pk")
    if row is not None:
        found = found.filter(subject_type=row._meta.label_lower, subject_id=row.pk)
    return list(found)


def told(row):
    return [(entry.what, entry.before, entry.after) for entry in entries(row)]


def another(row, name):
    """Return a value of a column that is not the present one."""
    field, value = row._meta.get_field(name), getattr(row, name)
    match field:
        case models.ForeignKey():
            return {
                "product": lambda: ProductFactory(shop=row.order.shop),
                "plan": lambda: Plan.objects.create(name="silver"),
                "asset": lambda: LinkFactory(shop_id=shop_number_of(row)),
                "user": lambda: User.objects.create_user("mary"),
            }[name]()
        case models.BooleanField():
            return not value
        case models.DateTimeField():
            return (value or NOW) + timedelta(days=1)
        case models.IntegerField():
            return (value or 0) + 1
    others = (choice for choice, _ in field.flatchoices if choice != value)
    return next(others, f"{value}x"[-field.max_length :] if field.max_length else f"{value}x")


def shown(value):
    if isinstance(value, models.Model):
        return str(value)
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


# --- Over every model and column there is --------------------------------------------------------


def test_every_watched_model_is_tried_here():
    assert {model._meta.label_lower for model in WATCHED} == set(MAKERS)


@pytest.mark.parametrize("model", WATCHED, ids=lambda model: model._meta.label_lower)
@pytest.mark.parametrize("is_named", [True, False], ids=["column alone", "whole row"])
def test_every_column_is_entered_when_it_changes(model, is_named):
    for name in audited_of(model):
        row = make(model)
        before, value = getattr(row, name), another(row, name)
        setattr(row, name, value)
        if name == "password":
            row.set_password("eighteen green horses")
        entered = AuditEntry.objects.count()
        with acting(ADA):
            row.save(update_fields=[name] if is_named else None)
        [entry] = entries()[entered:]
        expected = (
            ({}, {name: "changed"})
            if name in UNTOLD
            else ({name: shown(before)}, {name: shown(value)})
        )
        assert (entry.what, entry.before, entry.after) == ("Changed", *expected)
        assert (entry.actor, entry.address, entry.program) == ("ada", "203.0.113.9", "Firefox")
        assert (entry.subject_type, entry.subject_id) == (model._meta.label_lower, str(row.pk))
        row.delete()
        User.objects.all().delete()


@pytest.mark.parametrize("model", WATCHED, ids=lambda model: model._meta.label_lower)
def test_additions_and_deletions_are_entered(model):
    row = make(model)
    number = str(row.pk)
    row.delete()
    about = AuditEntry.objects.filter(subject_type=model._meta.label_lower, subject_id=number)
    assert [each.what for each in about.order_by("pk")] == ["Added", "Deleted"]
    assert about[0].before == about[1].after


@pytest.mark.parametrize("model", WATCHED, ids=lambda model: model._meta.label_lower)
def test_no_secret_is_entered(model, watch):
    row = make(model)
    row.save()
    row.delete()
    written = json.dumps([[each.subject, each.before, each.after] for each in entries()])
    hidden = {
        str(getattr(row, field.attname))
        for field in model._meta.concrete_fields
        if "hash" in field.name or "sealed" in field.name or field.name == "password"
    } - {"", "None"}
    assert [secret for secret in {*watch.secrets, *hidden} if secret in written] == []
    assert bool(hidden) == (model._meta.label_lower not in WITHOUT_SECRETS)


# --- What is not entered -------------------------------------------------------------------------


def test_a_save_that_changes_nothing_is_not_entered():
    shop = ShopFactory()
    shop.save()
    assert [what for what, *_ in told(shop)] == ["Added"]


def test_other_columns_cost_no_query_and_enter_nothing():
    shop = ShopFactory()
    shop.reported_at = NOW
    with CaptureQueriesContext(
        connection,
    ) as queries:
        shop.save(update_fields=["reported_at"])
    assert len(queries) == 1
    assert [what for what, *_ in told(shop)] == ["Added"]


@pytest.mark.parametrize("origin", [CustomerToken.Origin.SIGN_IN, CustomerToken.Origin.EXCHANGE])
def test_customers_who_sign_in_and_out_enter_nothing_and_cost_nothing(origin):
    customer = CustomerFactory()
    before = AuditEntry.objects.count()
    with CaptureQueriesContext(connection) as queries:
        token, _ = CustomerToken.issue(customer, at=NOW, origin=origin)
        CustomerToken.objects.filter(pk=token.pk).sign_out(NOW)
    token.delete()
    assert (len(queries), AuditEntry.objects.count() - before) == (2, 0)


def test_a_change_that_fails_enters_nothing():
    shop = ShopFactory()
    before = AuditEntry.objects.count()
    shop.default_limit = 20
    entered = []

    def save_and_fail():
        shop.save()
        entered.append(AuditEntry.objects.count() - before)
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        save_and_fail()
    assert (entered, AuditEntry.objects.count()) == ([1], before)


def test_a_password_hashed_anew_did_not_change():
    user = User.objects.create_user("ada", password="seventeen blue horses")
    user.password = "md5$salt$0"
    user.save(update_fields=["password"])
    assert [what for what, *_ in told(user)] == ["Added"]


# --- Who, and about what -------------------------------------------------------------------------


def test_nobody_in_particular_is_the_service_itself():
    [entry] = entries(ShopFactory())
    assert (entry.actor, entry.address, entry.program) == (UNNAMED.name, "", "")


def test_before_is_what_was_stored_not_what_was_loaded():
    shop = ShopFactory(default_limit=10)
    stale = Shop.objects.get(pk=shop.pk)
    shop.default_limit = 20
    shop.save()
    stale.default_limit = 30
    stale.save()
    assert told(shop)[1:] == [
        ("Changed", {"default_limit": 10}, {"default_limit": 20}),
        ("Changed", {"default_limit": 20}, {"default_limit": 30}),
    ]


def test_what_hangs_on_a_shop_is_entered_as_deleted_with_it():
    attachment = AttachmentFactory()
    shop = attachment.product.shop
    number = shop.pk
    shop.assets.all().update(shop=ShopFactory())
    shop.delete()
    gone = AuditEntry.objects.filter(what="Deleted", shop=number).order_by("pk")
    assert {entry.subject_type for entry in gone} == {"downloads.attachment", "downloads.shop"}


def test_a_buyer_is_a_number():
    customer = CustomerFactory(email="ada@example.com", first_name="Ada")
    token, _ = CustomerToken.issue(customer, at=NOW)
    [entry] = entries(token)
    assert (entry.subject, entry.shop_id) == (f"customer token {token.pk}", customer.shop_id)
    assert "ada" not in json.dumps(list(AuditEntry.objects.values()), default=str).lower()


def test_a_password_set_by_its_hash_is_told_and_one_hashed_anew_is_not():
    user = User.objects.create_user("mary", password="seventeen blue horses")
    user.password = make_password("eighteen green horses")
    user.save()
    user.save(update_fields=["password"])
    assert [what for what, _before, _after in told(user)] == ["Added", "Changed"]
