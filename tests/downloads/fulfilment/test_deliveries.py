import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from downloads import fulfilment, lookups
from downloads.errors import Contended, StorageDown, Unavailable
from downloads.fulfilment import ClickRequest, deliveries, open_file
from downloads.fulfilment.resumes import ride
from downloads.lookups import ledger as audits
from downloads.models import Delivery, DownloadEvent, Grant, Order
from downloads.models.ledger import Visitor
from downloads.storage_slots import storage_slots
from tests.downloads.clicking import (
    DAY,
    WINDOW,
    ask,
    complete,
    cut_off,
    ledger,
    refused,
    spend,
    used,
)
from tests.factories import NOW, GrantFactory, LineFactory, make_file_grant

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)


# --- One UPDATE decides --------------------------------------------------------------------------


def test_a_download_is_counted_by_one_update_on_the_grants_own_columns():
    grant = GrantFactory()
    spend(GrantFactory(), at=LATER)  # its statement is written at the first use
    with CaptureQueriesContext(connection) as queries:
        spend(grant, at=LATER)
    # What follows it, in the same statement or the next ones, asks for nothing but its row.
    [sql] = [
        re.split(" RETURNING ", query["sql"].partition("UPDATE ")[2])[0]
        for query in queries
        if "UPDATE " in query["sql"]
    ]
    sql = f"UPDATE {sql}"
    change, where = sql.split(" WHERE ", 1)
    assert change.startswith('UPDATE "downloads_grant" SET "used" = ')
    assert set(re.findall(r'"downloads_grant"\."(\w+)"', where)) == {
        "id",
        "asset_id",
        "bought",
        "canceled",
        "expires_at",
        "line_id",
        "order_id",
        "refunded",
        "replaced",
        "unpaid",
        "used",
        "withdrawn_at",
    }
    # Other tables by subqueries of their own; the grants themselves never by one, and no join.
    assert re.findall(r'FROM "(\w+)"', sql) == ["downloads_order", "downloads_asset"]
    assert sql.count("SELECT") == 2
    assert "JOIN" not in sql


def test_a_statement_is_written_while_queries_are_logged(settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setattr(deliveries._TAKE_ONE, "_statements", {})
    monkeypatch.setattr(deliveries._CHARGE_LINK, "_joined", None)
    assert spend(GrantFactory(), at=LATER).pk is not None


def test_nothing_left_is_not_counted():
    grant = GrantFactory(used=10, updated_at=NOW)
    request = ClickRequest(nonce="click", valid_until=NOW + DAY, at=LATER)
    assert deliveries._charge(grant, request) is None
    assert (Delivery.objects.count(), DownloadEvent.objects.count()) == (0, 0)
    assert (used(grant), Grant.objects.get().updated_at) == (10, NOW)


def test_the_database_decides_when_the_row_in_memory_is_stale():
    grant = GrantFactory(limit=1)
    stale = lookups.grant_of_click(grant.pk)
    spend(grant, "rival")
    with pytest.raises(Unavailable) as refusal:
        fulfilment.spend(stale, nonce="late", valid_until=NOW + DAY, at=NOW)
    assert refusal.value.reason == Unavailable.USED_UP
    assert used(grant) == 1
    assert list(grant.deliveries.values_list("nonce", flat=True)) == ["rival"]


def test_a_right_lost_in_between_is_refused_with_its_own_reason():
    grant = GrantFactory()
    stale = lookups.grant_of_click(grant.pk)
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
    assert spend(GrantFactory(asset__size_bytes=None)).closes_at == LATER


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


# --- What the ledger says of it ------------------------------------------------------------------

ADA = Visitor(address_hash="a" * 64, user_agent="Reader/1")
GRACE = Visitor(address_hash="g" * 64, user_agent="Reader/2")


def visitors(grant: Grant) -> list[tuple]:
    events = DownloadEvent.objects.filter(grant=grant).order_by("pk")
    return list(events.values_list("kind", "at", "address_hash", "user_agent"))


def test_a_links_download_is_entered_as_counted_alone():
    grant = GrantFactory()
    ask(grant, upfront_bytes=0, visitor=ADA).close()
    assert ledger(grant) == [("charged", 1, None, "")]
    assert visitors(grant) == [("charged", NOW, "a" * 64, "Reader/1")]
    assert DownloadEvent.objects.get().delivery == Delivery.objects.get()


def test_a_files_download_is_entered_as_counted_and_what_is_sent_beside_it():
    grant = make_file_grant(b"x" * 1000)
    opened = ask(grant, visitor=ADA)
    complete(opened, sent_bytes=1000, at=LATER)
    assert ledger(grant) == [("charged", 1, None, ""), ("served", 0, 1000, "")]
    assert visitors(grant) == [
        ("charged", NOW, "a" * 64, "Reader/1"),
        ("served", LATER, "a" * 64, "Reader/1"),
    ]


def test_bytes_asked_for_behind_nginx_are_entered_at_once():
    grant = make_file_grant(b"x" * 1000)
    ask(grant, upfront_bytes=600).close()
    ask(grant, upfront_bytes=400, at=LATER).close()
    assert ledger(grant) == [("charged", 1, None, ""), ("served", 0, 1000, "")]
    assert facts() == [("click", 1000, 0)]


def test_all_that_a_click_is_sent_is_one_line():
    grant = make_file_grant(b"x" * 1000)
    first, second = ask(grant, visitor=ADA), ask(grant, visitor=GRACE)
    fulfilment.note_sent(first, sent_bytes=100, at=NOW)
    fulfilment.note_sent(second, sent_bytes=200, at=NOW)
    cut_off(first, sent_bytes=30)
    cut_off(second, sent_bytes=4, at=LATER)
    assert ledger(grant) == [("charged", 1, None, ""), ("served", 0, 334, "")]
    assert visitors(grant)[1] == ("served", LATER, "a" * 64, "Reader/1")


def test_bytes_sent_after_their_line_was_pruned_get_a_new_one():
    grant = make_file_grant(b"x" * 1000)
    opened = ask(grant, visitor=ADA)
    DownloadEvent.objects.all().delete()
    complete(opened, sent_bytes=7, at=LATER)
    assert ledger(grant) == [("served", 0, 7, "")]
    assert visitors(grant) == [("served", LATER, "a" * 64, "Reader/1")]


# --- What is refused leaves one line, and nothing open -------------------------------------------


def test_a_refusal_is_entered_with_its_reason_and_visitor():
    grant = GrantFactory(used=10)
    with pytest.raises(Unavailable):
        ask(grant, visitor=ADA)
    assert ledger(grant) == [("refused", 0, None, "used_up")]
    assert visitors(grant) == [("refused", NOW, "a" * 64, "Reader/1")]


def test_the_same_refusal_again_soon_is_entered_once():
    grant = GrantFactory(used=10)
    for seconds in (0, 1, 59, 60, 119, 120):
        with pytest.raises(Unavailable):
            ask(grant, at=NOW + timedelta(seconds=seconds), visitor=ADA)
    times = DownloadEvent.objects.order_by("pk").values_list("at", flat=True)
    assert [(at - NOW).seconds for at in times] == [0, 60, 120]


def test_another_visitor_reason_or_grant_is_another_line():
    grant, other = GrantFactory(used=10), GrantFactory(used=10)
    for visitor in (ADA, GRACE, ADA):
        with pytest.raises(Unavailable):
            ask(grant, visitor=visitor)
    fulfilment.revoke(grant, at=NOW)
    with pytest.raises(Unavailable):
        ask(grant, visitor=ADA)
    with pytest.raises(Unavailable):
        ask(other, visitor=ADA)
    refusals = DownloadEvent.objects.order_by("pk").values_list("grant", "address_hash", "reason")
    assert list(refusals) == [
        (grant.pk, "a" * 64, "used_up"),
        (grant.pk, "g" * 64, "used_up"),
        (grant.pk, "a" * 64, "withdrawn"),
        (other.pk, "a" * 64, "used_up"),
    ]


def test_every_refusal_is_entered_where_the_pause_is_switched_off(settings):
    settings.LEDGER_REFUSAL_SECONDS = 0
    grant = GrantFactory(used=10)
    for _ in range(3):
        refused(grant)
    assert ledger(grant) == [("refused", 0, None, "used_up")] * 3


def test_a_storage_that_fails_is_entered_once():
    grant = make_file_grant()
    Path(grant.asset.file.path).unlink()
    for _ in range(2):
        with pytest.raises(StorageDown):
            ask(grant)
    assert ledger(grant) == [("refused", 0, None, "storage")]
    assert (used(grant), Delivery.objects.count()) == (0, 0)


def test_a_file_is_open_before_its_download_is_spent(monkeypatch):
    seen = []

    def open_and_look(asset, **taker):
        seen.append((used(grant), Delivery.objects.count()))
        return open_file(asset)

    grant = make_file_grant()
    monkeypatch.setattr(deliveries, "open_file", open_and_look)
    with ask(grant) as opened:
        assert opened.stored.read(3) == b"xxx"
    assert seen == [(0, 0)]


def lose_the_right(grant):
    fulfilment.revoke(grant, at=NOW)
    return Unavailable.WITHDRAWN


def lose_the_last(grant):
    spend(grant, "rival")
    return Unavailable.USED_UP


@pytest.mark.parametrize("lose", [lose_the_right, lose_the_last])
def test_what_is_refused_after_its_file_was_opened_closes_it(monkeypatch, lose):
    opened = []

    def open_and_lose(asset, **taker):
        if not opened:
            opened.append(open_file(asset))
            reasons.append(lose(grant))
            return opened[0]
        return open_file(asset)

    grant, reasons = make_file_grant(limit=1), []
    monkeypatch.setattr(deliveries, "open_file", open_and_lose)
    with pytest.raises(Unavailable) as refusal:
        ask(grant, "late")
    assert [refusal.value.reason] == reasons
    with pytest.raises(ValueError, match="closed file"):
        opened[0].read(1)
    assert storage_slots._taken == 0
    assert not Delivery.objects.filter(nonce="late").exists()


def test_a_database_that_fails_at_the_charge_leaves_nothing_open_or_counted(monkeypatch):
    def fail(*_given, **_named):
        raise OperationalError("gone")

    grant = make_file_grant()
    monkeypatch.setattr(deliveries, "line_of", fail)
    with pytest.raises(OperationalError):
        ask(grant)
    assert storage_slots._taken == 0
    assert (used(grant), Delivery.objects.count(), ledger(grant)) == (0, 0, [])


def test_an_open_answer_holds_one_place_at_the_storage_until_it_is_closed():
    grant = make_file_grant()
    with ask(grant), ask(grant):
        assert storage_slots._taken == 2
    assert storage_slots._taken == 0


def test_a_link_holds_no_place_at_the_storage():
    with ask(GrantFactory(), upfront_bytes=0) as opened:
        assert (opened.stored, storage_slots._taken) == (None, 0)


# --- An insert that fails ------------------------------------------------------------------------


def break_a_check(monkeypatch):
    monkeypatch.setattr(deliveries, "version_of", lambda _asset: ("", -1))


def break_a_not_null(monkeypatch):
    monkeypatch.setattr(deliveries, "int", lambda _is_streamed: None, raising=False)


def break_the_ledger(monkeypatch):
    def fail(*_given, **_named):
        raise IntegrityError("what a trigger of the database says")

    monkeypatch.setattr(deliveries, "line_of", fail)


BREAKS = [break_a_check, break_a_not_null, break_the_ledger]


@pytest.mark.parametrize("break_it", BREAKS)
def test_an_insert_that_fails_is_our_fault_and_no_download_used_up(monkeypatch, break_it):
    grant = make_file_grant(limit=1)
    with monkeypatch.context() as broken:
        break_it(broken)
        with pytest.raises(IntegrityError):
            ask(grant)
    assert storage_slots._taken == 0
    assert (used(grant), Delivery.objects.count(), ledger(grant)) == (0, 0, [])
    complete(ask(grant), sent_bytes=1000)
    assert (used(grant), Delivery.objects.count()) == (1, 1)


def test_an_insert_that_fails_because_the_same_click_was_quicker_rides(monkeypatch):
    def open_beside_a_rival(asset, **taker):
        if not Delivery.objects.exists():
            monkeypatch.undo()
            spend(grant)
        return open_file(asset)

    grant = make_file_grant(limit=5)
    monkeypatch.setattr(deliveries, "open_file", open_beside_a_rival)
    ask(grant).close()
    assert (used(grant), facts()) == (1, [("click", 0, 1)])


def test_rivals_that_are_always_quicker_are_not_told_as_used_up(monkeypatch):
    grant = make_file_grant()
    monkeypatch.setattr(deliveries, "_take_one", lambda *_given, **_named: False)
    with pytest.raises(Contended):
        ask(grant)
    assert (used(grant), ledger(grant)) == (0, [])


# --- Streams, and the budget of a click ----------------------------------------------------------


def facts() -> list[tuple]:
    """Return each Delivery's click, its bytes and its answers under way."""
    return list(Delivery.objects.order_by("pk").values_list("nonce", "sent_bytes", "streams"))


def test_each_answer_of_a_click_is_under_way_until_it_ends():
    grant = make_file_grant(b"x" * 1000)
    first = ask(grant)
    second = ask(grant)
    assert facts() == [("click", 0, 2)]
    assert fulfilment.note_sent(first, sent_bytes=10, at=NOW) is True
    assert facts() == [("click", 10, 2)]
    complete(first, sent_bytes=990)
    assert facts() == [("click", 1000, 1)]
    complete(second, sent_bytes=1000)
    assert (facts(), used(grant)) == ([("click", 2000, 0)], 1)


def test_a_stream_goes_on_until_its_budget_is_spent():
    grant = make_file_grant(b"x" * 10)
    opened = ask(grant)
    with opened:
        assert fulfilment.note_sent(opened, sent_bytes=29, at=NOW) is True
        assert fulfilment.note_sent(opened, sent_bytes=1, at=NOW) is False
    assert refused(grant).reason == Unavailable.CLICK_OVER
    assert ledger(grant)[-1] == ("refused", 0, None, "click_over")


def test_a_budget_is_spent_by_all_answers_of_a_click_together():
    grant = make_file_grant(b"x" * 10)
    for _ in range(3):
        complete(ask(grant), sent_bytes=10)
    assert refused(grant).reason == Unavailable.CLICK_OVER
    assert (used(grant), spend(grant, "fresh").nonce) == (1, "fresh")


def test_a_budget_is_spent_by_what_is_asked_for_behind_nginx():
    grant = make_file_grant(b"x" * 10)
    ask(grant, upfront_bytes=10).close()
    ask(grant, upfront_bytes=19).close()
    # The last one begins within the budget, and may pass it.
    ask(grant, upfront_bytes=10).close()
    assert facts() == [("click", 39, 0)]
    assert refused(grant).reason == Unavailable.CLICK_OVER


def test_a_budget_spent_by_a_rival_in_between_stops_the_ride():
    grant = make_file_grant(b"x" * 10)
    spend(grant)
    seen = Delivery.objects.get()
    Delivery.objects.update(sent_bytes=30)
    assert not ride(seen, grant.asset, ClickRequest("click", NOW + DAY, NOW, upfront_bytes=None))
    assert facts() == [("click", 30, 0)]


def test_a_click_whose_delivery_was_given_back_in_between_is_counted_anew(monkeypatch):
    def open_and_give_back(asset, **taker):
        fulfilment.give_back_failed(grant, nonce="click", at=NOW)
        return open_file(asset)

    grant = make_file_grant()
    spend(grant)
    monkeypatch.setattr(deliveries, "open_file", open_and_give_back)
    ask(grant).close()
    assert (used(grant), facts()) == (1, [("click", 0, 1)])
    assert [line[0] for line in ledger(grant) if line[1]] == ["charged", "released", "charged"]


def test_the_last_download_given_back_between_two_looks_is_there_to_take():
    grant = make_file_grant(limit=1)
    opened = ask(grant)
    seen = lookups.grant_of_click(grant.pk)  # nothing is left
    cut_off(opened)
    with fulfilment.open_delivery(seen, ClickRequest("click", NOW + DAY, NOW, upfront_bytes=None)):
        assert (used(grant), facts()) == (1, [("click", 0, 1)])


def test_an_answer_whose_delivery_was_given_back_is_told_to_stop():
    grant = make_file_grant()
    one, other = ask(grant), ask(grant)
    one.close()
    fulfilment.fail_stream(one, sent_bytes=0, at=NOW)
    assert fulfilment.note_sent(other, sent_bytes=500, at=NOW) is False
    complete(other, sent_bytes=100)
    assert (used(grant), facts()) == (0, [])
    assert [line[1] for line in ledger(grant)] == [1, 0, -1]


# --- Ends: sent, cut off, failed -----------------------------------------------------------------


def test_an_answer_sent_to_its_end_stays_spent_however_short():
    grant = make_file_grant(b"x" * 1000)
    complete(ask(grant), sent_bytes=1)
    assert (used(grant), facts()) == (1, [("click", 1, 0)])


def test_one_cut_off_when_it_had_barely_begun_is_given_back():
    grant = make_file_grant(b"x" * 1000)
    cut_off(ask(grant), sent_bytes=9, at=LATER)
    assert (used(grant), facts(), Grant.objects.get().given_back) == (0, [], 1)
    assert Grant.objects.get().updated_at == LATER
    assert ledger(grant) == [
        ("charged", 1, None, ""),
        ("served", 0, 9, ""),
        ("released", -1, None, "barely_begun"),
    ]


def test_one_cut_off_later_stays_spent():
    grant = make_file_grant(b"x" * 1000)
    cut_off(ask(grant), sent_bytes=10)
    assert (used(grant), facts()) == (1, [("click", 10, 0)])


def test_what_was_sent_by_all_answers_decides():
    grant = make_file_grant(b"x" * 1000)
    complete(ask(grant), sent_bytes=10)
    cut_off(ask(grant), sent_bytes=0)
    assert (used(grant), facts()) == (1, [("click", 10, 0)])


def test_one_cut_off_beside_another_answer_is_not_given_back():
    grant = make_file_grant(b"x" * 1000)
    first, second = ask(grant), ask(grant)
    cut_off(first)
    assert (used(grant), facts()) == (1, [("click", 0, 1)])
    cut_off(second)
    assert (used(grant), facts()) == (0, [])


def test_the_same_click_after_a_give_back_is_counted_anew():
    grant = make_file_grant(b"x" * 1000, limit=1)
    cut_off(ask(grant))
    complete(ask(grant), sent_bytes=1000)
    assert (used(grant), facts()) == (1, [("click", 1000, 0)])


def test_a_file_that_fails_in_mid_stream_is_given_back_however_much_was_sent():
    grant = make_file_grant(b"x" * 1000)
    opened = ask(grant)
    opened.close()
    fulfilment.fail_stream(opened, sent_bytes=999, at=LATER)
    assert (used(grant), facts(), Grant.objects.get().given_back) == (0, [], 0)
    assert ledger(grant) == [
        ("charged", 1, None, ""),
        ("served", 0, 999, ""),
        ("released", -1, None, "storage"),
    ]


def test_a_failure_of_ours_is_given_back_as_often_as_it_happens():
    grant = make_file_grant(limit=1)
    for _ in range(5):
        opened = ask(grant)
        opened.close()
        fulfilment.fail_stream(opened, sent_bytes=0, at=NOW)
    assert (used(grant), facts()) == (0, [])
    assert audits.counters_off() == []


# --- Queries -------------------------------------------------------------------------------------


def queries_of(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len([each for each in captured if "SAVEPOINT" not in each["sql"]])


@pytest.fixture
def _written():
    """Have every statement written that is written at its first use."""
    opened = ask(make_file_grant())
    fulfilment.note_sent(opened, sent_bytes=1, at=NOW)
    complete(opened, sent_bytes=999)


@pytest.mark.usefixtures("_written")
def test_a_first_click_asks_five_times():
    grant = make_file_grant()
    # The grant, its click; the count, its Delivery, their lines: on PostgreSQL these in one.
    assert (
        queries_of(lambda: ask(grant).close()) == {"postgresql": 3, "sqlite": 5}[connection.vendor]
    )


@pytest.mark.usefixtures("_written")
def test_a_ride_asks_three_times():
    grant = make_file_grant()
    ask(grant).close()
    # The grant, its Delivery; one more answer.
    assert queries_of(lambda: ask(grant).close()) == 3


@pytest.mark.usefixtures("_written")
def test_the_end_of_an_answer_asks_twice():
    opened = ask(make_file_grant())
    # What was sent, in its Delivery and in its line.
    asks = {"postgresql": 1, "sqlite": 2}[connection.vendor]
    assert queries_of(lambda: complete(opened, sent_bytes=1000)) == asks


@pytest.mark.usefixtures("_written")
def test_a_note_in_mid_stream_asks_no_more_than_an_end():
    with ask(make_file_grant()) as opened:
        asks = {"postgresql": 1, "sqlite": 2}[connection.vendor]
        assert queries_of(lambda: fulfilment.note_sent(opened, sent_bytes=9, at=NOW)) == asks
