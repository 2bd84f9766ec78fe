from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from downloads import fulfilment
from downloads.lookups import ledger
from downloads.models import Delivery, DownloadEvent, Grant
from tests.downloads.clicking import ask, cut_off, refused, spend
from tests.factories import (
    NOW,
    EventFactory,
    GrantFactory,
    OrderFactory,
    ShopFactory,
    make_counted_grant,
    make_file_grant,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=400)


def audit(**options) -> tuple[str, list[str], str]:
    """Return what the command says, each counter it names, and its last word."""
    said, named = StringIO(), StringIO()
    try:
        call_command("audit_counters", stdout=said, stderr=named, no_color=True, **options)
    except CommandError as error:
        return said.getvalue(), named.getvalue().splitlines(), str(error)
    return said.getvalue(), named.getvalue().splitlines(), ""


def agree(count: int) -> tuple[str, list[str], str]:
    return f"{count} counters agree with the ledger.\n", [], ""


def set_used(grant: Grant, used: int) -> None:
    Grant.objects.filter(pk=grant.pk).update(used=used)


# --- Counters that agree -------------------------------------------------------------------------


def test_nothing_agrees_with_nothing():
    assert audit() == agree(0)


def test_clicks_rides_and_refusals_agree():
    grant, _untouched = GrantFactory(limit=2), GrantFactory()
    for nonce in ("one", "one", "two"):
        spend(grant, nonce)
    refused(grant, "three")
    assert audit() == agree(2)


def test_what_is_reset_or_raised_agrees():
    grant = GrantFactory(limit=2)
    spend(grant, "one")
    spend(grant, "two")
    fulfilment.reset(grant, at=NOW)
    fulfilment.reset(grant, at=NOW)
    spend(grant, "three")
    fulfilment.raise_limit(grant, by=5, at=NOW)
    spend(grant, "four")
    assert audit() == agree(1)
    assert Grant.objects.get().used == 2


def test_what_is_given_back_agrees():
    grant = make_file_grant()
    for nonce in ("cut", "failed", "never fetched", "kept"):
        opened = ask(grant, nonce)
        if nonce == "cut":
            cut_off(opened)
        elif nonce == "failed":
            opened.close()
            fulfilment.fail_stream(opened, sent_bytes=500, at=NOW)
        else:
            opened.close()
            fulfilment.note_sent(opened, sent_bytes=500 if nonce == "kept" else 0, at=NOW)
    assert fulfilment.weigh_deliveries(at=LATER) == 1
    assert (Grant.objects.get().used, audit()) == (1, agree(1))


def test_pruning_moves_nothing():
    grants = [make_counted_grant(3), GrantFactory()]
    for grant in grants:
        spend(grant)
    fulfilment.reset(grants[1], at=NOW)
    spend(grants[1], "after")
    before = list(Grant.objects.values())
    assert fulfilment.prune_ledger(at=LATER) == 4
    assert (list(Grant.objects.values()), audit()) == (before, agree(2))


def test_deleted_deliveries_take_nothing_out_of_the_ledger():
    spend(GrantFactory())
    Delivery.objects.all().delete()
    assert audit() == agree(1)


# --- Counters that do not ------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "entered"), [(4, 3), (3, 4), (0, 1), (1, 0), (5, -1)])
def test_a_difference_either_way_is_named(used, entered):
    order = OrderFactory(number=1050)
    grant = GrantFactory(order=order, asset__title="My new book", used=used)
    if entered:
        EventFactory(grant=grant, kind="carried", downloads=entered)
    spend(GrantFactory())
    assert audit() == (
        "",
        [f'Order 1050, "My new book" (grant {grant.pk}): counted {used}, in the ledger {entered}.'],
        "1 of 2 counters differ from the ledger, named above.",
    )


@pytest.mark.slow
def test_every_difference_is_named():
    grants = [GrantFactory(used=1) for _ in range(30)]
    _said, named, last_word = audit()
    assert [f"(grant {grant.pk})" in line for grant, line in zip(grants, named, strict=True)] == [
        True
    ] * 30
    assert last_word == "30 of 30 counters differ from the ledger, named above."


def test_a_line_taken_out_of_the_ledger_is_found():
    grant = GrantFactory()
    spend(grant, "one")
    spend(grant, "two")
    DownloadEvent.objects.filter(kind="charged").first().delete()
    [off] = ledger.counters_off()
    assert (off.grant, off.grant.used, off.entered) == (grant, 2, 1)


def test_a_difference_is_found_after_resets_give_backs_and_pruning_too():
    grant = make_file_grant()
    spend(grant, "one")
    fulfilment.reset(grant, at=NOW)
    cut_off(ask(grant, "two"))
    spend(grant, "three")
    fulfilment.prune_ledger(at=LATER)
    assert ledger.counters_off() == []
    set_used(grant, 0)
    assert [(off.grant.used, off.entered) for off in ledger.counters_off()] == [(0, 1)]


# --- One shop, and one statement -----------------------------------------------------------------


def test_a_shop_is_audited_alone():
    mine, theirs = ShopFactory(domain="mine.example"), ShopFactory(domain="theirs.example")
    GrantFactory(order__shop=mine)
    off = GrantFactory(order__shop=theirs, used=2)
    assert audit(shop="mine.example") == agree(1)
    assert [each.grant for each in ledger.counters_off(theirs)] == [off]
    assert audit(shop="theirs.example")[2] == (
        "1 of 1 counters differ from the ledger, named above."
    )


def test_an_unknown_shop_is_named_with_those_there_are():
    ShopFactory(domain="my-store")
    said = audit(shop="my-shop")
    assert said == ("", [], 'There is no shop "my-shop". Known shops: my-store.')


def test_both_figures_come_of_one_statement(django_assert_num_queries):
    for grant in (GrantFactory(used=2), GrantFactory(used=1), GrantFactory()):
        EventFactory(grant=grant)
    with django_assert_num_queries(1):
        found = [(off.grant.used, off.entered, str(off)) for off in ledger.counters_off()]
    assert [each[:2] for each in found] == [(2, 1), (0, 1)]


def test_the_newest_lines_of_a_quiet_shop_are_found_beside_a_busy_one(monkeypatch):
    monkeypatch.setattr(ledger, "MOST_LINES", 3)
    quiet, busy = ShopFactory(), ShopFactory()
    grant = GrantFactory(order__shop=quiet)
    theirs = [EventFactory(grant=grant, at=NOW - timedelta(hours=n)) for n in range(3)]
    EventFactory(grant=grant, at=NOW, kind="served")
    other = GrantFactory(order__shop=busy)
    ours = [EventFactory(grant=other, at=NOW + timedelta(minutes=n)) for n in range(9)][::-1]
    kinds = ["charged", "refused"]
    assert ledger.newest_lines(kinds, [quiet.pk], 2) == theirs[:2]
    assert ledger.newest_lines(kinds, [busy.pk], 2) == ours[:2]
    assert ledger.newest_lines(kinds, [busy.pk, quiet.pk], 12) == [*ours, *theirs]
    assert ledger.newest_lines(kinds, None, 10) == [*ours, theirs[0]]
    assert ledger.newest_lines(kinds, [], 10) == []
