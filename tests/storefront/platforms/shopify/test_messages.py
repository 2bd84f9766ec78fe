"""What each of Shopify's messages does, posted and signed like theirs, as the faces show it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from downloads import fulfilment
from downloads.models import (
    Customer,
    DataRequest,
    Dispute,
    Grant,
    Mail,
    Message,
    Order,
    Product,
    Refund,
    RemovedProduct,
    Shop,
)
from storefront.models import CustomerToken
from tests.factories import NOW, OrderFactory, ShopFactory
from tests.storefront.conftest import FACE_A

REAL_TOKEN = "b1946ac92492d2347c6235b4d2611184"
ORDER, REFUND, BUYER = 450789469, 509562969, 207119551
GREEN, RED, BLACK = 466157049, 518995019, 703073504
EMAIL = "bob.norman@hostmail.com"
# After the real order's own time.
LATER = [f"2008-01-{day}T00:00:00Z" for day in range(11, 20)]
ALL, NONE = [True, True, True], [False, False, False]

pytestmark = pytest.mark.usefixtures("sold")


@pytest.fixture
def say(deliver):
    """Return a function that delivers a message, has it applied, and sees that it was."""

    def send(topic, payload, **given):
        assert deliver(topic, payload, **given).status_code == 200
        assert list(Message.objects.exclude(error="").values_list("topic", "error")) == []

    return send


@pytest.fixture
def order(payload):
    """Return a function that writes the real order, with other values."""

    def write(**values):
        return payload("order") | values

    return write


@pytest.fixture
def paid(say, order):
    """The real order, paid."""
    say("orders/paid", order(financial_status="paid"))
    return Order.objects.get()


@pytest.fixture
def seen(client):
    """Return a function that reads the real order on face A."""

    def read():
        response = client.get(FACE_A, {"id": REAL_TOKEN})
        assert response.status_code == 200
        return response.json()["order"]

    return read


@pytest.fixture
def opened(seen):
    """Return a function that says which of the three lines face A opens."""

    def read():
        return [line["assets"][0]["data"]["url"] is not None for line in seen()["lines"]]

    return read


def statuses():
    grants = Grant.objects.with_facts().order_by("line__position")
    return [grant.status(NOW) for grant in grants]


# --- Orders ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_authorised_order_is_pending_and_a_paid_one_available(say, order, opened, seen):
    say("orders/create", order())
    assert (seen()["order_number"], opened()) == (1001, NONE)
    assert statuses() == ["pending"] * 3
    say("orders/paid", order(financial_status="paid", updated_at=LATER[0]))
    assert (opened(), statuses()) == (ALL, ["available"] * 3)
    assert [line["assets"][0]["limits"] for line in seen()["lines"]] == [
        {"downloaded": 0, "limit": 3}
    ] * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "topic",
    ["orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled"],
)
def test_every_topic_of_orders_tells_the_whole_order(say, order, opened, topic):
    say(topic, order(financial_status="paid"))
    assert opened() == ALL


def test_an_order_within_its_outer_key_is_the_same(say, order, opened):
    say("orders/create", {"order": order(financial_status="paid")})
    assert opened() == ALL


@pytest.mark.slow
def test_an_older_message_that_comes_late_changes_nothing(say, order, opened):
    say("orders/paid", order(financial_status="paid", updated_at=LATER[0]))
    say("orders/create", order())
    assert (opened(), Order.objects.get().payment) == (ALL, "paid")


@pytest.mark.slow
def test_a_cancelled_order_is_closed(say, order, paid, opened, client):
    cancelled = order(financial_status="paid", cancelled_at=LATER[0], updated_at=LATER[0])
    say("orders/cancelled", cancelled)
    assert (opened(), statuses()) == (NONE, ["expired"] * 3)
    assert Order.objects.get().status == "canceled"
    # It comes back to life where Shopify says so.
    say("orders/updated", order(financial_status="paid", updated_at=LATER[1]))
    assert opened() == ALL


def test_a_buyer_who_asks_for_a_fresh_link_gets_ours_too(say, order, opened, settings):
    settings.ORDER_MAILS_PER_HOUR = 2
    placed_at = timezone.now().isoformat()
    paid = order(
        financial_status="paid",
        email="ada@example.com",
        created_at=placed_at,
        processed_at=placed_at,
        updated_at=placed_at,
    )
    for _time in range(4):
        # The first one brings the order, whose own mail tells of it.
        say("orders/link_requested", paid)
        Mail.objects.update(state=Mail.State.SENT)
    assert opened() == ALL
    assert set(Mail.objects.values_list("kind", "email")) == {("order", "ada@example.com")}
    assert Mail.objects.count() == 2
    assert set(Message.objects.values_list("state", flat=True)) == {"applied"}
    assert '"token"' not in "".join(Message.objects.values_list("body", flat=True))


def test_an_edits_own_message_is_nothing(say, paid, opened):
    before = list(Order.objects.values()), list(Grant.objects.values())
    edit = {
        "id": 78912328793,
        "order_id": ORDER,
        "line_items": {"additions": [{"id": 1, "delta": 2}], "removals": [{"id": RED, "delta": 1}]},
    }
    say("orders/edited", {"order_edit": edit})
    assert (list(Order.objects.values()), list(Grant.objects.values())) == before
    assert list(Message.objects.values_list("state", flat=True)) == ["applied"] * 2


@pytest.mark.slow
def test_an_edited_order_says_what_is_left_of_it(say, order, paid, opened, seen):
    edited = order(financial_status="paid", updated_at=LATER[0])
    for line, (quantity, current) in zip(
        edited["line_items"], [(1, 0), (4, 4), (1, 1)], strict=True
    ):
        line |= {"quantity": quantity, "current_quantity": current}
    say("orders/updated", edited)
    assert opened() == [False, True, True]
    limits = [line["assets"][0]["limits"]["limit"] for line in seen()["lines"]]
    assert limits == [0, 12, 3]


# --- Refunds -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_refund_of_two_lines_closes_those_two(say, paid, payload, opened):
    say("refunds/create", payload("refund"))
    assert opened() == [False, True, False]
    assert statuses() == ["expired", "available", "expired"]
    assert Order.objects.get().status == "completed"


@pytest.mark.slow
def test_a_refund_waits_for_its_order(say, order, payload, opened):
    say("refunds/create", payload("refund"))
    assert (Order.objects.count(), Refund.objects.get().order_platform_id) == (0, ORDER)
    say("orders/paid", order(financial_status="paid"))
    assert opened() == [False, True, False]


@pytest.mark.slow
def test_a_refund_counts_once_however_it_is_told(say, order, payload, seen):
    two = order(financial_status="paid")
    two["line_items"][0]["quantity"] = 2
    say("orders/paid", two)
    say("refunds/create", payload("refund"))
    say("refunds/create", payload("refund"))
    two |= {"updated_at": LATER[0], "refunds": [payload("refund")]}
    two["line_items"][0]["current_quantity"] = 1
    say("orders/updated", two)
    assert seen()["lines"][0]["assets"][0]["limits"]["limit"] == 3


@pytest.mark.slow
def test_refunds_add_up(say, order, payload, seen, opened):
    three = order(financial_status="paid")
    three["line_items"][0]["quantity"] = 3
    say("orders/paid", three)
    row = {"line_item_id": GREEN, "quantity": 1}
    limits = []
    for number in (1, 2, 3):
        say("refunds/create", payload("refund") | {"id": number, "refund_line_items": [row]})
        limits.append(seen()["lines"][0]["assets"][0]["limits"]["limit"])
    assert (limits, opened()) == ([6, 3, 0], [False, True, True])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "is_open"), [(Shop.AmountRefunds.KEEP, ALL), (Shop.AmountRefunds.REVOKE, NONE)]
)
@pytest.mark.parametrize("by_itself", [True, False], ids=["by itself", "in its order"])
def test_a_refund_of_money_alone_does_what_the_shop_wants(
    say, order, paid, payload, opened, policy, is_open, by_itself
):
    Shop.objects.update(amount_refunds=policy)
    refund = payload("refund") | {"refund_line_items": []}
    if by_itself:
        say("refunds/create", refund)
    else:
        changed = {"financial_status": "partially_refunded", "updated_at": LATER[0]}
        say("orders/updated", order(refunds=[refund], **changed))
    assert opened() == is_open


@pytest.mark.slow
def test_all_money_given_back_closes_the_order(say, order, paid, opened):
    say("orders/updated", order(financial_status="refunded", updated_at=LATER[0]))
    assert (opened(), Order.objects.get().status) == (NONE, "closed")


def test_another_orders_refund_touches_nothing(say, paid, payload, opened):
    say("refunds/create", payload("refund") | {"order_id": ORDER + 1})
    assert opened() == ALL


@pytest.mark.slow
def test_another_shops_order_of_the_same_number_is_left_alone(say, paid, payload):
    other = OrderFactory(shop=ShopFactory(), platform_id=ORDER)
    say("refunds/create", payload("refund"))
    assert Refund.objects.filter(shop=other.shop).exists() is False


# --- When downloads open -----------------------------------------------------------------------

OPENS = {
    # What Shopify says: which policies open then.
    "pending": {"placed"},
    "partially_paid": {"placed"},
    "authorized": {"placed", "authorized"},
    "paid": {"placed", "authorized", "paid"},
    "partially_refunded": {"placed", "authorized", "paid"},
    "voided": set(),
    "expired": set(),
    "refunded": set(),
}


@pytest.mark.slow
@pytest.mark.parametrize(("financial_status", "policies"), OPENS.items())
def test_downloads_open_when_the_shop_wants(say, order, opened, financial_status, policies):
    for number, policy in enumerate(Shop.OpensWhen.values):
        Shop.objects.update(opens_when=policy)
        say("orders/updated", order(financial_status=financial_status, updated_at=LATER[number]))
        assert (policy, opened()) == (policy, ALL if policy in policies else NONE)


# --- Products ----------------------------------------------------------------------------------


def tags_of(seen):
    return [line["product"]["tags"] for line in seen()["lines"]]


TAGS = ["Emotive", "Flash Memory", "MP3", "Music"]


@pytest.mark.slow
@pytest.mark.parametrize("topic", ["products/create", "products/update"])
def test_a_products_tags_appear_in_its_lines(say, paid, payload, seen, topic):
    assert tags_of(seen) == [[]] * 3
    say(topic, payload("product"))
    assert tags_of(seen) == [TAGS] * 3
    product = seen()["lines"][1]["product"]
    assert product == {
        "id": product["id"],
        "name": "IPod Nano - 8GB",
        "variant_name": "Red",
        "sku": "IPOD2008RED",
        "product_id": 632910392,
        "variant_id": 49148385,
        "vendor": "Apple",
        "tags": TAGS,
    }


def test_a_product_may_come_before_its_order(say, order, payload, seen, opened):
    say("products/update", payload("product"))
    say("orders/paid", order(financial_status="paid"))
    assert (tags_of(seen), opened()) == ([TAGS] * 3, ALL)
    assert seen()["lines"][0]["product"]["vendor"] == "Apple"


@pytest.mark.slow
@pytest.mark.parametrize("days", [(1, 2), (2, 1)], ids=["in turn", "turned round"])
def test_the_newest_word_on_a_product_stands(say, paid, payload, seen, days):
    for day in days:
        changes = {"updated_at": f"2020-01-0{day}T00:00:00Z", "tags": f"day {day}"}
        say("products/update", payload("product") | changes)
    assert tags_of(seen) == [["day 2"]] * 3


def test_every_variant_is_a_product_of_its_own(say, payload, merchant):
    say("products/create", payload("product"))
    rows = Product.objects.filter(shop=merchant, product_id=632910392)
    assert set(rows.values_list("variant_id", "variant_name", "sku")) == {
        (808950810, "Pink", "IPOD2008PINK"),
        (49148385, "Red", "IPOD2008RED"),
        (39072856, "Green", "IPOD2008GREEN"),
        (457924702, "Black", "IPOD2008BLACK"),
    }


@pytest.mark.slow
def test_a_deleted_product_stays_with_its_buyers(say, paid, seen, opened, client):
    before = seen()
    say("products/delete", {"id": 632910392})
    assert (seen(), opened()) == (before, ALL)
    removed = RemovedProduct.objects.get()
    assert (removed.product_id, removed.removed_at) == (632910392, NOW)
    say("products/delete", {"id": 632910392})
    assert RemovedProduct.objects.count() == 1


# --- Disputes ----------------------------------------------------------------------------------


def dispute(status, **values):
    return {
        "id": 598735659,
        "order_id": ORDER,
        "type": "chargeback",
        "amount": "11.50",
        "currency": "USD",
        "reason": "fraudulent",
        "network_reason_code": "4827",
        "status": status,
        "evidence_due_by": "2026-03-15T19:00:00-04:00",
        "evidence_sent_on": None,
        "finalized_on": None,
        "initiated_at": "2026-02-20T20:00:00-04:00",
    } | values


DECISIONS = {
    "won": (ALL, "available"),
    "lost": (NONE, "expired"),
    "accepted": (NONE, "expired"),
    "charge_refunded": (NONE, "expired"),
    "under_review": (NONE, "pending"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("status", "expected"), DECISIONS.items())
def test_a_dispute_holds_the_order_until_it_is_decided(say, paid, opened, status, expected):
    say("disputes/create", dispute("needs_response"))
    assert (opened(), statuses()) == (NONE, ["pending"] * 3)
    say("disputes/update", dispute(status))
    assert (opened(), statuses()) == (expected[0], [expected[1]] * 3)


@pytest.mark.slow
@pytest.mark.parametrize(("status", "expected"), DECISIONS.items())
def test_an_open_dispute_that_comes_late_decides_nothing_anew(say, paid, opened, status, expected):
    say("disputes/update", dispute(status))
    say("disputes/create", dispute("needs_response"))
    assert opened() == expected[0]
    assert Dispute.objects.count() == 1


def test_a_dispute_waits_for_its_order(say, order, opened):
    say("disputes/create", dispute("needs_response"))
    say("orders/paid", order(financial_status="paid"))
    assert opened() == NONE


@pytest.mark.slow
def test_a_banks_question_is_no_dispute(say, paid, opened):
    say("disputes/create", dispute("needs_response", type="inquiry"))
    assert (opened(), Dispute.objects.count()) == (ALL, 0)
    # It may grow into one.
    say("disputes/update", dispute("needs_response"))
    assert opened() == NONE


@pytest.mark.slow
def test_a_question_that_takes_the_money_closes_the_order(say, paid, opened):
    say("disputes/update", dispute("charge_refunded", type="inquiry"))
    assert opened() == NONE


def test_a_dispute_of_no_order_is_nothing(say, paid, opened):
    say("disputes/create", dispute("lost", order_id=None))
    assert (opened(), Dispute.objects.count()) == (ALL, 0)


@pytest.mark.slow
def test_two_disputes_hold_until_both_are_won(say, paid, opened):
    for number in (1, 2):
        say("disputes/create", dispute("needs_response", id=number))
    say("disputes/update", dispute("won", id=1))
    assert opened() == NONE
    say("disputes/update", dispute("won", id=2))
    assert opened() == ALL


# --- Risk --------------------------------------------------------------------------------------


def risk(level="HIGH", day=1, **values):
    return {
        "order_id": ORDER,
        "provider_id": None,
        "provider_title": None,
        "risk_level": level,
        "created_at": f"2026-02-0{day}T00:00:00Z",
        "admin_graphql_api_order_id": f"gid://shopify/Order/{ORDER}",
    } | values


RISK = "orders/risk_assessment_changed"


@pytest.mark.slow
@pytest.mark.parametrize(("holds", "is_open"), [(False, ALL), (True, NONE)])
def test_high_risk_holds_an_order_where_the_shop_wants_it(say, paid, opened, holds, is_open):
    Shop.objects.update(holds_high_risk=holds)
    say(RISK, risk())
    assert opened() == is_open


@pytest.mark.slow
@pytest.mark.parametrize(
    "harmless",
    [
        {"risk_level": "MEDIUM"},
        {"risk_level": "LOW"},
        {"risk_level": "NONE"},
        {"risk_level": None},
        {"provider_id": 1423},
        {"provider_title": "Somebody's app"},
        {"order_id": ORDER + 1},
    ],
    ids=str,
)
def test_anything_less_holds_nothing(say, paid, opened, harmless):
    Shop.objects.update(holds_high_risk=True)
    say(RISK, risk() | harmless)
    assert opened() == ALL


@pytest.mark.slow
@pytest.mark.parametrize("days", [(1, 2), (2, 1)], ids=["in turn", "turned round"])
@pytest.mark.parametrize(("last", "is_open"), [("HIGH", NONE), ("LOW", ALL)])
def test_the_newest_assessment_stands(say, paid, opened, days, last, is_open):
    Shop.objects.update(holds_high_risk=True)
    levels = {1: "LOW" if last == "HIGH" else "HIGH", 2: last}
    for day in days:
        say(RISK, risk(levels[day], day))
    assert opened() == is_open


def test_an_assessment_waits_for_its_order_and_may_write_its_number_as_text(say, order, opened):
    Shop.objects.update(holds_high_risk=True)
    say(RISK, risk(order_id=str(ORDER)))
    say("orders/paid", order(financial_status="paid"))
    assert (opened(), Order.objects.get().hold) == (NONE, "risk")


# --- The shop itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("days", [(1, 2), (2, 1)], ids=["in turn", "turned round"])
def test_a_shops_newest_name_stands(say, merchant, days):
    for day in days:
        say("shop/update", {"id": 9, "name": f"Name {day}", "updated_at": LATER[day]})
    merchant.refresh_from_db()
    assert (merchant.name, merchant.domain) == ("Name 2", "my-store.example")


def test_a_removed_app_that_speaks_again_is_back(say, merchant, frozen):
    frozen(NOW)
    say("app/uninstalled", {"id": 9, "name": "My store"})
    for moment, noted in ((NOW - timedelta(days=1), NOW), (NOW + timedelta(days=1), None)):
        say("shop/update", {"id": 9, "name": "My store", "updated_at": moment.isoformat()})
        merchant.refresh_from_db()
        assert merchant.uninstalled_at == noted


@pytest.mark.slow
def test_a_removed_app_is_noted_and_takes_no_buyers_file(say, paid, opened, merchant, frozen):
    say("app/uninstalled", {"id": 9, "name": "My store"})
    merchant.refresh_from_db()
    assert (merchant.uninstalled_at, opened()) == (NOW, ALL)


def test_a_message_of_no_known_topic_is_kept_and_left(say, paid):
    before = list(Order.objects.values())
    say("fulfillments/create", {"order_id": ORDER, "email": EMAIL})
    message = Message.objects.get(topic="fulfillments/create")
    assert (message.state, message.body, message.person) == ("ignored", "", "")
    assert list(Order.objects.values()) == before


# --- Numbers -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_numbers_beyond_two_to_the_53rd_come_out_unchanged(say, order, payload, client):
    first = 2**53 + 1
    large = order(id=first, order_number=first + 2, financial_status="paid")
    for position, line in enumerate(large["line_items"]):
        line["id"] = first + 10 + position
        line["product_id"] = first + 4
        line["variant_id"] = 2**63 - 1 - position
    say("orders/paid", large)
    row = {"line_item_id": first + 11, "quantity": 1}
    refund = {"id": first, "order_id": first, "refund_line_items": [row]}
    say("refunds/create", payload("refund") | refund)
    body = client.get(FACE_A, {"id": REAL_TOKEN}).content.decode()
    shown = json.loads(body)["order"]
    assert f'"order_number":{first + 2}' in body.replace(" ", "")
    assert shown["order_number"] == 9007199254740995
    products = [line["product"] for line in shown["lines"]]
    assert [product["product_id"] for product in products] == [9007199254740997] * 3
    assert [product["variant_id"] for product in products] == [
        9223372036854775807,
        9223372036854775806,
        9223372036854775805,
    ]
    order_row = Order.objects.get()
    assert order_row.platform_id == 9007199254740993
    units = order_row.lines.with_refunded_units().values_list("platform_id", "refunded_units")
    assert list(units) == [(first + 10, 0), (first + 11, 1), (first + 12, 0)]


# --- What the law lets a buyer ask -------------------------------------------------------------


def data_request(**values):
    return {
        "shop_id": 954889,
        "shop_domain": "my-store.example",
        "orders_requested": [ORDER],
        "customer": {"id": BUYER, "email": EMAIL, "phone": "555-625-1199"},
        "data_request": {"id": 9999},
    } | values


def redaction(**values):
    return {
        "shop_id": 954889,
        "shop_domain": "my-store.example",
        "customer": {"id": BUYER, "email": EMAIL, "phone": "555-625-1199"},
        "orders_to_redact": [ORDER],
    } | values


def words_stored():
    """Return which words about the buyer stand anywhere a person or a message is kept."""
    rows = [
        str(value)
        for model in (Customer, Message, DataRequest, Order)
        for row in model.objects.values_list()
        for value in row
    ]
    words = [EMAIL, "hostmail", "Bob", "Norman", "555-625-1199"]
    return [word for word in words if any(word.lower() in value.lower() for value in rows)]


@pytest.mark.slow
def test_a_data_request_is_noted_once_for_the_merchant(say, paid, merchant):
    say("customers/data_request", data_request())
    say("customers/data_request", data_request())
    assert list(DataRequest.objects.values()) == [
        {
            "id": DataRequest.objects.get().pk,
            "shop_id": merchant.pk,
            "platform_id": 9999,
            "customer_platform_id": BUYER,
            "email": EMAIL,
            "asked_at": NOW,
            "answered_at": None,
        }
    ]


@pytest.mark.slow
def test_a_redacted_buyer_is_forgotten_and_the_counts_stay(say, paid, seen, client):
    grant = Grant.objects.order_by("line__position").first()
    fulfilment.spend(grant, nonce="n", valid_until=NOW + timedelta(days=1), at=NOW)
    before = seen(), list(Grant.objects.values()), client.get(f"/orders/{REAL_TOKEN}").status_code
    assert words_stored() == [EMAIL, "hostmail", "Bob", "Norman"]
    say("customers/redact", redaction())
    assert words_stored() == []
    assert (
        seen(),
        list(Grant.objects.values()),
        client.get(f"/orders/{REAL_TOKEN}").status_code,
    ) == before
    assert seen()["lines"][0]["assets"][0]["limits"] == {"downloaded": 1, "limit": 3}
    customer = Customer.objects.get()
    assert (customer.platform_id, customer.erased_at, Order.objects.get().customer) == (
        BUYER,
        NOW,
        customer,
    )


@pytest.mark.slow
def test_a_redacted_buyers_bearer_opens_nothing(say, paid, graphql):
    customer = paid.customer
    query = "{customerDownloadableProducts {totalCount}}"
    before = graphql(query, customer=customer).json()
    assert before == {"data": {"customerDownloadableProducts": {"totalCount": 3}}}
    say("customers/redact", redaction())
    after = graphql(query, customer=customer).json()
    assert after["errors"][0]["message"] == "Unauthenticated. Please login to perform this action"
    assert CustomerToken.objects.exists()


SEQUENCES = {
    "first": ["redact", "create", "paid"],
    "between": ["create", "redact", "paid"],
    "last": ["create", "paid", "redact"],
    "with a late one behind": ["paid", "redact", "create"],
    "twice": ["redact", "create", "redact", "paid", "redact"],
}


@pytest.mark.slow
@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_no_message_brings_a_redacted_buyer_back(say, order, opened, sequence):
    messages = {
        "create": ("orders/create", order()),
        "paid": ("orders/paid", order(financial_status="paid", updated_at=LATER[0])),
        "redact": ("customers/redact", redaction()),
    }
    for name in sequence:
        say(*messages[name])
    assert (words_stored(), opened()) == ([], ALL)
    assert list(Customer.objects.values_list("platform_id", "erased_at")) == [(BUYER, NOW)]
    assert Order.objects.get().customer == Customer.objects.get()


@pytest.mark.slow
@pytest.mark.parametrize("is_held_by", ["its number", "its address"])
def test_what_still_waits_forgets_a_redacted_buyer_too(deliver, say, order, opened, is_held_by):
    waiting = order(financial_status="paid")
    if is_held_by == "its address":
        del waiting["customer"]
    deliver("orders/paid", waiting, is_applied=False)
    Message.objects.update(due_at=NOW + timedelta(hours=1))  # it failed, say, and is put off
    assert words_stored() != []
    say("customers/redact", redaction(orders_to_redact=[]))
    assert words_stored() == []
    Message.objects.filter(state="waiting").update(due_at=NOW)
    say("never/heard", {})
    assert (words_stored(), opened()) == ([], ALL)
    assert Message.objects.filter(state="waiting").exists() is False


@pytest.mark.slow
def test_a_redaction_forgets_a_waiting_data_request(say, paid):
    say("customers/data_request", data_request())
    say("customers/redact", redaction())
    assert list(DataRequest.objects.values_list("email", "customer_platform_id")) == [("", None)]


@pytest.mark.slow
def test_a_data_request_that_comes_late_brings_nobody_back(say, paid):
    say("customers/redact", redaction())
    say("customers/data_request", data_request())
    assert words_stored() == []


@pytest.mark.slow
def test_a_redaction_touches_nobody_else(say, order, paid):
    other = {"id": 5, "email": "grace@example.com", "first_name": "Grace", "last_name": "Murray"}
    say("orders/create", order(id=7, token="f" * 32, email=other["email"], customer=other))
    say("customers/redact", redaction())
    assert list(Customer.objects.filter(erased_at=None).values_list("email", "first_name")) == [
        ("grace@example.com", "Grace")
    ]


@pytest.mark.slow
def test_a_guest_is_redacted_by_the_order(say, order):
    guest = order(financial_status="paid", customer=None)
    say("orders/create", guest)
    assert words_stored() != []
    say("customers/redact", redaction(customer={}))
    assert words_stored() == []


@pytest.mark.slow
def test_another_shops_buyer_of_the_same_address_stays(say, paid):
    elsewhere = Customer.objects.create(shop=ShopFactory(), email=EMAIL, platform_id=BUYER)
    say("customers/redact", redaction())
    elsewhere.refresh_from_db()
    assert (elsewhere.email, elsewhere.erased_at) == (EMAIL, None)


@pytest.mark.slow
def test_a_redacted_shop_forgets_all_its_buyers_and_keeps_the_counts(
    deliver, say, order, paid, seen
):
    other = {"id": 5, "email": "grace.norman@example.com", "first_name": "Grace"}
    say("orders/create", order(id=7, token="f" * 32, email=other["email"], customer=other))
    say("customers/data_request", data_request())
    deliver("orders/create", order(id=8, token="a" * 32), is_applied=False)
    Message.objects.filter(state="waiting").update(due_at=NOW + timedelta(hours=1))
    elsewhere = Customer.objects.create(shop=ShopFactory(), email="ada@example.com")
    before = seen(), list(Grant.objects.values())
    say("shop/redact", {"shop_id": 954889, "shop_domain": "my-store.example"})
    assert words_stored() == []
    assert (seen(), list(Grant.objects.values())) == before
    assert list(Customer.objects.filter(erased_at=None)) == [elsewhere]


# --- What cannot be applied --------------------------------------------------------------------

UNREADABLE = {
    "orders/create": ({"id": 1, "order_number": 1, "line_items": []}, "order.created_at: missing"),
    "refunds/create": ({"id": 1}, "refund.order_id: missing"),
    "products/update": ({"id": 1, "variants": []}, "product.updated_at: missing"),
    "products/delete": ({}, "product.id: missing"),
    "disputes/create": (
        {"id": 1, "order_id": 2, "status": "odd"},
        "dispute.status: expected one of needs_response, under_review, won, lost, accepted, "
        "charge_refunded",
    ),
    RISK: ({"risk_level": "HIGH"}, "risk.order_id: missing"),
    "shop/update": ({"name": "x"}, "shop.updated_at: missing"),
    "customers/data_request": ({}, "data_request: missing"),
    "customers/redact": (
        {"orders_to_redact": ["x"]},
        "request.orders_to_redact: expected a list of whole numbers",
    ),
}


@pytest.mark.parametrize(("topic", "said"), UNREADABLE.items())
def test_what_cannot_be_read_is_set_aside_at_once_with_its_error(deliver, topic, said):
    payload, error = said
    assert deliver(topic, payload).status_code == 200
    message = Message.objects.get()
    assert (message.state, message.attempts, message.error) == ("set_aside", 1, error)
