"""`manage.py reconcile --shop DOMAIN`."""

import copy
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from downloads.models import Dispute, Order, Product, RemovedProduct, Shop
from storefront import reconciling
from storefront.management.commands.reconcile import _read_past as read_since
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.shopify import remote as shopify_remote
from storefront.platforms.woocommerce import remote as woocommerce_remote
from storefront.reconciliation.run import NAMED_IN_SUMMARY, Run
from storefront.reconciling import reconcile_in_background
from tests.factories import NOW, ProductFactory, ShopFactory
from tests.invariants.reconciliation.conftest import give_access
from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.standin import Reply
from tests.invariants.reconciliation.woocommerce import WooShop

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _on_this_machine(settings, frozen, monkeypatch):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0
    frozen(NOW)


@pytest.fixture
def platform():
    with ShopifyShop() as standin:
        yield standin


@pytest.fixture
def shop(platform):
    shop = ShopFactory(name="My store", domain="my-store.example", reported_at=NOW)
    give_access(shop, "shopify", platform.address)
    return shop


class Outcome:
    """What one run of the command wrote, and how it ended."""

    def __init__(self, *options, shop="my-store.example"):
        out, err = StringIO(), StringIO()
        self.failure, self.status = None, 0
        try:
            call_command("reconcile", "--shop", shop, *options, stdout=out, stderr=err)
        except CommandError as error:
            self.failure, self.status = str(error), error.returncode
        self.said, self.problems = out.getvalue().splitlines(), err.getvalue().splitlines()


def order_of(number, **values):
    return {
        "id": number,
        "order_number": 1000 + number,
        "created_at": "2026-02-01T00:00:00+00:00",
        "updated_at": "2026-02-02T00:00:00+00:00",
        "financial_status": "paid",
        "line_items": [{"id": number, "quantity": 1, "title": "Book", "variant_id": 7}],
    } | values


def product_of(number, **values):
    return {
        "id": number,
        "title": f"Book {number}",
        "updated_at": "2026-02-02T00:00:00+00:00",
        "variants": [{"id": number * 10, "title": "Default Title", "sku": None}],
    } | values


def fill(rows, *found):
    rows.update({row["id"]: row for row in found})


def questions(platform, place):
    return [query for path, query in platform.asked if path.endswith(f"/{place}.json")]


# --- What it does -------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_missing_or_old_is_repaired_by_name(shop, platform):
    fill(platform.orders, order_of(50), order_of(51))
    fill(platform.products, product_of(7))
    Outcome()
    fill(platform.orders, order_of(51, financial_status="refunded"), order_of(52))
    platform.orders[51]["updated_at"] = "2026-02-03T00:00:00+00:00"
    again = Outcome("--all")
    assert again.said == [
        "order 1052: new",
        "order 1051: changed",
        "Repaired 0 of 1 shop, 0 of 1 products, 2 of 3 orders.",
    ]
    payments = Order.objects.order_by("number").values_list("number", "payment")
    assert list(payments) == [(1050, "paid"), (1051, "refunded"), (1052, "paid")]


@pytest.mark.slow
def test_a_second_run_repairs_nothing_and_says_so(shop, platform):
    fill(platform.orders, order_of(50))
    assert Outcome("--all").said[-1] == "Repaired 0 of 1 shop, 1 of 1 orders."
    assert Outcome("--all").said == ["Nothing to repair: 1 shop, 1 orders compared."]


@pytest.mark.slow
def test_a_dispute_holds_its_order(shop, platform):
    dispute = {"id": 9, "order_id": 50, "type": "chargeback", "status": "under_review"}
    fill(platform.orders, order_of(50))
    fill(platform.disputes, dispute)
    assert "dispute 9: new" in Outcome().said
    assert Order.objects.get().hold == Order.Hold.DISPUTE
    platform.disputes[9] = dispute | {"status": "won", "finalized_on": "2026-02-05"}
    assert Outcome().said[0] == "dispute 9: changed"
    assert (Order.objects.get().hold, Dispute.objects.get().state) == ("", "won")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["refused", "missing"])
def test_disputes_that_cannot_be_seen_are_told_and_not_fatal(shop, platform, kind):
    getattr(platform, kind).add("shopify_payments")
    outcome = Outcome()
    assert outcome.said[0].startswith("disputes were left out: 127.0.0.1:")
    assert (outcome.status, outcome.problems) == (0, [])
    assert PlatformAccess.objects.get().last_run_was_complete is True


@pytest.mark.slow
def test_the_shops_name_is_taken_over(shop, platform):
    platform.shop |= {"name": "New name", "updated_at": (NOW + HOUR).isoformat()}
    assert Outcome().said[0] == "shop: changed"
    assert Shop.objects.get().name == "New name"


@pytest.mark.slow
def test_a_product_that_is_gone_is_noted(shop, platform):
    fill(platform.products, product_of(7), product_of(8))
    Outcome()
    del platform.products[8]
    assert Outcome().said[0] == "product 8: removed"
    assert list(RemovedProduct.objects.values_list("product_id", flat=True)) == [8]
    assert Outcome().said == ["Nothing to repair: 1 shop compared."]


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
def test_all_products_are_asked_about_a_share_at_a_time(shop, platform, monkeypatch, at_once):
    monkeypatch.setattr(reconciling, "PRODUCTS_AT_ONCE", at_once)
    for number in (70, 71, 72):
        ProductFactory(shop=shop, product_id=number)
        ProductFactory(shop=shop, product_id=number)
    fill(platform.products, product_of(71))
    steps = []
    ask = shopify_remote.lacking

    def lacking(line, numbers):
        steps.append(list(numbers))
        return ask(line, numbers)

    monkeypatch.setattr(shopify_remote, "lacking", lacking)
    gone = [line for line in Outcome().said if line.endswith("removed")]
    assert gone == ["product 70: removed", "product 72: removed"]
    assert [number for step in steps for number in step] == [70, 71, 72]
    assert max(map(len, steps)) == min(at_once, 3)


@pytest.mark.slow
def test_a_product_that_an_answer_leaves_out_is_not_gone(shop, platform, monkeypatch):
    fill(platform.products, product_of(7))
    ProductFactory(shop=shop, product_id=7)
    monkeypatch.setattr(platform, "nodes_shown", lambda nodes: [])
    assert Outcome().status == 1
    assert not RemovedProduct.objects.exists()


@pytest.mark.slow
def test_another_shops_products_are_not_asked_for(shop, platform):
    ProductFactory(product_id=8)
    ProductFactory(shop=shop, product_id=None)
    Outcome()
    assert not RemovedProduct.objects.exists()


# --- Since when ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_first_run_asks_for_everything_and_the_next_since_then(shop, platform):
    Outcome()
    assert questions(platform, "orders") == [{"limit": "250", "status": "any"}]
    assert PlatformAccess.objects.get().complete_from == NOW
    Outcome()
    since = {"updated_at_min": (NOW - HOUR).isoformat()}
    assert questions(platform, "orders")[1:] == [{"limit": "250", "status": "any"} | since]
    assert platform.searches == [None, f"updated_at:>='{(NOW - HOUR).isoformat()}'"]
    Outcome("--all")
    assert questions(platform, "orders")[2] == {"limit": "250", "status": "any"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "since"),
    [
        ("2026-02-02", "2026-02-02T00:00:00+00:00"),
        ("2026-02-02T10:00", "2026-02-02T10:00:00+00:00"),
        ("2026-02-02T10:00:00+02:00", "2026-02-02T08:00:00+00:00"),
    ],
)
def test_a_day_or_a_time_may_be_given(shop, platform, said, since):
    fill(platform.orders, order_of(50, updated_at="2026-02-03T00:00:00+00:00"))
    fill(platform.orders, order_of(51, updated_at="2026-01-01T00:00:00+00:00"))
    assert Outcome("--since", said).said[0] == "order 1050: new"
    assert questions(platform, "orders")[0]["updated_at_min"] == since
    assert Order.objects.count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("said", ["yesterday", "2026-13-01", "2026-02-30T10:00"])
def test_what_is_no_time_is_refused(shop, said):
    assert "--since" in Outcome("--since", said).failure


@pytest.mark.slow
@pytest.mark.parametrize(
    ("known_to", "since", "then"),
    [
        (None, "2026-02-02", None),
        (NOW - 9 * HOUR, "2026-02-02", NOW),
        (NOW - 9 * HOUR, "2026-03-01T11:00", NOW - 9 * HOUR),
    ],
)
def test_a_run_that_leaves_a_gap_is_not_taken_up(shop, known_to, since, then):
    PlatformAccess.objects.update(complete_from=known_to)
    Outcome("--since", since)
    assert PlatformAccess.objects.get().complete_from == then


@pytest.mark.parametrize("fault", ["", "The platform is gone."])
def test_a_run_is_taken_up_for_the_address_alone_that_it_asked(shop, fault):
    """Another address is entered while it goes, so everything is to be asked for there."""
    PlatformAccess.objects.update(complete_from=NOW - HOUR)
    asked = PlatformAccess.objects.get()
    PlatformAccess.objects.update(address="https://other.example", complete_from=None)
    run = reconciling.begin(asked, at=NOW, since=NOW - 2 * HOUR)
    run.is_over = not fault
    reconciling.finish(asked, run, at=NOW, fault=fault)
    assert PlatformAccess.objects.get().complete_from is None


@pytest.mark.slow
@pytest.mark.parametrize(("second", "removed"), [(None, 1), ("generic", 0)])
def test_of_two_platforms_neither_removes_what_the_other_sells(shop, platform, second, removed):
    ProductFactory(shop=shop, product_id=77)
    if second:
        WebhookSecret.keep(shop, source=second, secret="whsec_" + "A" * 32)
    Outcome()
    assert RemovedProduct.objects.count() == removed


@pytest.mark.parametrize("text", ["nonsense", "2099-01-01"])
def test_a_time_that_is_none_or_still_to_come_is_refused_in_words(shop, platform, text):
    with pytest.raises(ArgumentTypeError, match=f"^{text} is .*; write "):
        read_since(text)


# --- What goes wrong ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_bad_order_is_named_and_the_others_go_in(shop, platform):
    fill(platform.orders, order_of(50), order_of(51, line_items=None), order_of(52))
    outcome = Outcome()
    assert outcome.problems == ["order 1051: order.line_items: expected a list, got nothing"]
    assert outcome.said[-1] == (
        "Repaired 0 of 1 shop, 2 of 3 orders; 1 could not be read, named below."
    )
    assert outcome.failure == "1 could not be read, named above; everything else is in."
    assert outcome.status == 1
    assert Order.objects.count() == 2
    access = PlatformAccess.objects.get()
    assert (access.complete_from, access.last_run_was_complete) == (None, False)
    assert access.last_summary.splitlines()[1] == outcome.problems[0]


@pytest.mark.slow
def test_a_fault_of_ours_with_one_order_does_not_keep_the_others_out(
    shop, platform, monkeypatch, caplog
):
    fill(platform.orders, order_of(50), order_of(51))
    record = reconciling.fulfilment.record_order

    def fail(shop, report, **given):
        if report.number == 1051:
            raise ZeroDivisionError
        return record(shop, report, **given)

    monkeypatch.setattr(reconciling.fulfilment, "record_order", fail)
    outcome = Outcome()
    assert outcome.problems == ["order 1051: a fault of ours (ZeroDivisionError); the log has more"]
    assert Order.objects.get().number == 1050
    assert "order 1051 of my-store.example could not be taken in" in caplog.text


def test_a_database_that_is_gone_ends_the_run(shop, platform, monkeypatch):
    fill(platform.orders, order_of(50))

    def fail(shop, report, **given):
        raise OperationalError

    monkeypatch.setattr(reconciling.fulfilment, "record_order", fail)
    assert Outcome().failure == "The database could not be reached. Run it again."


def test_a_token_that_is_not_let_in_says_what_to_make(shop, platform):
    access = PlatformAccess.objects.get()
    access.seal_in(secret="shpat_another_token_altogether")
    access.save()
    outcome = Outcome()
    assert " does not let us in (401), asked for shop. Make a new token " in outcome.failure
    assert "read_orders, read_products" in outcome.failure
    assert PlatformAccess.objects.get().last_summary == outcome.failure


def test_a_missing_right_is_named_by_what_was_asked_for(shop, platform):
    platform.refused.add("orders")
    assert "(403), asked for orders. Make a new token" in Outcome().failure


def test_an_address_of_something_else_is_told(shop, platform):
    platform.missing.add("shop")
    assert Outcome().failure.endswith("(404), asked for shop: is this the address of the shop?")


def test_a_token_that_no_key_opens_is_told(shop, settings):
    PlatformAccess.objects.update(sealed="gAAAAA")
    assert Outcome().failure == "A stored secret cannot be opened with ENCRYPTION_KEYS."


@pytest.mark.slow
def test_a_cursor_past_its_time_begins_the_listing_anew(shop, platform):
    platform.largest_page, platform.uses = 2, 0
    fill(platform.orders, *map(order_of, range(50, 53)))
    assert "does not understand us (400)" in Outcome().failure
    assert len(questions(platform, "orders")) == 8
    assert Order.objects.count() == 2


def test_an_unknown_shop_and_one_without_access_are_told(shop):
    assert Outcome(shop="other.example").failure.startswith('There is no shop "other.example".')
    ShopFactory(domain="bare.example")
    assert Outcome(shop="bare.example").failure == (
        "We have no access to the platform of bare.example. Enter its address and token in the "
        "admin under Connections."
    )


def test_a_platform_that_offers_nothing_to_ask_is_told(db):
    shop = ShopFactory(domain="own.example")
    WebhookSecret.keep(shop, source="generic", secret="whsec_0123456789abcdef")
    assert Outcome(shop="own.example").failure.endswith(
        "which offers no API that we could ask. Have the shop send them again."
    )
    give_access(shop, "shopify", "https://own.example")
    PlatformAccess.objects.update(source="bazaar")
    assert Outcome(shop="own.example").failure == "Bazaar offers no API that we could ask."


@pytest.mark.slow
def test_one_platform_that_cannot_be_asked_does_not_keep_the_other_waiting(shop, platform):
    fill(platform.orders, order_of(50))
    give_access(shop, "woocommerce", platform.address)
    outcome = Outcome()
    assert "order 1050: new" in outcome.said
    assert "does not let us in (401), asked for products" in outcome.failure


@pytest.mark.slow
def test_quiet_it_says_nothing_unless_something_is_wrong(shop, platform):
    fill(platform.orders, order_of(50))
    quiet = Outcome("--quiet")
    assert (quiet.said, quiet.problems, quiet.failure) == ([], [], None)
    fill(platform.orders, order_of(51, line_items=None))
    wrong = Outcome("--quiet", "--all")
    assert (wrong.said, len(wrong.problems), wrong.status) == ([], 1, 1)


# --- Shares -------------------------------------------------------------------------------------


def test_a_task_does_its_share_and_leaves_the_rest_to_the_next(shop, platform, monkeypatch):
    monkeypatch.setattr(reconciling, "SHARE_SECONDS", 0)
    rest = []
    monkeypatch.setattr(
        reconcile_in_background.__class__, "enqueue", lambda self, *a: rest.append(a)
    )
    access = PlatformAccess.objects.get()
    assert reconcile_in_background.call(access.pk) == "Nothing to repair."
    ((number, state),) = rest
    assert number == access.pk
    assert Run.from_json(state) == reconciling.begin(access, at=NOW)
    assert PlatformAccess.objects.get().last_run_at is None


def test_a_run_that_was_put_down_is_taken_up_where_it_was():
    run = Run(
        "https://shop.example", began_at=NOW, since=NOW - HOUR, stage=2, cursor="x", restarts=1
    )
    run.seen["orders"] += 2
    run.name_repair("orders", "order 1050: new")
    assert Run.from_json(run.as_json()) == run


def test_a_run_does_not_go_on_at_another_address(shop, platform):
    access = PlatformAccess.objects.get()
    state = reconciling.begin(access, at=NOW).as_json() | {"address": "https://other.example"}
    ended = "The address was changed meanwhile. Run it again."
    assert reconcile_in_background.call(access.pk, state) == ended
    assert PlatformAccess.objects.get().complete_from is None


def test_troubles_are_named_before_repairs_and_neither_without_end():
    run = Run("https://shop.example", began_at=NOW, since=None)
    for number in range(NAMED_IN_SUMMARY + 5):
        run.name_repair("orders", f"order {number}: new")
    run.name_trouble("order 99: bad")
    assert len(run.named) == NAMED_IN_SUMMARY
    assert run.named[:2] == ["order 99: bad", "order 0: new"]
    assert (run.repaired["orders"], run.troubles) == (NAMED_IN_SUMMARY + 5, 1)


def test_an_access_that_was_deleted_meanwhile_ends_the_task():
    assert reconcile_in_background.call(12345) == "The access was deleted."


# --- Paces and pages ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_bucket_that_is_nearly_full_is_left_to_leak(shop, platform, monkeypatch):
    platform.level = 35
    slept = []
    clock = SimpleNamespace(sleep=slept.append, monotonic=lambda: 0.0)
    monkeypatch.setattr("storefront.platforms.client.time", clock)
    Outcome()
    # 40 is the smallest plan's: it leaks two a second.
    assert set(slept) == {0.0, 0.5}
    assert 429 not in platform.statuses


@pytest.fixture
def woo():
    with WooShop(largest_page=3, bucket=10**6) as standin:
        give_access(ShopFactory(domain="my-store.example"), "woocommerce", standin.address)
        yield standin


def woo_order(number, **values):
    return {
        "id": number,
        "number": str(1000 + number),
        "status": "processing",
        "date_created_gmt": "2026-02-01T00:00:00",
        "date_modified_gmt": "2026-02-02T00:00:00",
        "line_items": [{"id": number, "name": "Book", "product_id": 7, "quantity": 1}],
        "refunds": [],
    } | values


@pytest.mark.slow
def test_what_moves_forward_while_it_is_listed_is_not_skipped(woo):
    fill(woo.orders, *map(woo_order, range(50, 61)))
    answer = woo.answer

    def lose_some(path, query):
        reply = answer(path, query)
        if path.endswith("/orders") and query["offset"] == "2":
            for number in (50, 51, 52, 53):
                woo.orders.pop(number, None)
        return reply

    woo.answer = lose_some
    Outcome()
    numbers = set(Order.objects.values_list("platform_id", flat=True))
    assert numbers >= set(range(54, 61))


@pytest.mark.slow
def test_woocommerces_times_are_asked_for_without_a_zone(woo):
    fill(woo.orders, woo_order(50), woo_order(51, date_modified_gmt="2026-02-01T00:00:00"))
    assert Outcome("--since", "2026-02-01T12:00:00+02:00").said[0] == "order 1050: new"
    orders = [query for path, query in woo.asked if path.endswith("/orders")]
    assert orders == [
        {
            "orderby": "id",
            "order": "asc",
            "per_page": "100",
            "offset": "0",
            "status": "any",
            "modified_after": "2026-02-01T10:00:00",
            "dates_are_gmt": "true",
        }
    ]


@pytest.mark.slow
def test_a_refund_that_cannot_be_told_does_not_keep_its_order_out(woo):
    fill(woo.orders, woo_order(50, refunds=[{"id": 90}]))
    woo.refunds[50] = [{"id": 90, "line_items": [{"id": 91, "quantity": -1, "product_id": 99}]}]
    outcome = Outcome()
    assert len(outcome.problems) == 1
    assert outcome.problems[0].startswith("order 1050: refund.line_items[0]")
    assert Order.objects.get().number == 1050


@pytest.mark.slow
def test_a_product_in_the_trash_is_gone(woo):
    book = {"id": 7, "name": "Book", "sku": "", "date_modified_gmt": "2026-02-02T00:00:00"}
    fill(woo.products, book, book | {"id": 8})
    Outcome()
    assert Product.objects.count() == 2
    woo.trash[7] = copy.deepcopy(woo.products.pop(7)) | {"status": "trash"}
    assert Outcome().said[0] == "product 7: removed"


@pytest.mark.slow
def test_a_listing_of_one_order_that_comes_to_no_end_ends_the_run(woo, monkeypatch):
    monkeypatch.setattr(woocommerce_remote, "PAGE_SIZE", 1)
    fill(woo.orders, woo_order(50, refunds=[{"id": 90}]))
    answer = woo.answer

    def repeat(path, query):
        is_refunds = path.endswith("/refunds")
        return Reply([{"id": 90, "line_items": []}]) if is_refunds else answer(path, query)

    woo.answer = repeat
    assert Outcome().failure.endswith("lists the same once more")
    assert PlatformAccess.objects.get().complete_from is None


def test_what_a_plugin_calls_an_order_is_named_as_far_as_it_can_be_shown(woo):
    fill(woo.orders, woo_order(50) | {"number": "WC-\0\x1b[31m7", "line_items": None})
    assert Outcome().problems[0].startswith("order WC-[31m7: ")


@pytest.mark.slow
def test_pages_of_one_row_come_to_an_end(woo):
    woo.largest_page = 1
    fill(woo.orders, *map(woo_order, range(50, 54)))
    Outcome()
    assert Order.objects.count() == 4
    assert woocommerce_remote.PAGE_SIZE == 100


def test_the_overlap_of_two_runs_is_an_hour():
    access = PlatformAccess(complete_from=datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert reconciling.begin(access, at=NOW).since == datetime(2026, 1, 1, 11, tzinfo=UTC)
