from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import Asset, Delivery, Grant
from downloads.models.grants import MAX_DOWNLOADS
from tests.downloads.clicking import DAY, ledger, spend, used
from tests.factories import NOW, GrantFactory, OrderFactory, make_counted_grant, make_file

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)


# --- Reset, raise, extend ------------------------------------------------------------------------


def test_reset_gives_every_download_back():
    grant, other = GrantFactory(used=10), GrantFactory(used=4)
    fulfilment.reset(grant, at=LATER)
    grant.refresh_from_db()
    assert (grant.used, grant.bought, grant.updated_at) == (0, 10, LATER)
    assert used(other) == 4


def test_a_reset_enters_what_it_gives_back():
    grant = make_counted_grant(4)
    fulfilment.reset(grant, at=LATER)
    assert ledger(grant) == [("carried", 4, None, ""), ("released", -4, None, "reset")]
    assert grant.events.get(kind="released").at == LATER


def test_a_reset_of_nothing_enters_nothing():
    grant = GrantFactory()
    fulfilment.reset(grant, at=LATER)
    assert ledger(grant) == []


def test_what_a_reset_gave_back_is_not_given_back_again():
    grant = GrantFactory()
    spend(grant)
    fulfilment.reset(grant, at=NOW)
    assert Delivery.objects.get().is_kept is True
    spend(grant, "another")
    assert fulfilment.give_back_failed(grant, nonce="click", at=LATER) is False
    assert (used(grant), Delivery.objects.count()) == (1, 2)


def test_a_live_delivery_rides_on_for_free_after_a_reset():
    grant = GrantFactory(limit=1)
    spend(grant)
    fulfilment.reset(grant, at=NOW)
    spend(grant)
    assert used(grant) == 0
    assert Delivery.objects.count() == 1


def test_a_raised_limit_stays_on_top_of_what_is_bought():
    grant = GrantFactory(used=10)
    fulfilment.raise_limit(grant, by=3, at=LATER)
    grant.refresh_from_db()
    assert (grant.bought, grant.added, grant.used, grant.remaining) == (13, 3, 10, 3)
    assert grant.updated_at == LATER
    fulfilment.raise_limit(grant, by=1, at=LATER)
    grant.refresh_from_db()
    assert (grant.bought, grant.added, grant.limit) == (14, 4, 10)


def test_a_raised_limit_outlives_a_new_quantity():
    grant = GrantFactory()
    fulfilment.raise_limit(grant, by=3, at=NOW)
    grant.order.lines.update(quantity=2)
    fulfilment.settle(grant.order, at=NOW)
    grant.refresh_from_db()
    assert (grant.bought, grant.added) == (23, 3)


@pytest.mark.parametrize(
    ("limit", "by", "message"),
    [
        (10, 0, "Enter how many downloads to add: 1 or more."),
        (10, -1, "Enter how many downloads to add: 1 or more."),
        (None, 1, "This download is unlimited already."),
        (10, MAX_DOWNLOADS - 9, "At most 2,147,483,647 downloads can be allowed."),
        (MAX_DOWNLOADS, 1, "At most 2,147,483,647 downloads can be allowed."),
    ],
)
def test_a_limit_that_cannot_be_raised_stays(limit, by, message):
    grant = GrantFactory(limit=limit)
    before = Grant.objects.values().get()
    with pytest.raises(BadInput) as refusal:
        fulfilment.raise_limit(grant, by=by, at=LATER)
    assert str(refusal.value) == message
    assert Grant.objects.values().get() == before


def test_a_limit_can_be_raised_to_the_last_number():
    grant = GrantFactory()
    fulfilment.raise_limit(grant, by=MAX_DOWNLOADS - 10, at=NOW)
    assert Grant.objects.get().bought == 2_147_483_647


@pytest.mark.parametrize(
    ("end", "extended"),
    [
        (NOW + DAY, NOW + 8 * DAY),
        (NOW, NOW + 7 * DAY),
        (NOW - 30 * DAY, NOW + 7 * DAY),
    ],
)
def test_an_end_is_moved_from_now_at_the_earliest(end, extended):
    grant = GrantFactory(expires_at=end)
    fulfilment.extend(grant, days=7, at=NOW)
    assert Grant.objects.get().expires_at == extended


def test_an_extended_end_is_not_settled_back():
    grant = GrantFactory(expires_at=NOW, lifetime_days=1)
    fulfilment.extend(grant, days=7, at=NOW)
    fulfilment.settle(grant.order, at=NOW + DAY)
    grant.refresh_from_db()
    assert (grant.expires_at, grant.status(NOW)) == (NOW + 7 * DAY, "available")


@pytest.mark.parametrize(
    ("end", "days", "message"),
    [
        (NOW, 0, "Enter how many days to add: 1 or more."),
        (NOW, -5, "Enter how many days to add: 1 or more."),
        (None, 7, "This download has no end to extend."),
        (NOW, 4_000_000, "That many days reach past the calendar."),
        (NOW, 10**12, "That many days reach past the calendar."),
    ],
)
def test_an_end_that_cannot_be_moved_stays(end, days, message):
    grant = GrantFactory(expires_at=end)
    before = Grant.objects.values().get()
    with pytest.raises(BadInput) as refusal:
        fulfilment.extend(grant, days=days, at=LATER)
    assert str(refusal.value) == message
    assert Grant.objects.values().get() == before


# --- Revoke, withdraw ----------------------------------------------------------------------------


def test_revoking_again_keeps_the_first_time():
    grant = GrantFactory()
    fulfilment.revoke(grant, at=NOW)
    fulfilment.revoke(grant, at=LATER)
    grant.refresh_from_db()
    assert (grant.withdrawn_at, grant.updated_at) == (NOW, NOW)


def test_restoring_leaves_the_count_and_restores_once():
    grant = GrantFactory(used=4)
    fulfilment.revoke(grant, at=NOW)
    fulfilment.restore(grant, at=LATER)
    fulfilment.restore(grant, at=LATER + DAY)
    grant.refresh_from_db()
    assert (grant.withdrawn_at, grant.used, grant.updated_at) == (None, 4, LATER)


def test_revoking_one_leaves_the_others():
    grant, other = GrantFactory(), GrantFactory()
    fulfilment.revoke(grant, at=NOW)
    assert list(Grant.objects.available(NOW)) == [other]


def test_a_withdrawn_asset_closes_in_every_order():
    asset = make_file(OrderFactory().shop)
    grants = [GrantFactory(order=OrderFactory(shop=asset.shop), asset=asset) for _ in range(2)]
    other = GrantFactory()
    fulfilment.withdraw_asset(asset, at=NOW)
    fulfilment.withdraw_asset(asset, at=LATER)
    assert Asset.objects.get(pk=asset.pk).withdrawn_at == NOW
    assert list(Grant.objects.available(NOW)) == [other]
    fulfilment.restore_asset(asset)
    assert set(Grant.objects.available(NOW)) == {*grants, other}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_what_names_a_row_meanwhile_need_not_wait_until_it_is_restored():
    grant = GrantFactory()
    with CaptureQueriesContext(connection) as queries:
        fulfilment.restore(grant, at=LATER)
        fulfilment.restore_asset(grant.asset)
    locks = [each["sql"] for each in queries if " FOR " in each["sql"]]
    assert [sql.partition(" FOR ")[2] for sql in locks] == ["NO KEY UPDATE"] * 2


def test_revoked_tickets_are_those_of_one_order():
    order, other = OrderFactory(), OrderFactory()
    fulfilment.revoke_tickets(order)
    fulfilment.revoke_tickets(order)
    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.ticket_revision, other.ticket_revision) == (2, 0)
