"""Lines whose product, units or payment a later report tells otherwise, heard in every order."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from downloads.fulfilment import (
    apply_policies,
    attach_to_order,
    attach_to_product,
    record_order,
    settle,
    spend,
)
from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import DownloadEvent, Grant, LineItem, Order, Product, Shop
from downloads.models.statuses import StatusMeaning
from tests.downloads.reported import line_report, order_report, refund_report
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.invariants.messages.lattice import only_end, undone
from tests.invariants.messages.states import state_of

pytestmark = pytest.mark.django_db

HOURS = [NOW + timedelta(hours=n) for n in range(4)]
BASIC, PRO, OTHER = 11, 12, 13


@pytest.fixture
def shop() -> Shop:
    """A shop with three variants, each with an asset of its own; the first two share one."""
    shop = ShopFactory()
    both = LinkFactory(shop=shop, title="both")
    for variant in (BASIC, PRO, OTHER):
        product = ProductFactory(shop=shop, variant_id=variant, product_id=900)
        AttachmentFactory(product=product, asset=LinkFactory(shop=shop, title=str(variant)))
        if variant != OTHER:
            AttachmentFactory(product=product, asset=both)
    return shop


def bought(variant: int | None, quantity: int | None = 1, **fields: Any) -> LineReport:
    product = ProductReport(name="Suite", product_id=900, variant_id=variant)
    return LineReport(1, product, quantity=quantity, **fields)


def named(*variants: int | None) -> list[OrderReport]:
    """One report an hour, each with the line of this variant."""
    return [order_report(bought(each), at=HOURS[n]) for n, each in enumerate(variants)]


def say(shop: Shop, report: OrderReport) -> Order:
    return record_order(shop, report, at=NOW).order


def hear(shop: Shop, *reports: OrderReport) -> None:
    """Say these in all orders, which must come to one end; leave the shop there."""
    only_end(reports, apply=partial(say, shop), state=partial(state_of, shop))
    for report in reports:
        say(shop, report)


def statuses() -> dict[str, str]:
    grants = Grant.objects.with_facts()
    return {grant.asset.title: grant.refusal(NOW) or grant.status(NOW) for grant in grants}


def allowed() -> list[tuple[int | None, int | None, str]]:
    grants = Grant.objects.with_facts().order_by("line__platform_id", "asset__title")
    return [(grant.line.platform_id, grant.allowed, grant.status(NOW)) for grant in grants]


# --- Product -------------------------------------------------------------------------------------


def test_a_line_brings_what_the_newest_report_names(shop):
    hear(shop, *named(BASIC, PRO))
    assert LineItem.objects.get().product.variant_id == PRO
    assert statuses() == {"11": "replaced", "12": "available", "both": "available"}
    grants = Grant.objects.order_by("asset__title").values_list("product__variant_id", flat=True)
    assert list(grants) == [BASIC, PRO, PRO]


def test_what_was_downloaded_of_a_former_product_stays_counted(shop):
    say(shop, named(BASIC)[0])
    grant = Grant.objects.with_rights().get(asset__title="11")
    spend(grant, nonce="click", valid_until=HOURS[3], at=NOW)
    say(shop, named(BASIC, PRO)[1])
    former = Grant.objects.with_rights().get(pk=grant.pk)
    assert (former.used, former.deliveries.count(), former.status(NOW)) == (1, 1, "expired")
    say(shop, named(BASIC, PRO, BASIC)[2])
    back = Grant.objects.with_rights().get(pk=grant.pk)
    assert (back.used, back.remaining, back.status(NOW)) == (1, 9, "available")
    assert Grant.objects.count() == 3


def test_what_both_products_have_goes_on_with_its_count(shop):
    say(shop, named(BASIC)[0])
    spend(
        Grant.objects.with_rights().get(asset__title="both"),
        nonce="c",
        valid_until=HOURS[1],
        at=NOW,
    )
    say(shop, named(BASIC, PRO)[1])
    grant = Grant.objects.with_facts().get(asset__title="both")
    assert (grant.used, grant.product, grant.status(NOW)) == (1, grant.line.product, "available")


@pytest.mark.parametrize(
    ("variants", "stands"),
    [
        ((BASIC, PRO, BASIC), BASIC),
        ((PRO, BASIC, OTHER), OTHER),
        ((BASIC, None), BASIC),
        ((BASIC, PRO, None), PRO),
        ((None, BASIC), BASIC),
        # WooCommerce names the product alone where its variation is gone.
        ((BASIC, 900), BASIC),
        ((BASIC, PRO, 900), PRO),
        ((BASIC, 900, PRO), PRO),
    ],
)
def test_a_named_other_variant_is_news_and_one_deleted_since_is_not(shop, variants, stands):
    ends = []
    reports = named(*variants)
    for sequence in (reports, reports[::-1], reports[1:] + reports[:1]):
        with undone():
            for report in sequence:
                say(shop, report)
            line = LineItem.objects.get()
            assert line.product.variant_id == stands
            ends.append(sorted(statuses().items()))
    assert all(end == ends[0] for end in ends)


def test_a_variation_then_another_product_then_the_variation_deleted_since(shop):
    """WooCommerce names the product alone then: the newest known variation of it stands."""
    AttachmentFactory(
        product=ProductFactory(shop=shop, variant_id=501, product_id=501),
        asset=LinkFactory(shop=shop, title="501"),
    )
    sold = [(900, BASIC), (501, 501), (900, 900), (900, 900)]
    lines = [LineReport(1, ProductReport("Suite", *each), quantity=1) for each in sold]
    hear(shop, *(order_report(line, at=HOURS[n]) for n, line in enumerate(lines)))
    assert LineItem.objects.get().product.variant_id == BASIC
    assert statuses() == {"11": "available", "both": "available", "501": "replaced"}


def test_a_former_download_is_the_last_products_that_had_it(shop):
    """Three products of one line that share only some assets, told of in every order."""
    shared = LinkFactory(shop=shop, title="all but the last")
    for variant in (BASIC, PRO):
        AttachmentFactory(product=Product.objects.get(variant_id=variant), asset=shared)
    hear(shop, *named(BASIC, PRO, OTHER))
    named_by = Grant.objects.order_by("asset__title").values_list("product__variant_id", "replaced")
    assert list(named_by) == [(BASIC, True), (PRO, True), (OTHER, False), (PRO, True), (PRO, True)]


@pytest.mark.slow
def test_however_many_products_a_line_had_the_last_are_kept(shop):
    ones = [LineReport(1, ProductReport("One", n, n), quantity=1) for n in range(1, 60)]
    for n, line in enumerate(ones):
        say(shop, order_report(line, at=NOW + timedelta(minutes=n)))
    line = LineItem.objects.get()
    assert (line.product.variant_id, len(line.product_ranks)) == (59, 50)
    assert set(line.product_ranks) == {str(n) for n in range(10, 60)}


def test_a_product_sold_alone_can_become_another_one(shop):
    alone = [LineReport(1, ProductReport("One", each, each), quantity=1) for each in (501, 502)]
    hear(shop, *(order_report(line, at=HOURS[n]) for n, line in enumerate(alone)))
    assert LineItem.objects.get().product.variant_id == 502


def test_what_was_detached_is_its_buyers_until_the_product_changes(shop):
    say(shop, named(BASIC)[0])
    Product.objects.get(variant_id=BASIC).attachments.all().delete()
    settle(Order.objects.get(), at=NOW)
    assert statuses() == {"11": "available", "both": "available"}
    say(shop, named(BASIC, PRO)[1])
    assert statuses() == {"11": "replaced", "12": "available", "both": "available"}


def test_a_grant_of_before_products_were_kept_is_closed_all_the_same(shop):
    say(shop, named(BASIC)[0])
    Grant.objects.update(product=None)
    say(shop, named(BASIC, PRO)[1])
    assert statuses() == {"11": "replaced", "12": "available", "both": "available"}


def test_what_is_attached_to_the_new_product_opens_the_former_grant_of_it(shop):
    for report in named(BASIC, PRO):
        say(shop, report)
    grant = Grant.objects.get(asset__title="11")
    pro = Product.objects.get(variant_id=PRO)
    attached = attach_to_product(pro, grant.asset, limit=5, at=NOW)
    assert (attached.grants, Grant.objects.count()) == (0, 3)
    assert statuses() == {"11": "available", "12": "available", "both": "available"}


# --- Payment by line -----------------------------------------------------------------------------

TWO = (line_report(1), line_report(2))


@pytest.fixture
def books() -> Shop:
    shop = ShopFactory()
    for number in (1, 2):
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))
    return shop


def test_what_was_paid_for_stays_open_and_what_was_added_waits(books):
    hear(books, order_report(at=HOURS[0]), order_report(*TWO, at=HOURS[1], payment="partial"))
    order = Order.objects.get()
    assert (order.status, order.reported_payment) == ("completed", "partial")
    assert allowed() == [(1, 10, "available"), (2, 10, "pending")]
    assert list(Grant.objects.with_status("pending", NOW)) == [Grant.objects.get(unpaid=True)]
    say(books, order_report(*TWO, at=HOURS[2]))
    assert allowed() == [(1, 10, "available"), (2, 10, "available")]


def test_units_that_were_added_wait(books):
    hear(
        books,
        order_report(line_report(1, 2), at=HOURS[0]),
        order_report(line_report(1, 5), at=HOURS[1], payment="partial"),
        order_report(line_report(1, 5, current=1), at=HOURS[2], payment="partial"),
    )
    assert allowed() == [(1, 10, "available")]


def test_a_deposit_opens_nothing(books):
    hear(books, order_report(payment="pending"), order_report(at=HOURS[1], payment="partial"))
    assert (Order.objects.get().status, allowed()) == ("pending", [(1, 10, "pending")])


@pytest.mark.parametrize("payment", ["pending", "voided", "authorized"])
def test_no_other_payment_is_counted_by_line(books, payment):
    hear(books, order_report(at=HOURS[0]), order_report(at=HOURS[1], payment=payment))
    assert allowed() == [(1, 10, "pending")]


def test_a_refund_of_all_closes_an_order_paid_in_part(books):
    hear(
        books,
        order_report(at=HOURS[0]),
        order_report(*TWO, at=HOURS[1], payment="partial", refunds=(refund_report(1, {1: 1}),)),
    )
    assert allowed() == [(1, 0, "expired"), (2, 10, "pending")]


@pytest.mark.parametrize(("opens_when", "is_open"), [("placed", True), ("authorized", False)])
def test_a_shop_that_opens_unpaid_orders_opens_what_was_added(books, opens_when, is_open):
    Shop.objects.update(opens_when=opens_when)
    hear(books, order_report(at=HOURS[0]), order_report(*TWO, at=HOURS[1], payment="partial"))
    assert Grant.objects.get(line__platform_id=2).unpaid is not is_open


def test_a_lifetime_begins_once_its_line_is_paid_for(books):
    Product.objects.get(variant_id=1002).attachments.update(lifetime_days=1)
    say(books, order_report(at=HOURS[0]))
    say(books, order_report(*TWO, at=HOURS[1], payment="partial"))
    grant = Grant.objects.get(line__platform_id=2)
    assert grant.expires_at is None
    record_order(books, order_report(*TWO, at=HOURS[2]), at=HOURS[3])
    grant.refresh_from_db()
    assert grant.expires_at == HOURS[3] + timedelta(days=1)


def test_what_a_status_means_in_the_shop_is_what_was_paid(books):
    StatusMeaning.objects.create(shop=books, status="collected", payment="paid")
    StatusMeaning.objects.create(shop=books, status="extra", payment="partial")
    hear(
        books,
        order_report(at=HOURS[0], payment="pending", status="collected"),
        order_report(*TWO, at=HOURS[1], payment="pending", status="extra"),
    )
    assert list(LineItem.objects.values_list("platform_id", "paid_units")) == [(1, 1), (2, 0)]


@pytest.mark.parametrize("by", ["policies", "the next message"])
@pytest.mark.parametrize(
    ("status", "payment", "meaning", "is_open"),
    [
        ("collected", "pending", "paid", True),
        ("collected", None, "paid", True),
        ("processing", "paid", "pending", False),
        ("processing", "paid", "partial", False),
    ],
)
def test_a_changed_table_reaches_what_was_paid_of_each_line(
    books, by, status, payment, meaning, is_open
):
    """Of an order paid in part by now: the first report's word decides over what it had."""
    partial = order_report(*TWO, at=HOURS[1], payment="partial", status="extra")
    hear(books, order_report(at=HOURS[0], payment=payment, status=status), partial)
    expected = [(1, 10, "available"), (2, 10, "pending")]
    nothing = [(1, 10, "pending"), (2, 10, "pending")]
    assert allowed() == (nothing if is_open else expected)

    def follow():
        if by == "policies":
            apply_policies(books, at=NOW)
        else:
            say(books, partial)

    row = StatusMeaning.objects.create(shop=books, status=status, payment=meaning)
    follow()
    assert allowed() == (expected if is_open else nothing)
    row.delete()
    follow()
    assert allowed() == (nothing if is_open else expected)


def test_units_paid_for_before_each_word_had_its_own_stay_paid(books):
    hear(books, order_report(at=HOURS[0]))
    LineItem.objects.update(reported_units={})
    say(books, order_report(*TWO, at=HOURS[1], payment="partial"))
    assert allowed() == [(1, 10, "available"), (2, 10, "pending")]


def test_however_many_words_an_order_had_the_most_units_are_kept(books):
    for n in range(60):
        line = line_report(1, n + 1)
        say(books, order_report(line, at=NOW + timedelta(minutes=n), status=f"word-{n}"))
    kept = LineItem.objects.get()
    assert (len(kept.reported_units), kept.paid_units) == (50, 60)


def test_an_asset_attached_to_a_line_not_paid_for_waits_too(books):
    say(books, order_report(at=HOURS[0]))
    say(books, order_report(*TWO, at=HOURS[1], payment="partial"))
    product = Product.objects.get(variant_id=1002)
    attach_to_product(product, LinkFactory(shop=books), limit=1, at=NOW)
    assert [grant.status(NOW) for grant in Grant.objects.with_facts().filter(limit=1)] == [
        "pending"
    ]


# --- Units ---------------------------------------------------------------------------------------


def test_units_that_cannot_be_read_are_those_known_else_one(books):
    unread = replace(line_report(1), quantity=None)
    hear(books, order_report(line_report(1, 3), at=HOURS[0]), order_report(unread, at=HOURS[1]))
    assert allowed() == [(1, 30, "available")]


def test_units_never_read_are_one(books):
    say(books, order_report(replace(line_report(1), quantity=None)))
    assert LineItem.objects.values_list("quantity", "current_quantity").get() == (1, None)
    assert allowed() == [(1, 10, "available")]


# --- Sub-orders ----------------------------------------------------------------------------------


def test_a_sub_order_gives_nothing_of_its_own(books):
    say(books, order_report(platform_id=1))
    say(books, order_report(platform_id=2, parent_id=1))
    part = Order.objects.get(platform_id=2)
    assert (part.is_sub_order, part.grants.count(), part.lines.count()) == (True, 0, 1)
    attach_to_product(
        Product.objects.get(variant_id=1001), LinkFactory(shop=books), limit=1, at=NOW
    )
    assert part.grants.count() == 0
    attach_to_order(part, LinkFactory(shop=books), limit=1, at=NOW)
    settle(part, at=NOW)
    assert Grant.objects.with_facts().get(order=part).status(NOW) == "available"


def test_what_turns_out_to_be_a_sub_order_is_closed(books):
    for hour, (parent, refusal) in enumerate([(None, None), (1, "replaced"), (None, None)]):
        say(books, order_report(at=HOURS[hour], parent_id=parent))
        assert Grant.objects.with_facts().get().refusal(NOW) == refusal


# --- Counts that come along ----------------------------------------------------------------------


@pytest.mark.parametrize(("used", "counted"), [(0, 0), (4, 4), (99, 10)])
def test_a_line_that_moves_here_starts_with_what_was_used(books, used, counted):
    report = order_report(replace(line_report(1), used=used))
    for _ in range(2):
        say(books, report)
        assert Grant.objects.get().used == counted
        entered = DownloadEvent.objects.values_list("kind", "downloads")
        assert list(entered) == ([("carried", counted)] if counted else [])


def test_what_was_used_elsewhere_is_not_added_to_a_grant_that_is_there(books):
    say(books, order_report())
    say(books, order_report(replace(line_report(1), used=4), at=HOURS[1]))
    assert (Grant.objects.get().used, DownloadEvent.objects.count()) == (0, 0)


def test_what_was_used_of_an_unlimited_download_is_kept(books):
    Product.objects.get(variant_id=1001).attachments.update(limit=None)
    say(books, order_report(replace(line_report(1), used=2**40)))
    assert Grant.objects.get().used == 2**31 - 1


@pytest.mark.parametrize("way", ["attached", "attached, and the product another", "matched"])
def test_what_was_used_elsewhere_waits_for_the_files_of_its_product(books, way):
    product = ProductFactory(shop=books, variant_id=1009, name="No files")
    line = LineReport(1, ProductReport("No files", 1009, 1009), quantity=1, used=4)
    for report in (order_report(line), order_report(line), order_report(replace(line, used=None))):
        say(books, report)
    assert (Grant.objects.count(), LineItem.objects.get().used_elsewhere) == (0, 4)
    if way == "matched":
        product = Product.objects.get(variant_id=1001)
        LineItem.objects.update(product=product)
        settle(Order.objects.get(), at=NOW)
    else:
        attach_to_product(product, LinkFactory(shop=books), limit=3, at=NOW)
        attach_to_product(product, LinkFactory(shop=books), limit=None, at=NOW)
    if "another" in way:
        say(books, order_report(line_report(1), at=HOURS[1]))
    used = {"attached": [3, 4], "matched": [4]}.get(way, [3, 4, 4])
    assert list(Grant.objects.order_by("pk").values_list("used", flat=True)) == used
    carried = DownloadEvent.objects.order_by("pk").values_list("kind", "downloads")
    assert list(carried) == [("carried", each) for each in used]


def test_a_file_beside_one_that_took_the_count_over_begins_at_nought(books):
    say(books, order_report(replace(line_report(1), used=4)))
    attach_to_product(
        Product.objects.get(variant_id=1001), LinkFactory(shop=books), limit=9, at=NOW
    )
    assert list(Grant.objects.order_by("pk").values_list("used", flat=True)) == [4, 0]


def test_a_grant_made_by_hand_is_never_a_former_one():
    grant = GrantFactory(order=OrderFactory())
    settle(grant.order, at=NOW)
    grant.refresh_from_db()
    assert (grant.replaced, grant.unpaid, grant.product) == (False, False, grant.line.product)
