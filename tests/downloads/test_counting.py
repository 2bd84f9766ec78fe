import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads import fulfilment, lookups
from downloads.errors import BadInput, StorageDown, Unavailable
from downloads.fulfilment.counting import take_one
from downloads.models import Asset, Delivery, Grant, Order
from downloads.models.grants import MAX_DOWNLOADS
from tests.factories import (
    NOW,
    GrantFactory,
    LineFactory,
    OrderFactory,
    make_file,
    make_file_grant,
)

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOW + MINUTE
WINDOW = timedelta(minutes=30)


def spend(grant: Grant, nonce: str = "click", *, at=NOW, valid_until=NOW + DAY) -> Delivery:
    """Spend as a face does: the grant is read afresh for each request."""
    fresh = lookups.grant_of_address(grant.pk)
    return fulfilment.spend(fresh, nonce=nonce, valid_until=valid_until, at=at)


def refused(grant: Grant, nonce: str = "click", **times) -> Unavailable:
    """Spend in vain; return the refusal, having seen that nothing moved."""
    before = Grant.objects.values().get(pk=grant.pk)
    deliveries = list(grant.deliveries.values())
    with pytest.raises(Unavailable) as refusal:
        spend(grant, nonce, **times)
    assert Grant.objects.values().get(pk=grant.pk) == before
    assert list(grant.deliveries.values()) == deliveries
    return refusal.value


def used(grant: Grant) -> int:
    return Grant.objects.get(pk=grant.pk).used


# --- One UPDATE decides --------------------------------------------------------------------------


def test_a_download_is_counted_by_one_update_on_the_grants_own_columns():
    grant = GrantFactory()
    with CaptureQueriesContext(connection) as queries:
        assert take_one(grant, at=LATER) is True
    (query,) = queries.captured_queries
    sql = query["sql"]
    change, where = sql.split(" WHERE ", 1)
    assert change.startswith('UPDATE "downloads_grant" SET "used" = ')
    assert set(re.findall(r'"downloads_grant"\."(\w+)"', where)) == {
        "id",
        "asset_id",
        "bought",
        "canceled",
        "expires_at",
        "order_id",
        "refunded",
        "used",
        "withdrawn_at",
    }
    # Other tables by subqueries of their own; the grants themselves never by one, and no join.
    assert re.findall(r'FROM "(\w+)"', sql) == ["downloads_asset", "downloads_order"]
    assert sql.count("SELECT") == 2
    assert "JOIN" not in sql


def test_nothing_left_is_not_counted():
    grant = GrantFactory(used=10, updated_at=NOW)
    assert take_one(grant, at=LATER) is False
    assert (used(grant), Grant.objects.get().updated_at) == (10, NOW)


def test_the_database_decides_when_the_row_in_memory_is_stale():
    grant = GrantFactory(limit=1)
    stale = lookups.grant_of_address(grant.pk)
    spend(grant, "rival")
    with pytest.raises(Unavailable) as refusal:
        fulfilment.spend(stale, nonce="late", valid_until=NOW + DAY, at=NOW)
    assert refusal.value.reason == Unavailable.USED_UP
    assert used(grant) == 1
    assert list(grant.deliveries.values_list("nonce", flat=True)) == ["rival"]


def test_a_right_lost_in_between_is_refused_with_its_own_reason():
    grant = GrantFactory()
    stale = lookups.grant_of_address(grant.pk)
    fulfilment.revoke(grant, at=NOW)
    with pytest.raises(Unavailable) as refusal:
        fulfilment.spend(stale, nonce="late", valid_until=NOW + DAY, at=NOW)
    assert refusal.value.reason == Unavailable.WITHDRAWN
    assert (used(grant), grant.deliveries.count()) == (0, 0)


# --- Clicks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "clicks", "given"), [(3, 2, 2), (3, 3, 3), (3, 5, 3), (1, 2, 1)])
def test_as_many_are_given_as_are_left(limit, clicks, given):
    grant = GrantFactory(limit=limit)
    for number in range(given):
        spend(grant, f"click-{number}")
    for number in range(given, clicks):
        assert refused(grant, f"click-{number}").reason == Unavailable.USED_UP
    assert used(grant) == given
    assert Delivery.objects.count() == given


def test_unlimited_is_counted_and_never_used_up():
    grant = GrantFactory(limit=None)
    for number in range(3):
        spend(grant, f"click-{number}")
    assert used(grant) == 3


def test_a_spent_download_opens_its_window_and_moves_updated_at():
    delivery = spend(GrantFactory(), "click", at=LATER)
    assert (delivery.nonce, delivery.opened_at) == ("click", LATER)
    assert delivery.closes_at == LATER + WINDOW
    assert Grant.objects.get().updated_at == LATER


def test_the_same_click_rides_for_free():
    grant = GrantFactory()
    first = spend(grant, at=NOW)
    assert spend(grant, at=NOW + WINDOW - timedelta(microseconds=1)) == first
    assert used(grant) == 1
    assert Grant.objects.get().updated_at == NOW
    assert Delivery.objects.get().closes_at == NOW + WINDOW


def test_the_same_click_rides_on_the_last_download():
    grant = GrantFactory(limit=1)
    first = spend(grant)
    assert refused(grant, "another").reason == Unavailable.USED_UP
    assert spend(grant) == first
    assert used(grant) == 1


def test_the_same_nonce_on_another_grant_is_another_click():
    one, other = GrantFactory(), GrantFactory()
    spend(one)
    spend(other)
    assert (used(one), used(other)) == (1, 1)


def test_a_click_is_over_when_its_window_closes():
    grant = GrantFactory()
    spend(grant)
    assert refused(grant, at=NOW + WINDOW).reason == Unavailable.CLICK_OVER
    assert spend(grant, "fresh", at=NOW + WINDOW).nonce == "fresh"
    assert used(grant) == 2


def test_an_address_past_its_time_opens_nothing():
    grant = GrantFactory()
    assert refused(grant, at=NOW, valid_until=NOW).reason == Unavailable.LINK_PAST


def test_a_live_delivery_outlives_its_address():
    grant = GrantFactory()
    first = spend(grant, valid_until=LATER)
    assert spend(grant, at=LATER, valid_until=LATER) == first
    assert refused(grant, at=NOW + WINDOW, valid_until=LATER).reason == Unavailable.LINK_PAST
    assert used(grant) == 1


def test_a_large_file_stays_open_for_a_slow_line():
    grant = GrantFactory(asset__size_bytes=1_000_000_000)
    assert spend(grant).closes_at == NOW + timedelta(seconds=20_000)


def test_a_window_follows_its_setting(settings):
    settings.DELIVERY_WINDOW_SECONDS = 60
    settings.DELIVERY_BYTES_PER_SECOND = 1_000
    assert spend(GrantFactory(asset__size_bytes=61_000)).closes_at == NOW + timedelta(seconds=61)
    assert spend(GrantFactory(asset__size_bytes=None)).closes_at == NOW + MINUTE


def test_a_ride_asks_nothing_of_the_database_but_its_delivery(django_assert_num_queries):
    grant = GrantFactory()
    spend(grant)
    with django_assert_num_queries(2):
        spend(grant)


# --- What closes a right, also under a live delivery ---------------------------------------------


def change_order(**facts):
    def change(grant: Grant) -> None:
        Order.objects.filter(pk=grant.order_id).update(**facts)
        fulfilment.settle(grant.order, at=NOW)

    return change


def give_line_back(grant: Grant) -> None:
    assert grant.line is not None
    LineFactory(order=grant.order)  # another line is kept, so the order stays open
    grant.order.lines.filter(pk=grant.line_id).update(current_quantity=0)
    fulfilment.settle(grant.order, at=NOW)


def take_line_again(grant: Grant) -> None:
    grant.order.lines.filter(pk=grant.line_id).update(current_quantity=1)
    fulfilment.settle(grant.order, at=NOW)


def set_end(end):
    return lambda grant: Grant.objects.filter(pk=grant.pk).update(expires_at=end)


CLOSINGS = [
    pytest.param(
        lambda grant: fulfilment.revoke(grant, at=NOW),
        lambda grant: fulfilment.restore(grant, at=NOW),
        "The shop has withdrawn this download.",
        id="revoked",
    ),
    pytest.param(
        lambda grant: fulfilment.withdraw_asset(grant.asset, at=NOW),
        lambda grant: fulfilment.restore_asset(grant.asset),
        "The shop has withdrawn this download.",
        id="asset-withdrawn",
    ),
    pytest.param(
        change_order(cancelled_at=NOW),
        change_order(cancelled_at=None),
        "This order was cancelled, so its downloads are closed.",
        id="cancelled",
    ),
    pytest.param(
        change_order(payment=Order.Payment.PENDING),
        change_order(payment=Order.Payment.PAID),
        "This order has not been paid yet. The download opens as soon as the payment has arrived.",
        id="unpaid",
    ),
    pytest.param(
        change_order(payment=Order.Payment.REFUNDED),
        change_order(payment=Order.Payment.PAID),
        "This purchase was refunded, so its download is closed.",
        id="money-given-back",
    ),
    pytest.param(
        give_line_back,
        take_line_again,
        "This purchase was refunded, so its download is closed.",
        id="line-refunded",
    ),
    pytest.param(
        set_end(NOW), set_end(None), "The time for this download is over.", id="past-its-end"
    ),
]


@pytest.mark.parametrize(("close", "reopen", "message"), CLOSINGS)
def test_a_closed_right_stops_a_new_click_and_a_live_delivery(close, reopen, message):
    grant = GrantFactory()
    first = spend(grant)
    close(grant)
    assert str(refused(grant)) == message
    assert str(refused(grant, "another")) == message
    reopen(grant)
    assert spend(grant) == first
    assert used(grant) == 1


def test_a_cancelled_line_of_several_units_leaves_the_rest():
    grant = GrantFactory(line__quantity=2, limit=1, bought=2)
    grant.order.lines.update(current_quantity=1)
    fulfilment.settle(grant.order, at=NOW)
    spend(grant)
    message = "All downloads of this item have been used."
    assert str(refused(grant, "another")) == message


# --- The file is there before a download is spent ------------------------------------------------


def delete(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


@pytest.mark.parametrize("damage", [delete, truncate, lengthen])
def test_a_damaged_file_costs_nothing(damage):
    grant = make_file_grant()
    damage(Path(grant.asset.file.path))
    with pytest.raises(StorageDown) as refusal:
        spend(grant)
    assert str(refusal.value) == (
        "This file cannot be read just now. Nothing was counted; please try again shortly."
    )
    assert (used(grant), Delivery.objects.count()) == (0, 0)
    assert Grant.objects.get().updated_at == NOW


def test_a_storage_that_is_gone_costs_nothing(settings, tmp_path):
    grant = make_file_grant()
    settings.MEDIA_ROOT = tmp_path / "a-file"
    settings.MEDIA_ROOT.write_bytes(b"")
    with pytest.raises(StorageDown):
        spend(grant)
    assert (used(grant), Delivery.objects.count()) == (0, 0)


def test_a_file_that_is_whole_is_spent():
    grant = make_file_grant()
    spend(grant)
    assert used(grant) == 1


def test_a_refusal_goes_before_a_missing_file():
    grant = make_file_grant(used=10)
    Path(grant.asset.file.path).unlink()
    assert refused(grant).reason == Unavailable.USED_UP


# --- Reset, raise, extend ------------------------------------------------------------------------


def test_reset_gives_every_download_back():
    grant, other = GrantFactory(used=10), GrantFactory(used=4)
    fulfilment.reset(grant, at=LATER)
    grant.refresh_from_db()
    assert (grant.used, grant.bought, grant.updated_at) == (0, 10, LATER)
    assert used(other) == 4


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


def test_revoked_tickets_are_those_of_one_order():
    order, other = OrderFactory(), OrderFactory()
    fulfilment.revoke_tickets(order)
    fulfilment.revoke_tickets(order)
    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.ticket_revision, other.ticket_revision) == (2, 0)
