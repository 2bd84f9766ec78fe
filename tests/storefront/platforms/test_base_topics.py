"""What each topic is about, and what is done with accounts, merges and deletions."""

from datetime import UTC, datetime, timedelta

import pytest

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.incoming import CustomerReport
from downloads.models import Message, Order
from storefront.platforms.base import Doubt, Envelope, number_of
from storefront.platforms.registry import PLATFORMS
from tests.factories import NOW, OrderFactory, ShopFactory
from tests.storefront.reconciliation.conftest import shopify_order, woo_order

ACCOUNT = {"id": 7, "email": "ada@example.com", "first_name": "Ada", "last_name": "L"}
AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
KEPT, GONE = "admin_graphql_api_customer_kept_id", "admin_graphql_api_customer_deleted_id"
ADA = CustomerReport(platform_id=7, email="ada@example.com", first_name="Ada", last_name="L")
MAX_INTEGER = 2**63 - 1
TIMES = {
    "shopify": {"updated_at": AT.isoformat()},
    "woocommerce": {"date_modified_gmt": AT.isoformat()[:19]},
    "generic": {"updated_at": AT.isoformat()},
}
ACCOUNTS = [
    ("shopify", "customers/create"),
    ("shopify", "customers/update"),
    ("woocommerce", "customer.created"),
    ("woocommerce", "customer.updated"),
    ("woocommerce", "customer.restored"),
    ("generic", "customer.updated"),
]


def parse(source, topic, payload):
    if source == "generic":
        payload = payload if "type" in payload else {"type": topic, "data": payload}
    return PLATFORMS[source].parse(Envelope("shop.example", topic, "1", ""), payload)


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def apply(shop):
    """Return a function that does what a message says, and returns what it leaves open."""

    def do(source, topic, payload, **stored):
        inbound = parse(source, topic, payload)
        row = {
            name: getattr(inbound, name)
            for name in ("source", "topic", "body", "person", "about_customer", "about_order")
        }
        message = Message(shop=shop, received_at=NOW, **row | stored)
        return PLATFORMS[source].apply(message, at=NOW)

    return do


@pytest.fixture
def called(monkeypatch):
    """Return what the verbs of these topics were called with, each by its name."""
    calls = []
    for name in ("record_account", "merge_numbers", "delete_reported_order"):
        monkeypatch.setattr(
            fulfilment,
            name,
            lambda shop, *given, name=name, **named: calls.append((name, given, named)),
        )
    return calls


# --- What a message is about --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "topic", "payload"),
    [
        *(("shopify", f"orders/{each}", {"id": 50}) for each in ("create", "paid", "updated")),
        *(("shopify", f"orders/{each}", {"id": 50}) for each in ("cancelled", "delete")),
        *(("shopify", f"orders/{each}", {"id": 50}) for each in ("fulfilled", "edited")),
        ("shopify", "orders/create", {"order": {"id": 50}}),
        ("shopify", "orders/create", {"id": "50"}),
        ("shopify", "refunds/create", {"id": 1, "order_id": 50}),
        ("shopify", "disputes/update", {"id": 1, "order_id": 50}),
        ("shopify", "orders/risk_assessment_changed", {"order_id": "50"}),
        ("shopify", "fulfillments/create", {"id": 1, "order_id": 50}),
        ("shopify", "fulfillments/update", {"id": 1, "order_id": 50}),
        ("shopify", "order_transactions/create", {"id": 1, "order_id": 50}),
        *(
            ("woocommerce", f"order.{each}", {"id": 50})
            for each in ("created", "updated", "restored", "deleted")
        ),
        *(
            ("generic", f"order.{each}", {"id": 50})
            for each in ("created", "updated", "paid", "cancelled", "deleted")
        ),
        ("generic", "refund.created", {"id": 1, "order_id": 50}),
    ],
)
def test_a_message_names_its_order(source, topic, payload):
    assert parse(source, topic, payload).about_order == 50


@pytest.mark.parametrize(
    "written", [None, "", "x", -1, 0, 1.5, True, [], {}, MAX_INTEGER + 1, "9" * 400, "9" * 5000]
)
def test_what_is_no_number_names_no_order(written):
    assert number_of({"id": written}, "id") is None
    assert parse("shopify", "orders/paid", {"id": written}).about_order is None
    assert parse("generic", "order.paid", {"data": written, "type": "order.paid"}) is not None


@pytest.mark.parametrize(("source", "topic"), [*ACCOUNTS, ("shopify", "customers/delete")])
def test_a_message_names_its_buyer_and_keeps_what_is_personal_apart(source, topic):
    inbound = parse(source, topic, ACCOUNT | TIMES[source])
    assert (inbound.about_customer, inbound.about_order) == (7, None)
    assert "ada" not in inbound.body.lower()


@pytest.mark.parametrize(
    ("source", "topic"),
    [
        ("shopify", "fulfillments/create"),
        ("shopify", "fulfillments/update"),
        ("shopify", "fulfillment_events/create"),
        ("shopify", "order_transactions/create"),
        ("shopify", "customers/delete"),
        ("woocommerce", "customer.deleted"),
    ],
)
def test_a_topic_with_nothing_to_do_is_seen_without_its_content(source, topic):
    inbound = parse(source, topic, {"id": 7, "order_id": 50, "email": "ada@example.com"})
    assert (inbound.is_known, inbound.body, inbound.person) == (False, "", "")
    assert (inbound.about_order, inbound.about_customer) in [(50, None), (None, 7)]


# --- Accounts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "topic"), ACCOUNTS)
def test_an_account_is_recorded_as_of_its_own_time(apply, called, source, topic):
    billing = {"billing": {"email": "foreign@example.com"}, "default_address": {}}
    assert apply(source, topic, ACCOUNT | TIMES[source] | billing) is None
    assert called == [("record_account", (ADA,), {"reported_at": AT})]


@pytest.mark.parametrize(("source", "topic"), ACCOUNTS)
def test_a_forgotten_account_brings_nothing_back(apply, called, source, topic):
    apply(source, topic, ACCOUNT | TIMES[source], person="")
    assert called == [("record_account", (CustomerReport(platform_id=7),), {"reported_at": AT})]


@pytest.mark.parametrize(("source", "topic"), ACCOUNTS)
@pytest.mark.parametrize("missing", ["id", "time"])
def test_an_account_needs_its_number_and_its_time(apply, called, source, topic, missing):
    account = ACCOUNT | TIMES[source]
    for name in ("id",) if missing == "id" else TIMES[source]:
        del account[name]
    with pytest.raises(BadInput, match=r"(id|_at|_gmt): missing"):
        apply(source, topic, account)
    assert called == []


# --- Merges -------------------------------------------------------------------------------------


def merge(**values):
    return {KEPT: "gid://shopify/Customer/1", GONE: "gid://shopify/Customer/2"} | values


@pytest.mark.parametrize(
    ("status", "is_done"),
    [
        ("completed", True),
        ("COMPLETED", True),
        (None, True),
        ("failed", False),
        ("in_progress", False),
        ("requested", False),
        ("who knows", False),
    ],
)
def test_a_merge_counts_once_it_is_done(apply, called, status, is_done):
    apply("shopify", "customers/merge", merge(status=status, admin_graphql_api_job_id=None))
    expected = [("merge_numbers", (), {"kept": 1, "gone": 2, "at": NOW})]
    assert called == (expected if is_done else [])


@pytest.mark.parametrize(
    "written",
    [None, "", 1, "1", "gid://shopify/Order/1", "gid://shopify/Customer/" + "9" * 19, [], {}],
)
@pytest.mark.parametrize("name", [KEPT, GONE])
def test_a_merge_names_two_customers(apply, called, name, written):
    with pytest.raises(BadInput, match=f"merge.{name}"):
        apply("shopify", "customers/merge", merge(**{name: written}))
    assert called == []


# --- Deletions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "topic"),
    [("shopify", "orders/delete"), ("woocommerce", "order.deleted"), ("generic", "order.deleted")],
)
def test_a_deletion_without_a_time_leaves_open_how_the_order_is(apply, called, source, topic):
    assert apply(source, topic, {"id": 50}) == Doubt(50)
    [(verb, order, said)] = called
    assert (verb, order, said["at"], said.get("deleted_at")) == (
        "delete_reported_order",
        (50,),
        NOW,
        None,
    )


@pytest.mark.parametrize("place", ["timestamp", "updated_at"])
def test_a_deletion_with_a_time_is_of_that_time(apply, called, place):
    moment = {place: AT.isoformat()}
    data = {"id": 50} | (moment if place == "updated_at" else {})
    payload = {"type": "order.deleted", "data": data} | moment
    assert apply("generic", "order.deleted", payload) is None
    assert called == [("delete_reported_order", (50,), {"deleted_at": AT, "at": NOW})]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize(
    ("source", "topic", "order"),
    [("shopify", "orders/updated", shopify_order), ("woocommerce", "order.updated", woo_order)],
)
def test_woocommerces_clock_leaves_open_what_is_of_one_time(
    apply, shop, source, topic, order, seconds
):
    known = OrderFactory(shop=shop, platform_id=50, reported_at=AT)
    at = AT + timedelta(seconds=seconds)
    times = {"updated_at": at.isoformat(), "date_modified_gmt": at.isoformat()[:19]}
    doubt = apply(source, topic, order(**times))
    assert doubt == (Doubt(50) if source == "woocommerce" and seconds == 0 else None)
    assert Order.objects.get() == known
