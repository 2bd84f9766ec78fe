import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from downloads import fulfilment
from downloads.lookups.personal_data import (
    stored_about_customer,
    stored_for_request,
    with_customers,
)
from downloads.models import Account, Customer, DataRequest
from tests.factories import (
    NOW,
    CustomerFactory,
    DeliveryFactory,
    EventFactory,
    GrantFactory,
    LineFactory,
    MailFactory,
    MessageFactory,
    OrderFactory,
    ShopFactory,
)

NOTHING = {
    "written_at": NOW,
    "customers": [],
    "accounts": [],
    "orders": [],
    "mails": [],
    "messages_not_applied_yet": [],
    "note": "Nothing is stored about this buyer.",
}


@pytest.fixture
def shop(db):
    return ShopFactory(domain="my-store.example")


def exported(shop, **whom):
    """Return the document of a request about somebody."""
    number = DataRequest.objects.count() + 1
    DataRequest.objects.create(shop=shop, platform_id=number, asked_at=NOW, **whom)
    request = with_customers(DataRequest.objects.all()).get(platform_id=number)
    return stored_for_request(request, at=NOW)


def numbers_of(document):
    return [customer["number"] for customer in document["customers"]]


def told(at, what, *, user_agent, why="", **sent):
    """Return a line of the ledger as it is told."""
    line = {"at": at, "what": what, "why": why, "bytes": None, "user_agent": user_agent}
    return line | sent


def test_everything_about_a_buyer_is_told(shop):
    ada = CustomerFactory(
        shop=shop, email="ada@example.com", first_name="Ada", last_name="L", platform_id=5
    )
    order = OrderFactory(shop=shop, customer=ada, number=1050, grand_total="9.90", currency="EUR")
    line = LineFactory(order=order, quantity=2, current_quantity=1, product__sku="B-1")
    grant = GrantFactory(order=order, line=line, asset__title="Book", used=1, canceled=3)
    GrantFactory(order=order, line=None, asset__title="Extra", limit=None, expires_at=NOW)
    delivery = DeliveryFactory(grant=grant)
    of = {"grant": grant, "delivery": delivery, "address_hash": "a" * 64}
    EventFactory(user_agent="Reader/1", **of)
    EventFactory(kind="served", sent_bytes=700, user_agent="Reader/1", **of)
    later = NOW + timedelta(hours=1)
    EventFactory(kind="refused", reason="click_over", at=later, user_agent="Reader/2", **of)
    EventFactory(grant__order__shop=shop)
    ada.refresh_from_db()
    document = stored_about_customer(ada, at=NOW)
    assert document == {
        "shop": "my-store.example",
        "written_at": NOW,
        "customers": [
            {
                "number": 5,
                "email": "ada@example.com",
                "merged_into": None,
                "first_name": "Ada",
                "last_name": "L",
                "known_since": ada.created_at,
                "erased_at": None,
            }
        ],
        "accounts": [],
        "orders": [
            {
                "number": 1050,
                "number_on_the_receipt": "1050",
                "mail_goes_to": "ada@example.com",
                "reported_address": "",
                "placed_at": NOW,
                "status": "completed",
                "total": Decimal("9.90"),
                "currency": "EUR",
                "lines": [
                    {
                        "product": "My new Book",
                        "variant": None,
                        "sku": "B-1",
                        "quantity": 2,
                        "kept": 1,
                    }
                ],
                "downloads": [
                    {
                        "title": "Book",
                        "allowed": 7,
                        "used": 1,
                        "until": None,
                        "downloaded_at": [NOW],
                        "ledger": [
                            told(later, "refused", user_agent="Reader/2", why="click_over"),
                            told(NOW, "sent", user_agent="Reader/1", bytes=700),
                            told(NOW, "counted", user_agent="Reader/1"),
                        ],
                    },
                    {
                        "title": "Extra",
                        "allowed": None,
                        "used": 0,
                        "until": NOW,
                        "downloaded_at": [],
                        "ledger": [],
                    },
                ],
                "notes_of_staff": [],
            }
        ],
        "mails": [],
        "messages_not_applied_yet": [],
    }
    written = json.dumps(document, cls=DjangoJSONEncoder)
    assert json.loads(written)["shop"] == "my-store.example"
    assert "a" * 64 not in written


def account(shop, customer=None, **values):
    words = {"email": "ada@example.com", "first_name": "Ada", "last_name": "L.", "password": "hash"}
    return Account.objects.create(shop=shop, customer=customer, **words | values)


def accounts_of(document):
    return [(told["email"], told["confirmed_at"]) for told in document["accounts"]]


def test_an_account_is_told_without_its_password(shop):
    ada = CustomerFactory(shop=shop, email="ada@example.com")
    row = account(shop, ada, confirmed_at=NOW, signed_in_at=NOW)
    document = stored_about_customer(ada, at=NOW)
    assert document["accounts"] == [
        {
            "email": "ada@example.com",
            "first_name": "Ada",
            "last_name": "L.",
            "registered_at": row.created_at,
            "confirmed_at": NOW,
            "signed_in_at": NOW,
        }
    ]


def test_what_a_stranger_registered_with_the_address_is_told_and_no_other(shop):
    ada = CustomerFactory(shop=shop, email="ADA@example.com")
    account(shop)
    account(shop, email="eve@example.com")
    account(ShopFactory())
    assert accounts_of(stored_about_customer(ada, at=NOW)) == [("ada@example.com", None)]
    assert accounts_of(exported(shop, email="Ada@Example.com")) == [("ada@example.com", None)]


def test_another_persons_confirmed_account_is_not_told(shop):
    CustomerFactory(shop=shop, platform_id=5, email=None)
    other = CustomerFactory(shop=shop, platform_id=6, email="ada@example.com")
    account(shop, other, confirmed_at=NOW)
    document = exported(shop, customer_platform_id=5, email="ada@example.com")
    assert (numbers_of(document), accounts_of(document)) == ([5], [])


def test_an_account_alone_is_something(shop):
    account(shop)
    document = exported(shop, email="ada@example.com")
    assert (accounts_of(document), "note" in document) == ([("ada@example.com", None)], False)


def mails_of(document):
    return [(told["about"], told["order"], told["to"]) for told in document["mails"]]


def test_what_was_mailed_is_told(shop):
    ada = CustomerFactory(shop=shop, email="ada@example.com")
    order = OrderFactory(shop=shop, customer=ada, number=1050)
    MailFactory(
        shop=shop,
        order=order,
        email="ada@example.com",
        state="sent",
        sent_at=NOW,
        bounced_at=NOW,
        bounce="bounced: No such user",
        error="Not for buyers.",
        claim="c" * 32,
        message_id="<1@mail.example>",
    )
    assert stored_about_customer(ada, at=NOW)["mails"] == [
        {
            "about": "Downloads are ready",
            "order": 1050,
            "to": "ada@example.com",
            "state": "Sent",
            "written_at": NOW,
            "sent_at": NOW,
            "came_back_at": NOW,
            "why_it_came_back": "bounced: No such user",
        }
    ]


def test_what_was_mailed_to_a_former_address_or_asked_for_is_told_and_no_other(shop):
    ada = CustomerFactory(shop=shop, email="ADA@example.com", platform_id=5)
    MailFactory(shop=shop, order=OrderFactory(shop=shop, customer=ada), email="a@example.com")
    MailFactory(shop=shop, email="ada@example.com")
    MailFactory(shop=shop, order=OrderFactory(shop=shop), email="ada@example.com")
    MailFactory(shop=shop, email="b@example.com")
    MailFactory(email="ada@example.com")
    number = ada.orders.get().number
    told = [
        ("Downloads are ready", number, "a@example.com"),
        ("Links, asked for again", None, "ada@example.com"),
    ]
    assert mails_of(stored_about_customer(ada, at=NOW)) == told
    assert mails_of(exported(shop, customer_platform_id=5)) == told


def test_a_mail_alone_is_something(shop):
    MailFactory(shop=shop, email="ada@example.com")
    document = exported(shop, email="Ada@Example.com")
    assert (len(document["mails"]), "note" in document) == (1, False)


def test_a_buyer_is_found_by_number_before_the_address(shop):
    CustomerFactory(shop=shop, platform_id=5, email="ada@example.com")
    CustomerFactory(shop=shop, platform_id=6, email="grace@example.com")
    CustomerFactory(platform_id=5)
    assert numbers_of(exported(shop, customer_platform_id=5)) == [5]
    assert numbers_of(exported(shop, customer_platform_id=5, email="grace@example.com")) == [5]
    assert numbers_of(exported(shop, email="Grace@Example.com")) == [6]


def test_a_number_we_never_heard_finds_the_address_without_a_number(shop):
    CustomerFactory(shop=shop, email="ada@example.com")
    CustomerFactory(shop=shop, platform_id=6, email="grace@example.com")
    assert numbers_of(exported(shop, customer_platform_id=7, email="ADA@example.com")) == [None]
    # Two numbers are two people: the address went from one to the other.
    assert numbers_of(exported(shop, customer_platform_id=7, email="grace@example.com")) == []


def test_one_buyer_in_two_rows_is_told_whole(shop):
    CustomerFactory(shop=shop, platform_id=5, email=None)
    CustomerFactory(shop=shop, email="ada@example.com")
    document = exported(shop, customer_platform_id=5, email="ada@example.com")
    assert numbers_of(document) == [5, None]


@pytest.mark.parametrize("whom", [{}, {"email": "ada@example.com"}, {"customer_platform_id": 5}])
def test_nothing_stored_is_said(shop, whom):
    Customer.objects.create(shop=shop)
    assert exported(shop, **whom) == NOTHING | {"shop": "my-store.example"}


def test_what_waits_to_be_applied_is_told_too(shop):
    ada = {"email": "ada@example.com"}
    MessageFactory(shop=shop, about_customer=5, person=json.dumps(ada), topic="orders/paid")
    MessageFactory(shop=shop, person=json.dumps(ada), received_at=NOW - timedelta(days=1))
    MessageFactory(shop=shop, about_customer=5, person="", state="applied")
    MessageFactory(shop=shop, about_customer=6, person=json.dumps({"email": "bada@example.com"}))
    MessageFactory(about_customer=5, person=json.dumps(ada))
    document = exported(shop, customer_platform_id=5, email="ada@example.com")
    assert document["messages_not_applied_yet"] == [
        {"topic": "orders/paid", "received_at": NOW, "said": ada},
        {"topic": "orders", "received_at": NOW - timedelta(days=1), "said": ada},
    ]


def test_an_erased_buyer_is_not_found_again(shop):
    ada = OrderFactory(shop=shop, customer__platform_id=5).customer
    exported(shop, customer_platform_id=5)
    fulfilment.erase_customer(ada, at=NOW)
    request = with_customers(DataRequest.objects.all()).get()
    assert stored_for_request(request, at=NOW) == NOTHING | {"shop": "my-store.example"}


def test_it_asks_the_same_for_one_order_and_for_many(shop, django_assert_num_queries):
    ada = CustomerFactory(shop=shop, platform_id=5)

    def buy():
        for grant in (GrantFactory(order=OrderFactory(shop=shop, customer=ada)) for _ in range(3)):
            EventFactory(grant=grant, delivery=DeliveryFactory(grant=grant))

    buy()
    with django_assert_num_queries(10):
        stored_about_customer(ada, at=NOW)
    buy()
    buy()
    with django_assert_num_queries(10):
        assert len(stored_about_customer(ada, at=NOW)["orders"]) == 9
