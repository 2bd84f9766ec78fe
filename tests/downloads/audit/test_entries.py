"""What the write door enters in words of its own, exact before and after."""

from datetime import timedelta

import pytest
from django.db import connection

from downloads import fulfilment
from downloads.audit.actors import PLATFORM
from downloads.errors import BadInput
from downloads.incoming import ShopReport
from downloads.models import AuditEntry, Grant, Order
from storefront.models import SecretKey, StorefrontKey
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
    make_counted_grant,
)
from tests.racing import at_once
from tests.system.harness.databases import database
from tests.system.harness.processes import manage

pytestmark = pytest.mark.django_db

AT = "2026-03-01T12:00:00Z"
LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)
racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def told(row):
    about = {"subject_type": row._meta.label_lower, "subject_id": row.pk}
    entries = AuditEntry.objects.filter(**about).order_by("pk")
    return [(entry.what, entry.before, entry.after) for entry in entries]


def entry_of(row):
    about = {"subject_type": row._meta.label_lower, "subject_id": row.pk}
    return AuditEntry.objects.get(**about)


# --- Downloads -----------------------------------------------------------------------------------


def test_a_reset_says_how_many_were_given_back():
    grant = make_counted_grant(3)
    fulfilment.reset(grant, at=NOW)
    fulfilment.reset(grant, at=NOW)
    assert told(grant) == [("Reset the count", {"used": 3}, {"used": 0})]


def test_an_entry_names_the_download_and_its_shop_and_no_buyer():
    grant = GrantFactory(order__number=1050, asset__title="My new book")
    fulfilment.revoke(grant, at=NOW)
    entry = entry_of(grant)
    assert entry.subject == "My new book of Order 1050"
    assert entry.shop_id == grant.order.shop_id


def test_a_raised_limit_says_from_what_to_what():
    grant = GrantFactory(limit=10)
    fulfilment.raise_limit(grant, by=5, at=NOW)
    fulfilment.raise_limit(grant, by=1, at=NOW)
    assert told(grant) == [
        ("Raised the limit", {"added": 0, "allowed": 10}, {"added": 5, "allowed": 15}),
        ("Raised the limit", {"added": 5, "allowed": 15}, {"added": 6, "allowed": 16}),
    ]


@racing
@pytest.mark.skipif(connection.vendor != "postgresql", reason="one writer at a time on SQLite")
def test_two_raises_at_once_each_tell_their_own_step():
    grant = GrantFactory(limit=10)
    at_once(*[lambda: fulfilment.raise_limit(grant, by=5, at=NOW)] * 2)
    steps = [(before["allowed"], after["allowed"]) for _, before, after in told(grant)]
    assert steps == [(10, 15), (15, 20)]


@racing
@pytest.mark.skipif(connection.vendor != "postgresql", reason="one writer at a time on SQLite")
def test_of_two_resets_at_once_one_gave_back():
    grant = make_counted_grant(3)
    at_once(*[lambda: fulfilment.reset(grant, at=NOW)] * 2)
    assert told(grant) == [("Reset the count", {"used": 3}, {"used": 0})]


def test_an_extended_time_says_both_ends():
    grant = GrantFactory(expires_at=NOW)
    fulfilment.extend(grant, days=1, at=NOW)
    ends = (
        {"expires_at": AT, "extended_days": 0},
        {"expires_at": "2026-03-02T12:00:00Z", "extended_days": 1},
    )
    assert told(grant) == [("Extended the time", *ends)]


@pytest.mark.parametrize(
    ("make", "close", "reopen", "words"),
    [
        (
            GrantFactory,
            fulfilment.revoke,
            lambda row: fulfilment.restore(row, at=LATER),
            ("Revoked", "Restored"),
        ),
        (
            LinkFactory,
            fulfilment.withdraw_asset,
            fulfilment.restore_asset,
            ("Withdrawn", "Restored"),
        ),
    ],
)
def test_closing_and_opening_again_are_entered_once_each(make, close, reopen, words):
    row = make()
    for _ in range(2):
        close(row, at=NOW)
    for _ in range(2):
        reopen(row)
    is_open, is_closed = {"withdrawn_at": None}, {"withdrawn_at": AT}
    assert told(row) == [(words[0], is_open, is_closed), (words[1], is_closed, is_open)]


@pytest.mark.parametrize(
    "verb",
    [
        lambda grant: fulfilment.raise_limit(grant, by=0, at=NOW),
        lambda grant: fulfilment.extend(grant, days=7, at=NOW),
        lambda grant: fulfilment.release(grant.order, at=NOW),
    ],
)
def test_what_is_refused_is_not_entered(verb):
    grant = GrantFactory(expires_at=None)
    before = AuditEntry.objects.count()
    with pytest.raises(BadInput):
        verb(grant)
    assert AuditEntry.objects.count() == before


def test_a_verb_that_cannot_be_entered_does_nothing(monkeypatch):
    grant = make_counted_grant(3)

    def fail():
        raise RuntimeError

    monkeypatch.setattr("downloads.audit.entries.actor_now", fail)
    with pytest.raises(RuntimeError):
        fulfilment.reset(grant, at=NOW)
    assert Grant.objects.get().used == 3


# --- Products and orders -------------------------------------------------------------------------


def test_an_attached_asset_is_entered_with_its_limit():
    product = ProductFactory()
    asset = LinkFactory(shop=product.shop, title="Book")
    attachment = fulfilment.attach_to_product(product, asset, limit=3, at=NOW).attachment
    assert told(attachment) == [("Added", {}, {"asset": "Book", "is_left_out": False, "limit": 3})]


def test_an_asset_given_to_an_order_is_entered():
    order = OrderFactory()
    grant = fulfilment.attach_to_order(
        order, LinkFactory(shop=order.shop, title="Book"), limit=None, at=NOW
    )
    after = {"asset": "Book", "limit": None, "lifetime_days": None}
    assert told(grant) == [("Attached to the order", {}, after)]


def test_a_limit_for_earlier_buyers_is_one_entry():
    attachment = AttachmentFactory(limit=20)
    for limit in (10, None, 5, 20):
        order = OrderFactory(shop=attachment.product.shop)
        line = LineFactory(order=order, product=attachment.product)
        GrantFactory(order=order, line=line, asset=attachment.asset, limit=limit)
    assert fulfilment.apply_limit(attachment, at=NOW) == 3
    assert fulfilment.apply_limit(attachment, at=NOW) == 0
    words = "Applied the limit to 3 earlier downloads"
    assert told(attachment)[1:] == [(words, {"limit": [5, 10, None]}, {"limit": 20})]


def test_a_released_order_says_why_it_was_held(db):
    order = OrderFactory(shop__holds_high_risk=True, platform_id=7001, hold=Order.Hold.RISK)
    fulfilment.release(order, at=NOW)
    assert told(order) == [("Released", {"hold": "risk"}, {"hold": ""})]


def test_ended_links_are_entered():
    order = OrderFactory()
    fulfilment.revoke_tickets(order)
    assert told(order)[-1] == ("Ended all links to the customer's page", {}, {})


def test_an_erased_buyer_is_a_number():
    customer = CustomerFactory(first_name="Ada")
    fulfilment.erase_customer(customer, at=NOW)
    entry = entry_of(customer)
    assert (entry.what, entry.subject) == ("Erased personal data", f"customer {customer.pk}")


# --- What a machine does has the ledger ----------------------------------------------------------


def test_settling_enters_nothing():
    attachment = AttachmentFactory()
    order = OrderFactory(shop=attachment.product.shop)
    LineFactory(order=order, product=attachment.product)
    before = AuditEntry.objects.count()
    fulfilment.settle(order, at=NOW)
    assert (Grant.objects.count(), AuditEntry.objects.count()) == (1, before)


# --- Keys ----------------------------------------------------------------------------------------


def test_every_revoked_key_is_entered_once():
    shop = ShopFactory()
    keys = [StorefrontKey.issue(shop, name=f"Key {number}")[0] for number in range(2)]
    assert StorefrontKey.objects.all().revoke(NOW) == 2
    assert StorefrontKey.objects.all().revoke(LATER) == 0
    revoked = ("Revoked", {"revoked_at": None}, {"revoked_at": AT})
    assert [told(key)[1:] for key in keys] == [[revoked], [revoked]]


def test_a_rotated_key_names_its_successor():
    key, _ = SecretKey.issue(ShopFactory(), name="Server")
    successor, _ = key.rotate(at=NOW, grace_hours=1)
    after = {"expires_at": "2026-03-01T13:00:00Z", "successor": str(successor)}
    assert told(key)[1:] == [("Rotated", {"expires_at": None}, after)]
    assert [what for what, *_ in told(successor)] == ["Added"]


# --- The shop's platform, and the command line ---------------------------------------------------


def test_what_the_platform_reports_of_the_shop_is_its_own_doing():
    shop = ShopFactory(name="My store")
    fulfilment.note_uninstalled(shop, at=NOW)
    fulfilment.note_uninstalled(shop, at=LATER)
    fulfilment.record_shop(shop, ShopReport(name="New name", reported_at=LATER))
    assert told(shop)[1:] == [
        ("Changed", {"uninstalled_at": None}, {"uninstalled_at": AT}),
        ("Changed", {"name": "My store"}, {"name": "New name"}),
        ("Changed", {"uninstalled_at": AT}, {"uninstalled_at": None}),
    ]
    entries = AuditEntry.objects.filter(subject_id=shop.pk).order_by("pk")[1:]
    assert {entry.actor for entry in entries} == {PLATFORM.name}


@pytest.mark.slow
def test_a_command_is_typed_by_somebody():
    script = (
        "from downloads.models import AuditEntry, Shop\n"
        "Shop.objects.create(name='a', domain='a.example')\n"
        "print(AuditEntry.objects.get().actor)"
    )
    with database() as environment:
        typed = manage(environment, "shell", "-v0", "-c", script)
    assert typed.stdout.startswith("command line: "), typed.stderr
