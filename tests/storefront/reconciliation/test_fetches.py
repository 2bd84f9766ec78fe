"""One order asked for anew, and who asks for it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment import InboundMessage
from downloads.models import Message, Order
from storefront import inbox, reconciling
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.base import Envelope
from storefront.platforms.client import PlatformFault
from storefront.platforms.registry import PLATFORMS, remote_of
from storefront.reconciliation import fetches
from storefront.reconciliation.fetches import fetch_in_background, fetch_order
from tests.factories import NOW, ShopFactory
from tests.invariants.reconciliation.standin import Reply

MINUTE, LONG_AGO = timedelta(minutes=1), "2024-01-01T00:00:00+00:00"
DELETED = {"shopify": "orders/delete", "woocommerce": "order.deleted"}
UPDATED = {"shopify": "orders/updated", "woocommerce": "order.updated"}


@pytest.fixture
def deletions(monkeypatch):
    """Return a list of the orders that are deleted from now on."""
    gone = []
    monkeypatch.setattr(
        fulfilment,
        "delete_reported_order",
        lambda shop, platform_id, *, at: gone.append((shop.pk, platform_id, at)),
    )
    return gone


@pytest.fixture
def reports(monkeypatch):
    """Return a list of the orders' reports that are recorded from now on."""
    given, record = [], fulfilment.record_order

    def note(shop, report, **named):
        given.append(report)
        return record(shop, report, **named)

    monkeypatch.setattr(fulfilment, "record_order", note)
    return given


@pytest.fixture
def say(shop, source, django_capture_on_commit_callbacks):
    """Return a function that takes in a message of the shop."""

    def send(topic, payload):
        envelope = Envelope(shop.domain, topic, str(Message.objects.count()), signature="")
        with django_capture_on_commit_callbacks(execute=True):
            inbox.store(shop, PLATFORMS[source].parse(envelope, payload), at=timezone.now())
        with django_capture_on_commit_callbacks(execute=True):
            inbox.apply_messages.call()
        assert list(Message.objects.exclude(error="").values_list("error", flat=True)) == []

    return send


def queued():
    """Return what each fetch that waits is about."""
    rows = DBTaskResult.objects.filter(task_path=fetch_in_background.module_path)
    return [row.args_kwargs["args"] for row in rows.order_by("enqueued_at")]


def heard(shop, number=50, source="shopify"):
    """Note that a platform once spoke of an order."""
    said = InboundMessage(source, "orders/paid", str(number), is_known=False, about_order=number)
    fulfilment.receive(shop, said, at=NOW)


# --- What comes of it ---------------------------------------------------------------------------


def test_an_order_is_taken_in_as_it_is_now(shop, platform, order_of):
    platform.orders[50] = order_of()
    assert fetch_order(shop, 50, at=NOW) == "order 1050: new"
    assert fetch_order(shop, 50, at=NOW) == "order 1050: unchanged"
    moved = {"updated_at": "2026-02-03T00:00:00Z", "date_modified_gmt": "2026-02-03T00:00:00"}
    platform.orders[50] = order_of(**moved, currency="EUR")
    assert fetch_order(shop, 50, at=NOW) == "order 1050: changed"
    assert Order.objects.get().currency == "EUR"


def test_it_is_marked_with_a_time_before_it_was_asked_for(
    shop, platform, order_of, reports, frozen, monkeypatch
):
    platform.orders[50] = order_of()
    answer = platform.answer

    def answer_later(path, query):
        frozen(timezone.now() + MINUTE)
        return answer(path, query)

    monkeypatch.setattr(platform, "answer", answer_later)
    fetch_order(shop, 50, at=NOW)
    assert [(each.fetched_at, each.are_refunds_complete) for each in reports] == [(NOW, True)]


@pytest.mark.parametrize("refunds", [None, "none", {}])
def test_a_list_of_refunds_that_is_none_is_not_complete(shop, platform, order_of, reports, refunds):
    platform.orders[50] = order_of(refunds=refunds)
    try:
        fetch_order(shop, 50, at=NOW)
    except BadInput:
        assert refunds is not None
    assert [each.are_refunds_complete for each in reports] in ([], [False])


def test_what_is_gone_is_deleted(shop, platform, order_of, deletions):
    platform.orders[50], platform.orders[51] = order_of(), order_of(51)
    fetch_order(shop, 50, at=NOW)
    del platform.orders[50]
    assert fetch_order(shop, 50, at=NOW) == "order 1050: deleted on the platform"
    assert deletions == [(shop.pk, 50, NOW)]


@pytest.mark.parametrize("source", ["woocommerce"], indirect=True)
def test_what_is_in_the_trash_is_deleted(shop, platform, order_of, deletions):
    platform.orders[50] = order_of()
    fetch_order(shop, 50, at=NOW)
    platform.trashed_orders[50] = platform.orders.pop(50) | {"status": "trash"}
    assert fetch_order(shop, 50, at=NOW) == "order 1050: deleted on the platform"
    assert deletions == [(shop.pk, 50, NOW)]


def test_what_was_answered_410_is_gone_too(shop, platform, order_of, deletions, monkeypatch):
    platform.orders[50] = order_of()
    fetch_order(shop, 50, at=NOW)
    answer = platform.answer
    monkeypatch.setattr(
        platform,
        "answer",
        lambda path, query: Reply({}, 410) if "/50" in path else answer(path, query),
    )
    assert fetch_order(shop, 50, at=NOW) == "order 1050: deleted on the platform"


def test_what_neither_side_knows_is_no_matter(shop, platform, deletions, order_of):
    platform.orders[51] = order_of(51, created_at=LONG_AGO)
    assert fetch_order(shop, 50, at=NOW) == "order 50: not on the platform, nor here"
    assert deletions == []


def test_a_report_that_comes_while_we_ask_is_not_undone(
    shop, platform, order_of, deletions, monkeypatch
):
    platform.orders[50] = order_of()
    fetch_order(shop, 50, at=NOW)
    restored = platform.orders.pop(50) | {
        "updated_at": "2026-02-03T00:00:00Z",
        "date_modified_gmt": "2026-02-03T00:00:00",
    }
    ask, rows = remote_of(PlatformAccess.objects.get().source).read_order, []

    def read_order(connection, number, *, placed_at):
        row = ask(connection, number, placed_at=placed_at)
        if not rows:
            # It is restored the moment after the platform's answer, and a message says so.
            platform.orders[50] = restored
            Order.objects.update(reported_rank="another")
        rows.append(row)
        return row

    monkeypatch.setattr(remote_of(PlatformAccess.objects.get().source), "read_order", read_order)
    fetch_order(shop, 50, at=NOW)
    assert (deletions, rows[0], len(rows)) == ([], None, 2)


@pytest.mark.parametrize("source", ["shopify"], indirect=True)
@pytest.mark.parametrize(("others", "is_seen"), [([], False), ([51], True)])
def test_an_old_order_that_may_be_hidden_from_us_is_not_deleted(
    shop, platform, order_of, deletions, others, is_seen
):
    platform.orders[50] = order_of(created_at=LONG_AGO)
    fetch_order(shop, 50, at=NOW)
    platform.orders = {number: order_of(number, created_at=LONG_AGO) for number in others}
    platform.orders[52] = order_of(52, created_at=NOW.isoformat())
    if is_seen:
        fetch_order(shop, 50, at=NOW)
    else:
        with pytest.raises(PlatformFault, match="read_all_orders"):
            fetch_order(shop, 50, at=NOW)
    assert len(deletions) == int(is_seen)


def test_where_the_address_is_wrong_nothing_is_deleted(
    shop, platform, order_of, deletions, monkeypatch
):
    platform.orders[50] = order_of()
    fetch_order(shop, 50, at=NOW)
    monkeypatch.setattr(platform, "answer", lambda path, query: Reply({"code": "no_route"}, 404))
    with pytest.raises(PlatformFault, match="is this the address of the shop"):
        fetch_order(shop, 50, at=NOW)
    assert deletions == []


def test_a_platform_that_lets_us_in_no_more_is_told_of(shop, platform, monkeypatch):
    monkeypatch.setattr(platform, "refusal", lambda headers: Reply({}, 401))
    with pytest.raises(PlatformFault, match="Make a new token with all rights named here"):
        fetch_order(shop, 50, at=NOW)


# --- Whom to ask --------------------------------------------------------------------------------


def test_without_access_it_is_said_what_to_enter(shop, source):
    PlatformAccess.objects.all().delete()
    with pytest.raises(PlatformFault, match="in the admin under Connections"):
        fetch_order(shop, 50, at=NOW)


def test_another_shops_access_is_not_used(shop, platform, order_of):
    platform.orders[50] = order_of()
    with pytest.raises(PlatformFault):
        fetch_order(ShopFactory(), 50, at=NOW)
    assert platform.asked == []


def test_of_two_platforms_the_one_that_spoke_of_it_is_asked(shop, source, platform, order_of):
    platform.orders[50] = order_of()
    WebhookSecret.keep(shop, source="generic", secret="whsec_" + "MDEy" * 10)
    with pytest.raises(PlatformFault, match="not known on which platform"):
        fetch_order(shop, 50, at=NOW)
    heard(shop, source=source)
    assert fetch_order(shop, 50, at=NOW) == "order 1050: new"
    heard(shop, number=51, source="generic")
    with pytest.raises(PlatformFault):
        fetch_order(shop, 51, at=NOW)


def test_it_is_found_where_reconciliation_is():
    assert reconciling.fetch_order is fetch_order


# --- Messages that leave it open ----------------------------------------------------------------


def test_a_deletion_has_the_order_asked_for_once(shop, source, say, platform, order_of):
    say(UPDATED[source], order_of())
    assert queued() == []
    say(DELETED[source], {"id": 50})
    assert queued() == [[shop.pk, 50, source]]
    fetches._enqueue(shop, 50, source)
    assert queued() == [[shop.pk, 50, source]]
    fetches._enqueue(shop, 51, source)
    assert len(queued()) == 2


def test_where_we_may_not_ask_nothing_is_queued(shop, source, say, order_of):
    PlatformAccess.objects.all().delete()
    say(UPDATED[source], order_of())
    say(DELETED[source], {"id": 50})
    assert queued() == []


@pytest.mark.parametrize("source", ["woocommerce"], indirect=True)
def test_two_reports_of_one_time_have_the_order_asked_for(shop, source, say, order_of):
    say("order.updated", order_of())
    say("order.updated", order_of())
    assert queued() == []
    say("order.updated", order_of(date_modified_gmt="2026-02-02T00:00:01"))
    assert queued() == []
    say("order.updated", order_of(date_modified_gmt="2026-02-02T00:00:01", status="on-hold"))
    assert queued() == [[shop.pk, 50, source]]


def test_a_fetch_that_fails_is_quiet(shop, source, monkeypatch):
    assert fetch_in_background.call(0, 50, source) == "The shop was deleted."
    PlatformAccess.objects.all().delete()
    assert "We have no access" in fetch_in_background.call(shop.pk, 50, source)
