import itertools
from datetime import timedelta

import pytest

from downloads import fulfilment, lookups
from downloads.errors import NotFound, PageSizeRefused, PlanRequired, Unavailable
from downloads.models import Customer, Grant, Order, Reader
from downloads.tokens import hash_token
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ShopFactory,
)

pytestmark = pytest.mark.django_db

TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
NO_ORDER = "No order matches this link."
MISSES = [
    pytest.param("", id="empty"),
    pytest.param("None", id="none"),
    pytest.param(TOKEN[:15], id="short"),
    pytest.param(TOKEN[:-1], id="cut"),
    pytest.param(TOKEN + " ", id="with-a-space"),
    pytest.param(TOKEN.upper(), id="upper-case"),
    pytest.param("f" * 32, id="unknown"),
    pytest.param(hash_token(TOKEN), id="its-hash"),
    pytest.param("%" * 32, id="wildcards"),
    pytest.param("\0" * 32, id="nul"),
    pytest.param("\ud800" * 32, id="broken-text"),
    pytest.param("x" * 2_000, id="long"),
]
DOORS = [lookups.order_for_storefront, lookups.order_for_page]


# --- An order by its token -----------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_a_token_opens_its_order(door):
    order = OrderFactory(token=TOKEN)
    OrderFactory(token=TOKEN[::-1])
    assert door(TOKEN).order == order


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("token", MISSES)
def test_no_other_token_opens_an_order(door, token):
    OrderFactory(token=TOKEN)
    OrderFactory(token=None)
    with pytest.raises(NotFound) as refusal:
        door(token)
    assert str(refusal.value) == NO_ORDER


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("token", ["", "short", "x" * 15])
def test_a_short_token_opens_nothing_even_if_its_hash_were_stored(door, token):
    OrderFactory(token_hash=hash_token(token))
    with pytest.raises(NotFound):
        door(token)


@pytest.mark.parametrize("plan", ["free", "basic", "growth"])
def test_a_lesser_plan_shows_no_links_in_a_storefront(plan):
    OrderFactory(token=TOKEN, shop__plan_id=plan)
    with pytest.raises(PlanRequired) as refusal:
        lookups.order_for_storefront(TOKEN)
    assert str(refusal.value) == (
        "Customer-account download links need the Premium plan. Upgrade to enable them."
    )


def test_a_stranger_learns_no_plan():
    OrderFactory(token=TOKEN, shop__plan_id="free")
    with pytest.raises(NotFound):
        lookups.order_for_storefront("f" * 32)


def test_the_page_asks_no_plan():
    order = OrderFactory(token=TOKEN, shop__plan_id="free")
    assert lookups.order_for_page(TOKEN).order == order


@pytest.mark.parametrize(
    "facts",
    [
        {"payment": "pending"},
        {"payment": "refunded"},
        {"cancelled_at": NOW},
        {"fully_refunded": True},
    ],
)
def test_a_closed_order_is_opened_all_the_same(facts):
    order = OrderFactory(token=TOKEN, **facts)
    assert lookups.order_for_storefront(TOKEN).order == order


def test_an_opened_order_holds_its_lines_as_placed_each_with_its_grants():
    order = OrderFactory(token=TOKEN)
    second = LineFactory(order=order, position=1)
    first = LineFactory(order=order, position=0)
    bare = LineFactory(order=order, position=2)
    own = GrantFactory(order=order, line=None)
    on_second = [GrantFactory(order=order, line=second) for _ in range(2)]
    on_first = GrantFactory(order=order, line=first)
    GrantFactory()
    opened = lookups.order_for_storefront(TOKEN)
    assert [(line.line, line.grants) for line in opened.lines] == [
        (first, [on_first]),
        (second, on_second),
        (bare, []),
    ]
    assert opened.grants == [own]
    assert [line.product for line in opened.lines] == [first.product, second.product, bare.product]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("lines", [1, 5])
def test_three_queries_open_an_order_and_all_that_is_asked_of_it(
    door, lines, django_assert_num_queries
):
    order = OrderFactory(token=TOKEN)
    for _ in range(lines):
        line = LineFactory(order=order)
        GrantFactory(order=order, line=line)
        GrantFactory(order=order, line=line)
        GrantFactory(order=order, line=None)
    with django_assert_num_queries(3):
        opened = door(TOKEN)
        assert opened.order.shop.plan.customer_account_links is True
        assert [line.product.name for line in opened.lines] == ["My new Book"] * lines
        grants = [grant for line in opened.lines for grant in line.grants] + opened.grants
        assert {grant.status(NOW) for grant in grants} == {"available"}
        assert {grant.asset.kind for grant in grants} == {"link"}
        assert [grant.line for grant in opened.grants] == [None] * lines


def test_reading_counts_nothing():
    grant = GrantFactory(order=OrderFactory(token=TOKEN))
    before = Grant.objects.values().get()
    lookups.order_for_storefront(TOKEN)
    lookups.order_for_page(TOKEN)
    lookups.grant_of_reader(Reader(grant.order.customer), grant.pk)
    lookups.grants_of_reader(Reader(grant.order.customer), at=NOW)
    lookups.refusal_of_click(grant, nonce="n", valid_until=NOW, at=NOW)
    assert Grant.objects.values().get() == before
    assert grant.deliveries.count() == 0


def test_an_order_is_known_by_its_token():
    OrderFactory(token=TOKEN)
    assert lookups.has_order(TOKEN) is True
    assert lookups.has_order(TOKEN[::-1]) is False


# --- An order by a ticket ------------------------------------------------------------------------


def test_a_ticket_opens_its_order_until_it_is_revoked():
    order = OrderFactory(shop__plan_id="free")
    assert lookups.order_of_ticket(order.pk, 0).order == order
    fulfilment.revoke_tickets(order)
    with pytest.raises(NotFound) as refusal:
        lookups.order_of_ticket(order.pk, 0)
    assert str(refusal.value) == NO_ORDER
    assert lookups.order_of_ticket(order.pk, 1).order == order


def test_a_ticket_of_no_order_opens_nothing():
    order = OrderFactory()
    for number, revision in ((order.pk + 1, 0), (order.pk, 1), (2**63, 0)):
        with pytest.raises(NotFound) as refusal:
            lookups.order_of_ticket(number, revision)
        assert str(refusal.value) == NO_ORDER


# --- A shop by its domain ------------------------------------------------------------------------


def test_a_domain_finds_its_shop_in_any_spelling():
    shop = ShopFactory(domain="my-store.example")
    assert lookups.shop_of_domain(" My-Store.example ") == shop


def test_an_unknown_domain_is_answered_with_those_there_are():
    with pytest.raises(NotFound) as refusal:
        lookups.shop_of_domain("a.example")
    assert str(refusal.value) == 'There is no shop "a.example". Known shops: none yet.'
    ShopFactory(domain="c.example")
    ShopFactory(domain="b.example")
    with pytest.raises(NotFound) as refusal:
        lookups.shop_of_domain("a.example")
    assert str(refusal.value) == (
        'There is no shop "a.example". Known shops: b.example, c.example.'
    )


# --- One grant -----------------------------------------------------------------------------------


def test_nobody_sees_anothers_grant_in_any_shop():
    customers = [
        CustomerFactory(shop=shop) for shop in (ShopFactory(), ShopFactory()) for _ in range(2)
    ]
    grants = {
        customer: GrantFactory(order=OrderFactory(shop=customer.shop, customer=customer))
        for customer in customers
    }
    for customer in customers:
        for owner, grant in grants.items():
            if owner == customer:
                assert lookups.grant_of_reader(Reader(customer), grant.pk) == grant
                continue
            with pytest.raises(NotFound, match="no such download"):
                lookups.grant_of_reader(Reader(customer), grant.pk)


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**63 - 1, 2**63, 10**30])
def test_a_missing_grant_is_answered_like_a_foreign_one(number):
    customer = GrantFactory().order.customer
    with pytest.raises(NotFound, match="no such download"):
        lookups.grant_of_reader(Reader(customer), number)


def test_an_order_of_another_shop_is_not_shown_to_its_customer():
    stranger = CustomerFactory()
    grant = GrantFactory(order=OrderFactory(customer=stranger))
    with pytest.raises(NotFound):
        lookups.grant_of_reader(Reader(stranger), grant.pk)
    assert lookups.grants_of_reader(Reader(stranger), at=NOW).total == 0


def test_one_query_finds_a_grant_with_all_its_facts(django_assert_num_queries):
    grant = GrantFactory()
    customer = grant.order.customer
    with django_assert_num_queries(1):
        found = lookups.grant_of_reader(Reader(customer), grant.pk)
        assert (found.status(NOW), found.line.product.name) == ("available", "My new Book")


def test_an_address_finds_its_grant_whosever_it_is():
    grant = GrantFactory(order__customer=None)
    assert lookups.grant_of_click(grant.pk) == grant


def test_an_address_of_no_grant_finds_nothing():
    with pytest.raises(NotFound) as refusal:
        lookups.grant_of_click(999_999)
    assert str(refusal.value) == "This download does not exist."


def test_a_click_is_asked_about_without_spending_it():
    grant = GrantFactory(limit=1)
    fulfilment.spend(grant, nonce="spent", valid_until=NOW + timedelta(hours=1), at=NOW)
    held = lookups.grant_of_click(grant.pk)
    asked = {
        nonce: lookups.refusal_of_click(
            held, nonce=nonce, valid_until=NOW + timedelta(hours=1), at=NOW
        )
        for nonce in ("spent", "fresh")
    }
    assert asked == {"spent": None, "fresh": Unavailable.USED_UP}
    assert Grant.objects.get().used == 1


# --- Many grants ---------------------------------------------------------------------------------


def buy(customer: Customer, count: int) -> list[Grant]:
    """Give a customer so many orders, each with one grant of its own."""
    asset = LinkFactory(shop=customer.shop)
    orders = Order.objects.bulk_create(
        OrderFactory.build(shop=customer.shop, customer=customer) for _ in range(count)
    )
    return Grant.objects.bulk_create(
        GrantFactory.build(order=order, line=None, asset=asset) for order in orders
    )


@pytest.fixture
def buyer() -> Customer:
    """A customer of twelve grants, between others' grants in the same and in another shop."""
    buyer = CustomerFactory()
    neighbour = CustomerFactory(shop=buyer.shop)
    for _ in range(3):
        buy(buyer, 4)
        buy(neighbour, 4)
    buy(CustomerFactory(), 1)
    return buyer


def numbers(page: lookups.GrantPage) -> list[int]:
    return [grant.pk for grant in page.grants]


def all_numbers(customer: Customer) -> list[int]:
    return list(
        Grant.objects.filter(order__customer=customer).order_by("-pk").values_list("pk", flat=True)
    )


def test_grants_come_newest_first_ten_at_a_time(buyer):
    page = lookups.grants_of_reader(Reader(buyer), at=NOW)
    assert numbers(page) == all_numbers(buyer)[:10]
    assert (page.has_previous, page.has_next, page.total) == (False, True, 12)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_stretch_is_what_a_slice_would_be(size):
    buyer = CustomerFactory()
    buy(buyer, 4)
    whole = all_numbers(buyer)
    for start, stop in itertools.product((None, 0, 2), repeat=2):
        stretch = whole[0 if start is None else start + 1 : stop]
        ends = {
            "after": None if start is None else whole[start],
            "before": None if stop is None else whole[stop],
        }
        page = lookups.grants_of_reader(Reader(buyer), at=NOW, size=size, **ends)
        assert (numbers(page), page.total) == (stretch[:size], 4)
        assert (page.has_previous, page.has_next) == (start is not None, len(stretch) > size)
        page = lookups.grants_of_reader(Reader(buyer), at=NOW, size=size, backwards=True, **ends)
        assert (numbers(page), page.total) == (stretch[-size:], 4)
        assert (page.has_previous, page.has_next) == (len(stretch) > size, stop is not None)


@pytest.mark.parametrize("backwards", [False, True])
def test_page_by_page_shows_everything_once(buyer, backwards):
    seen: list[int] = []
    while True:
        edge = seen[0 if backwards else -1] if seen else None
        ends = {"before" if backwards else "after": edge}
        page = lookups.grants_of_reader(Reader(buyer), at=NOW, size=5, backwards=backwards, **ends)
        seen = numbers(page) + seen if backwards else seen + numbers(page)
        if not (page.has_previous if backwards else page.has_next):
            break
    assert seen == all_numbers(buyer)


def test_a_cursor_of_anothers_grant_shows_nothing_of_it(buyer):
    foreign = Grant.objects.exclude(order__customer=buyer).latest("pk")
    page = lookups.grants_of_reader(Reader(buyer), at=NOW, after=foreign.pk)
    assert numbers(page) == [pk for pk in all_numbers(buyer) if pk < foreign.pk][:10]


def test_a_customer_without_grants_has_an_empty_list():
    page = lookups.grants_of_reader(Reader(CustomerFactory()), at=NOW)
    assert page == lookups.GrantPage(grants=[], has_previous=False, has_next=False, total=0)


@pytest.mark.parametrize("size", [0, -1, 501, 10**30])
def test_a_size_out_of_bounds_is_refused(size):
    with pytest.raises(PageSizeRefused) as refusal:
        lookups.grants_of_reader(Reader(CustomerFactory()), at=NOW, size=size)
    assert refusal.value.most == 500


def test_a_status_filters_the_list_and_its_total(buyer):
    whole = all_numbers(buyer)
    Grant.objects.filter(pk__in=whole[:3]).update(used=10)
    Order.objects.filter(grants__in=whole[3:5]).update(payment=Order.Payment.PENDING)
    expected = {
        "expired": whole[:3],
        "pending": whole[3:5],
        "available": whole[5:],
        "completed": [],
        "": [],
        None: whole,
    }
    for status, wanted in expected.items():
        page = lookups.grants_of_reader(Reader(buyer), at=NOW, status=status, size=50)
        assert (numbers(page), page.total) == (wanted, len(wanted))
    page = lookups.grants_of_reader(
        Reader(buyer), at=NOW, status="available", size=2, backwards=True
    )
    assert (numbers(page), page.has_previous, page.total) == (whole[-2:], True, 7)


@pytest.mark.parametrize("size", [1, 12])
@pytest.mark.parametrize("status", [None, "available"])
def test_two_queries_show_a_page_of_any_size(buyer, size, status, django_assert_num_queries):
    with django_assert_num_queries(2):
        page = lookups.grants_of_reader(Reader(buyer), at=NOW, size=size, status=status)
        assert {grant.status(NOW) for grant in page.grants} == {"available"}
        assert len(page.grants) == size


# --- Grants with another limit -------------------------------------------------------------------


def test_grants_with_another_limit_are_counted():
    attachment = AttachmentFactory(limit=10)
    for limit in (10, 5, None):
        line = LineFactory(
            order=OrderFactory(shop=attachment.product.shop), product=attachment.product
        )
        GrantFactory(order=line.order, line=line, asset=attachment.asset, limit=limit)
    own = {"order": line.order, "line": None, "asset": attachment.asset, "limit": 3}
    GrantFactory(**own)
    assert lookups.grants_with_other_limit(attachment) == 2
    attachment.limit = None
    assert lookups.grants_with_other_limit(attachment) == 2
    attachment.limit = 7
    assert lookups.grants_with_other_limit(attachment) == 3


def test_a_profile_is_ones_own_alone(django_assert_num_queries):
    own, other = map(Reader, CustomerFactory.create_batch(2))
    with django_assert_num_queries(0):
        assert lookups.profile_of(own) is lookups.profile_of(own, own.customer.pk) is own
        for number in (other.customer.pk, 0, 2**63 - 1):
            with pytest.raises(NotFound) as refusal:
                lookups.profile_of(own, number)
            assert str(refusal.value) == "Customer profile not found"
