import json
from datetime import timedelta
from typing import Any

import pytest

from downloads.fulfilment import (
    answer_data_request,
    attach_to_order,
    erase_customer,
    erase_person,
    erase_shop,
    record_data_request,
    record_order,
)
from downloads.incoming import CustomerReport, PersonReport
from downloads.models import (
    Account,
    AuditEntry,
    Customer,
    DataRequest,
    DownloadEvent,
    Grant,
    LinkRequest,
    Mail,
    Message,
    Order,
    Reader,
    Shop,
)
from storefront.models import CustomerToken
from tests.downloads.reported import order_report
from tests.factories import (
    NOW,
    CustomerFactory,
    EventFactory,
    GrantFactory,
    MailFactory,
    MessageFactory,
    OrderFactory,
    ShopFactory,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LATER = NOW + HOUR
MAIL = "ada@example.com"
ADA = PersonReport(platform_id=501, email=MAIL)
GUEST = PersonReport(platform_id=None, email=MAIL)


@pytest.fixture
def shop() -> Shop:
    return ShopFactory()


def buyer(shop: Shop, **values: Any) -> Customer:
    words = {"email": MAIL, "first_name": "Ada", "last_name": "L.", "platform_id": 501}
    return CustomerFactory(shop=shop, **words | values)


def said_of(customer: Customer) -> tuple:
    customer.refresh_from_db()
    names = (customer.first_name, customer.last_name)
    return customer.email, *names, customer.erased_at


def personal(row: Message) -> str:
    row.refresh_from_db()
    return row.person


ERASED = (None, "", "", LATER)
KNOWN = (MAIL, "Ada", "L.", None)


# --- A buyer -------------------------------------------------------------------------------------


def test_an_erased_buyer_keeps_the_platforms_number_alone(shop):
    ada = buyer(shop)
    assert erase_person(shop, ADA, at=LATER) == 1
    assert said_of(ada) == ERASED
    assert ada.platform_id == 501
    assert MAIL not in str(list(Customer.objects.values()))


def test_an_erased_buyer_keeps_orders_grants_and_counts(shop):
    ada = buyer(shop)
    grant = GrantFactory(order=OrderFactory(shop=shop, customer=ada, token="t" * 32), used=3)
    before = [*Grant.objects.values(), *(row | {"email": ""} for row in Order.objects.values())]
    erase_person(shop, ADA, at=LATER)
    assert [*Grant.objects.values(), *Order.objects.values()] == before
    assert Grant.objects.seen_by(Reader(ada)).get() == grant
    assert Grant.objects.with_facts().get().status(NOW) == "available"


def test_a_buyer_is_erased_once(shop):
    ada = buyer(shop)
    erase_person(shop, ADA, at=LATER)
    assert erase_person(shop, ADA, at=LATER + HOUR) == 0
    assert said_of(ada) == ERASED


def test_nobody_else_is_erased(shop):
    others = [
        buyer(shop, platform_id=502, email="b@example.com"),
        buyer(shop, platform_id=None, email="c@example.com"),
        buyer(ShopFactory()),
    ]
    buyer(shop)
    before = list(Customer.objects.filter(pk__in=[other.pk for other in others]).values())
    erase_person(shop, ADA, at=LATER)
    assert list(Customer.objects.filter(pk__in=[other.pk for other in others]).values()) == before


def test_a_guest_with_the_address_is_the_same_person(shop):
    ada, guest = buyer(shop, email=None), buyer(shop, platform_id=None, email="ADA@example.com")
    assert erase_person(shop, ADA, at=LATER) == 2
    assert (said_of(ada), said_of(guest)) == (ERASED, ERASED)


def test_two_numbers_are_two_people_also_with_one_address(shop):
    other = buyer(shop, platform_id=502)
    assert erase_person(shop, ADA, at=LATER) == 1
    assert said_of(other) == KNOWN


def test_a_person_without_a_number_is_known_by_address_or_by_order(shop):
    by_mail = buyer(shop)
    by_order = buyer(shop, platform_id=502, email="b@example.com")
    OrderFactory(shop=shop, customer=by_order, platform_id=7001)
    person = PersonReport(platform_id=None, email=MAIL, orders=(7001,))
    assert erase_person(shop, person, at=LATER) == 2
    assert (said_of(by_mail), said_of(by_order)) == (ERASED, ERASED)


def test_a_guest_is_known_by_an_order_of_theirs(shop):
    guest, other = (buyer(shop, platform_id=None, email=f"{n}@example.com") for n in range(2))
    OrderFactory(shop=shop, customer=guest, platform_id=7001)
    OrderFactory(shop=shop, customer=guest, platform_id=7002)
    OrderFactory(shop=shop, customer=other, platform_id=7003)
    person = PersonReport(platform_id=501, email="", orders=(7001, 7002))
    assert erase_person(shop, person, at=LATER) == 2
    assert said_of(guest) == ERASED
    assert other.erased_at is None


def test_an_order_in_another_shop_names_nobody(shop):
    guest = buyer(ShopFactory(), platform_id=None)
    OrderFactory(shop=guest.shop, customer=guest, platform_id=7001)
    erase_person(shop, PersonReport(platform_id=None, email="", orders=(7001,)), at=LATER)
    assert said_of(guest) == KNOWN


def test_a_person_nobody_can_name_erases_nobody(shop):
    customers = [buyer(shop), buyer(shop, platform_id=None, email=None)]
    assert erase_person(shop, PersonReport(platform_id=None, email=""), at=LATER) == 0
    assert [customer.erased_at for customer in customers] == [None, None]


def test_a_merchant_may_erase_a_buyer(shop):
    ada, other = buyer(shop), buyer(shop, platform_id=502, email="b@example.com")
    erase_customer(ada, at=LATER)
    assert said_of(ada) == ERASED
    assert said_of(other)[-1] is None


def test_a_merchant_may_erase_a_buyer_without_number_or_address(shop):
    nameless = buyer(shop, platform_id=None, email=None)
    waiting = MessageFactory(shop=shop, person='{"email": "b@example.com"}')
    erase_customer(nameless, at=LATER)
    assert said_of(nameless) == ERASED
    assert personal(waiting) == '{"email": "b@example.com"}'


# --- Late messages -------------------------------------------------------------------------------


def test_a_buyer_not_known_yet_comes_without_a_name(shop):
    assert erase_person(shop, ADA, at=LATER) == 1
    report = order_report(customer=CustomerReport(platform_id=501, email=MAIL, first_name="Ada"))
    order = record_order(shop, report, at=LATER).order
    assert order.customer is not None
    assert (order.customer.platform_id, said_of(order.customer)) == (501, ERASED)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("is_reversed", [False, True])
def test_an_order_and_the_erasure_of_its_buyer_end_alike_in_either_order(shop, is_reversed):
    report = order_report(customer=CustomerReport(platform_id=501, email=MAIL, first_name="Ada"))
    steps = [
        lambda: record_order(shop, report, at=NOW),
        lambda: erase_person(shop, ADA, at=LATER),
    ]
    for step in reversed(steps) if is_reversed else steps:
        step()
    customer = Customer.objects.get()
    assert (customer.platform_id, said_of(customer)) == (501, ERASED)
    assert Order.objects.get().customer == customer


def test_a_newer_report_of_an_erased_buyer_brings_nothing_back(shop):
    report = order_report(customer=CustomerReport(platform_id=501, email=MAIL, first_name="Ada"))
    record_order(shop, report, at=NOW)
    erase_person(shop, ADA, at=LATER)
    newer = order_report(
        at=LATER + HOUR,
        customer=CustomerReport(platform_id=501, email="new@example.com", first_name="Ada"),
    )
    record_order(shop, newer, at=LATER)
    assert said_of(Customer.objects.get()) == ERASED


def test_somebody_else_may_take_the_address_of_an_erased_buyer(shop):
    buyer(shop)
    erase_person(shop, ADA, at=LATER)
    assert said_of(buyer(shop, platform_id=502)) == KNOWN


# --- What waits in the inbox ---------------------------------------------------------------------


def test_what_waits_about_an_erased_buyer_loses_what_is_personal(shop):
    by_number = MessageFactory(shop=shop, about_customer=501, person='{"first_name": "Ada"}')
    by_mail = MessageFactory(shop=shop, person=json.dumps({"email": "ADA@example.com"}))
    aside = MessageFactory(
        shop=shop, state="set_aside", person=json.dumps({"customer": {"email": MAIL}})
    )
    erase_person(shop, ADA, at=LATER)
    assert [personal(message) for message in (by_number, by_mail, aside)] == ["", "", ""]
    assert set(Message.objects.values_list("body", flat=True)) == {"{}"}


@pytest.mark.parametrize(
    "mail", ["xada@example.com", "ada@example.com.au", "ada_example.com", "a%@example.com"]
)
def test_what_waits_about_others_stays(shop, mail):
    person = json.dumps({"email": mail})
    others = [
        MessageFactory(shop=shop, about_customer=502, person=person),
        MessageFactory(about_customer=501, person=json.dumps({"email": MAIL})),
    ]
    erase_person(shop, ADA, at=LATER)
    assert [personal(other) for other in others] == [person, json.dumps({"email": MAIL})]


@pytest.mark.parametrize("wild", ["%", "_", "%@%", "\\"])
def test_an_address_is_no_pattern(shop, wild):
    waiting = MessageFactory(shop=shop, person=json.dumps({"email": MAIL}))
    erase_person(shop, PersonReport(platform_id=None, email=wild), at=LATER)
    assert personal(waiting) == json.dumps({"email": MAIL})


@pytest.mark.parametrize("mail", ["zoë@example.com", "o'hara@example.com", '"a b"@example.com'])
def test_an_address_is_found_as_json_writes_it(shop, mail):
    waiting = MessageFactory(shop=shop, person=json.dumps({"email": mail}))
    erase_person(shop, PersonReport(platform_id=None, email=mail), at=LATER)
    assert personal(waiting) == ""


def test_a_person_without_an_address_empties_no_message(shop):
    waiting = MessageFactory(shop=shop, person='{"email": ""}')
    erase_person(shop, PersonReport(platform_id=501, email=""), at=LATER)
    assert personal(waiting) == '{"email": ""}'


def test_a_merchants_erasure_reaches_what_waits_and_what_was_asked(shop):
    waiting = MessageFactory(shop=shop, about_customer=501, person="{}")
    record_data_request(shop, 1, ADA, at=NOW)
    erase_customer(buyer(shop), at=LATER)
    assert personal(waiting) == ""
    assert DataRequest.objects.values_list("customer_platform_id", "email").get() == (None, "")


# --- Who downloaded ------------------------------------------------------------------------------

VISITED = ("a" * 64, "Reader/1")


def visit(customer: Customer, kind: str = "charged") -> DownloadEvent:
    grant = GrantFactory(order=OrderFactory(shop=customer.shop, customer=customer))
    return EventFactory(
        grant=grant, kind=kind, address_hash=VISITED[0], user_agent=VISITED[1], reason="words"
    )


def visitor_of(event: DownloadEvent) -> tuple[str, str]:
    event.refresh_from_db()
    return event.address_hash, event.user_agent


WAYS_TO_ERASE = {
    "a-person": lambda ada: erase_person(ada.shop, ADA, at=LATER),
    "a-customer": lambda ada: erase_customer(ada, at=LATER),
    "a-shop": lambda ada: erase_shop(ada.shop, at=LATER),
}


@pytest.mark.parametrize("erase", WAYS_TO_ERASE.values(), ids=WAYS_TO_ERASE)
def test_an_erased_buyers_downloads_tell_of_nobody(shop, erase):
    ada = buyer(shop)
    mine = [visit(ada, kind) for kind in ("charged", "served", "refused")]
    theirs = visit(buyer(ShopFactory()))
    before = list(DownloadEvent.objects.values("pk", "kind", "downloads", "reason", "at"))
    erase(ada)
    assert [visitor_of(event) for event in mine] == [("", "")] * 3
    assert visitor_of(theirs) == VISITED
    assert list(DownloadEvent.objects.values("pk", "kind", "downloads", "reason", "at")) == before


def test_other_buyers_downloads_keep_their_visitor(shop):
    other = visit(buyer(shop, platform_id=502, email="b@example.com"))
    visit(buyer(shop))
    erase_person(shop, ADA, at=LATER)
    assert visitor_of(other) == VISITED


def test_a_download_after_the_erasure_is_forgotten_with_the_next(shop):
    ada = buyer(shop)
    erase_person(shop, ADA, at=LATER)
    late = visit(ada)
    erase_person(shop, ADA, at=LATER + HOUR)
    assert (visitor_of(late), said_of(ada)) == (("", ""), ERASED)


def test_an_order_of_nobody_keeps_its_visitor(shop):
    nobodys = EventFactory(
        grant__order=OrderFactory(shop=shop, customer=None), address_hash="a" * 64
    )
    erase_shop(shop, at=LATER)
    assert visitor_of(nobodys)[0] == "a" * 64


# --- Who signed in by themselves -----------------------------------------------------------------


def account(shop: Shop, customer: Customer | None = None, **values: Any) -> Account:
    words = {"email": MAIL, "first_name": "Ada", "last_name": "L.", "password": "hash"}
    return Account.objects.create(shop=shop, customer=customer, **words | values)


def stranger(shop: Shop, email: str = MAIL) -> tuple[Account, CustomerToken]:
    """Somebody who registered an address and signed in; return their account and bearer."""
    empty = CustomerFactory(shop=shop, email=None, first_name="Eve")
    return account(shop, empty, email=email), CustomerToken.issue(empty, at=NOW)[0]


@pytest.mark.parametrize("erase", WAYS_TO_ERASE.values(), ids=WAYS_TO_ERASE)
def test_an_erased_buyers_account_is_deleted(shop, erase):
    ada = buyer(shop)
    account(shop, ada, email="of-old@example.com", confirmed_at=NOW)
    row, _bearer = CustomerToken.issue(ada, at=NOW)
    erase(ada)
    assert not Account.objects.exists()
    usable = CustomerToken.objects.usable(LATER).filter(customer__erased_at=None)
    assert (usable.exists(), row.customer_id) == (False, ada.pk)


@pytest.mark.parametrize("erase", WAYS_TO_ERASE.values(), ids=WAYS_TO_ERASE)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_what_a_stranger_registered_with_the_address_goes_with_its_token(shop, erase, is_signed_in):
    ada = buyer(shop)
    if is_signed_in:
        stranger(shop)
    else:
        account(shop)
    kept = stranger(ShopFactory())
    erase(ada)
    assert Account.objects.get() == kept[0]
    assert CustomerToken.objects.get() == kept[1]
    assert set(Customer.objects.all()) == {ada, kept[0].customer}


@pytest.mark.parametrize("way", ["a-person", "a-customer"])
def test_other_accounts_stay(shop, way):
    ada, grace = buyer(shop), buyer(shop, platform_id=502, email="b@example.com")
    kept = {
        account(shop, grace, email="b@example.com", confirmed_at=NOW),
        stranger(shop, "c@example.com")[0],
    }
    WAYS_TO_ERASE[way](ada)
    assert set(Account.objects.all()) == kept


def test_an_account_of_another_number_stays_also_with_one_address(shop):
    other = account(shop, buyer(shop, platform_id=502), confirmed_at=NOW)
    erase_person(shop, ADA, at=LATER)
    assert Account.objects.get() == other


def test_somebody_nobody_knows_as_a_buyer_loses_the_account_too(shop):
    stranger(shop)
    erase_person(shop, GUEST, at=LATER)
    assert (Account.objects.count(), Customer.objects.count()) == (0, 0)


# --- A whole shop --------------------------------------------------------------------------------


def test_a_shops_erasure_reaches_all_of_its_buyers_and_no_other(shop):
    mine, theirs = [buyer(shop), buyer(shop, platform_id=None, email=None)], buyer(ShopFactory())
    waiting = MessageFactory(shop=shop, person="{}")
    other = MessageFactory(shop=theirs.shop, person="{}")
    record_data_request(shop, 1, ADA, at=NOW)
    record_data_request(theirs.shop, 1, ADA, at=NOW)
    assert erase_shop(shop, at=LATER) == 2
    assert [said_of(customer) for customer in mine] == [ERASED, ERASED]
    assert said_of(theirs) == KNOWN
    assert (personal(waiting), personal(other)) == ("", "{}")
    rows = DataRequest.objects.order_by("pk").values_list("customer_platform_id", "email")
    assert list(rows) == [(None, ""), (501, MAIL)]
    assert erase_shop(shop, at=LATER + HOUR) == 0


# --- What a buyer asks ---------------------------------------------------------------------------


def test_a_request_is_noted_once(shop):
    record_data_request(shop, 9001, ADA, at=NOW)
    record_data_request(shop, 9001, GUEST, at=LATER)
    request = DataRequest.objects.get()
    assert (request.shop, request.platform_id) == (shop, 9001)
    assert (request.customer_platform_id, request.email) == (501, MAIL)
    assert (request.asked_at, request.answered_at) == (NOW, None)


def test_a_request_is_answered_once(shop):
    record_data_request(shop, 9001, ADA, at=NOW)
    for at in (LATER, LATER + HOUR):
        answer_data_request(DataRequest.objects.get(), at=at)
    assert DataRequest.objects.get().answered_at == LATER
    entry = AuditEntry.objects.get(what="Marked as answered")
    assert (entry.shop_id, entry.subject) == (shop.pk, "Data request 9001")


def test_an_erased_buyers_request_keeps_its_number_and_times_alone(shop):
    record_data_request(shop, 9001, ADA, at=NOW)
    record_data_request(shop, 9002, PersonReport(platform_id=None, email="ADA@example.com"), at=NOW)
    record_data_request(shop, 9003, PersonReport(platform_id=502, email="b@example.com"), at=NOW)
    erase_person(shop, ADA, at=LATER)
    rows = DataRequest.objects.order_by("platform_id").values_list(
        "platform_id", "customer_platform_id", "email", "asked_at"
    )
    assert list(rows) == [
        (9001, None, "", NOW),
        (9002, None, "", NOW),
        (9003, 502, "b@example.com", NOW),
    ]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_request_and_the_erasure_of_its_buyer_end_alike_in_either_order(shop, is_reversed):
    steps = [
        lambda: record_data_request(shop, 9001, ADA, at=NOW),
        lambda: erase_person(shop, ADA, at=LATER),
    ]
    for step in reversed(steps) if is_reversed else steps:
        step()
    assert DataRequest.objects.values_list("customer_platform_id", "email").get() == (None, "")


# --- What was mailed -----------------------------------------------------------------------------


def bought(customer: Customer | None, **values: Any) -> Order:
    return OrderFactory(customer=customer, **values)


@pytest.mark.parametrize("erase", WAYS_TO_ERASE.values(), ids=WAYS_TO_ERASE)
@pytest.mark.parametrize("state", Mail.State.values)
def test_an_erased_buyers_mails_are_deleted_sent_or_not(shop, erase, state):
    ada = buyer(shop)
    order = bought(ada, shop=shop)
    MailFactory(shop=shop, order=order, email="before@example.com", state=state)
    MailFactory(shop=shop, email=MAIL, state=state)
    erase(ada)
    assert Mail.objects.count() == 0


def test_other_peoples_mails_stay(shop):
    other = buyer(shop, platform_id=502, email="b@example.com")
    kept = [
        MailFactory(shop=shop, order=bought(other, shop=shop), email="b@example.com"),
        MailFactory(shop=shop, email="b@example.com"),
        MailFactory(email=MAIL),
    ]
    ada = buyer(shop)
    erase_person(shop, ADA, at=LATER)
    erase_customer(ada, at=LATER)
    assert list(Mail.objects.order_by("pk")) == kept


def test_what_another_number_with_the_same_address_bought_stays_mailed(shop):
    other = buyer(shop, platform_id=502)
    kept = MailFactory(shop=shop, order=bought(other, shop=shop), email=MAIL)
    erase_person(shop, ADA, at=LATER)
    assert Mail.objects.get() == kept


def test_a_mail_to_an_address_that_the_order_no_longer_has_is_deleted(shop):
    for customer in (None, buyer(shop, platform_id=502, email="b@example.com")):
        MailFactory(shop=shop, order=bought(customer, shop=shop), email=MAIL)
    erase_person(shop, GUEST, at=LATER)
    assert Mail.objects.count() == 0


def test_a_person_without_an_address_takes_no_mail_with_them(shop):
    MailFactory(shop=shop, email="")
    erase_person(shop, PersonReport(platform_id=501, email=""), at=LATER)
    assert Mail.objects.count() == 1


def test_a_request_for_links_is_forgotten_with_its_person(shop):
    LinkRequest.objects.create(email=MAIL, asked_at=NOW)
    other = LinkRequest.objects.create(email="b@example.com", asked_at=NOW)
    erase_person(shop, PersonReport(platform_id=501, email="ADA@example.com"), at=LATER)
    assert LinkRequest.objects.get() == other


def test_an_order_that_comes_after_its_buyers_erasure_is_told_to_nobody(shop):
    erase_person(shop, ADA, at=LATER)
    grant = GrantFactory(order__shop=shop)
    report = order_report(customer=CustomerReport(platform_id=501, email=MAIL))
    order = record_order(shop, report, at=LATER).order
    attach_to_order(order, grant.asset, limit=3, at=LATER)
    assert (order.status, Mail.objects.count()) == ("completed", 0)
