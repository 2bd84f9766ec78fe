from datetime import timedelta

import pytest

from downloads.fulfilment import edit_customer, record_account, record_order
from downloads.fulfilment.people.customers import record_buyer
from downloads.incoming import CustomerReport
from downloads.models import Customer, Order, Shop
from tests.downloads.reported import in_any_order, order_report
from tests.factories import NOW, CustomerFactory, OrderFactory, ShopFactory

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
MAIL = "ada@example.com"


@pytest.fixture
def shop() -> Shop:
    return ShopFactory()


def record(shop: Shop, order: int = 7001, at=NOW, **fields) -> Customer:
    """Record an order of the customer described; return whom it was given to."""
    report = order_report(platform_id=order, at=at, customer=CustomerReport(**fields))
    customer = record_order(shop, report, at=NOW).order.customer
    assert customer is not None
    return customer


def test_a_new_customer_is_kept_as_reported(shop):
    customer = record(
        shop, platform_id=501, email=" Ada@Example.COM ", first_name="Ada", last_name="L."
    )
    assert (customer.shop, customer.platform_id, customer.email) == (shop, 501, MAIL)
    assert (customer.first_name, customer.last_name) == ("Ada", "L.")


def test_an_order_without_a_customer_has_none(shop):
    record_order(shop, order_report(customer=None), at=NOW)
    assert Order.objects.get().customer is None
    assert Customer.objects.count() == 0


def test_a_report_that_leaves_the_customer_out_keeps_the_known_one(shop):
    customer = record(shop, platform_id=501)
    record_order(shop, order_report(customer=None, at=LATER), at=NOW)
    assert Order.objects.get().customer == customer


def test_a_customer_is_found_by_number_whatever_the_mail_address(shop):
    first = record(shop, platform_id=501, email=MAIL)
    assert record(shop, 7002, at=LATER, platform_id=501, email="new@example.com") == first
    assert Customer.objects.get().email == "new@example.com"


@pytest.mark.slow
@pytest.mark.parametrize("email", [MAIL, "ADA@EXAMPLE.COM", " Ada@Example.com "])
def test_a_customer_is_found_by_mail_address_in_any_case(shop, email):
    first = record(shop, email=MAIL)
    assert record(shop, 7002, email=email) == first
    assert Customer.objects.get().email == MAIL


def test_a_customer_entered_with_capitals_is_found(shop):
    entered = CustomerFactory(shop=shop, email="Ada@Example.com")
    assert record(shop, email=MAIL) == entered


def test_no_guest_becomes_a_number_by_its_address_and_no_number_a_guest(shop):
    guest = record(shop, email=MAIL)
    numbered = record(shop, 7002, platform_id=501, email=MAIL)
    assert (numbered == guest, numbered.platform_id) == (False, 501)
    assert record(shop, 7003, email=MAIL) == guest


def test_two_numbers_are_two_customers_also_with_one_mail_address(shop):
    first = record(shop, platform_id=501, email=MAIL)
    second = record(shop, 7002, platform_id=502, email=MAIL)
    assert first != second
    rows = Customer.objects.order_by("platform_id").values_list("platform_id", "email")
    assert list(rows) == [(501, MAIL), (502, MAIL)]


def test_a_customer_may_take_an_address_that_another_has_too(shop):
    record(shop, platform_id=501, email=MAIL)
    second = record(shop, 7002, platform_id=502, email="b@example.com")
    assert record(shop, 7003, at=LATER, platform_id=502, email=MAIL) == second
    rows = Customer.objects.order_by("platform_id").values_list("platform_id", "email")
    assert list(rows) == [(501, MAIL), (502, MAIL)]


def test_nobody_is_found_across_shops(shop):
    first = record(shop, platform_id=501, email=MAIL)
    second = record(ShopFactory(), platform_id=501, email=MAIL)
    assert first != second
    assert Customer.objects.count() == 2


def test_missing_words_do_not_erase_known_ones(shop):
    record(shop, platform_id=501, email=MAIL, first_name="Ada", last_name="L.")
    customer = record(shop, at=LATER, platform_id=501)
    assert (customer.email, customer.first_name, customer.last_name) == (MAIL, "Ada", "L.")


def test_a_number_above_2_to_the_53_is_kept_exactly(shop):
    assert record(shop, platform_id=2**63 - 1).platform_id == 9_223_372_036_854_775_807


def test_a_customer_whom_another_report_makes_meanwhile_is_the_same(shop):
    order = OrderFactory(shop=shop, customer=None)
    made = CustomerFactory(shop=shop, platform_id=501)
    report = order_report(customer=CustomerReport(501, MAIL))
    record_buyer(order, report, shop=shop, known=None, at=NOW)
    order.refresh_from_db()
    assert (order.customer, Customer.objects.get().email) == (made, MAIL)


def test_a_customer_nobody_can_name_is_not_made_again_by_the_same_report(shop):
    report = order_report(customer=CustomerReport(first_name="Ada"))
    record_order(shop, report, at=NOW)
    before = list(Customer.objects.values())
    assert record_order(shop, report, at=NOW).outcome == "unchanged"
    assert list(Customer.objects.values()) == before


# --- Newer and fuller reports --------------------------------------------------------------------


@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_newest_words_stand_whichever_report_comes_last(shop, is_reversed):
    told = [
        (NOW, {"email": MAIL, "first_name": "Ada", "last_name": "L."}),
        (LATER, {"email": "new@example.com", "first_name": "Augusta", "last_name": "King"}),
    ]
    for order, (at, words) in enumerate(reversed(told) if is_reversed else told):
        record(shop, order, at=at, platform_id=501, **words)
    customer = Customer.objects.get()
    assert (customer.email, customer.first_name) == ("new@example.com", "Augusta")
    assert customer.last_name == "King"


@pytest.mark.slow
@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("cut_down", [{}, {"email": "new@example.com"}, {"first_name": "Augusta"}])
def test_a_cut_down_report_takes_no_word_away(shop, cut_down, is_reversed):
    told = [(NOW, {"email": MAIL, "first_name": "Ada"}), (LATER, cut_down)]
    for order, (at, words) in enumerate(reversed(told) if is_reversed else told):
        record(shop, order, at=at, platform_id=501, **words)
    customer = Customer.objects.get()
    assert (customer.email, customer.first_name) == (MAIL, "Ada")


@pytest.mark.slow
def test_two_reports_of_one_moment_end_alike_in_either_order():
    ends = set()
    for told in in_any_order("Ada", "Bea", "Cleo"):
        shop = ShopFactory()
        for order, name in enumerate(told):
            record(shop, order, platform_id=501, email=MAIL, first_name=name)
        ends.add(Customer.objects.get(shop=shop).first_name)
    assert len(ends) == 1


def test_what_a_merchant_entered_is_filled_up_by_the_first_report(shop):
    entered = CustomerFactory(shop=shop, platform_id=501, email=None, first_name="A.")
    assert record(shop, platform_id=501, email=MAIL) == entered
    entered.refresh_from_db()
    assert (entered.email, entered.first_name) == (MAIL, "A.")


def test_the_newest_buyer_named_holds_the_order(shop):
    record(shop, platform_id=501, email=MAIL)
    second = record(shop, at=LATER, platform_id=502, email="b@example.com")
    assert Order.objects.get().customer == second
    assert record(shop, at=NOW, platform_id=501, email=MAIL) == second


@pytest.mark.parametrize("email", ["", " ", None])
def test_a_number_without_an_address_is_enough(shop, email):
    customer = record(shop, platform_id=501, email=email)
    assert (customer.platform_id, customer.email) == (501, None)


@pytest.mark.parametrize("email", ["zoë@exämple.com", "ZOë@EXÄMPLE.COM"])
def test_an_address_outside_ascii_is_kept_in_ascii_lower_case(shop, email):
    assert record(shop, email=email).email == "zoë@exämple.com"


def test_letters_outside_ascii_tell_two_mailboxes_apart_by_their_case(shop):
    first = record(shop, email="zoë@exämple.com")
    assert record(shop, 7002, email="ZOË@exämple.com") != first


@pytest.mark.parametrize("told", in_any_order(("Ada", ""), ("", "King"), ("Bea", "")))
def test_a_guest_is_called_by_one_of_their_reports_whichever_comes_last(shop, told):
    """Of one order or of several; words of two are not mixed."""
    hours = {("Ada", ""): 0, ("", "King"): 1, ("Bea", ""): 2}
    for first, last in told:
        at = NOW + timedelta(hours=hours[first, last])
        record(shop, at=at, email=MAIL, first_name=first, last_name=last)
    customer = Customer.objects.get()
    assert (customer.email, customer.first_name, customer.last_name) == (MAIL, "Ada", "")


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(
    ("told", "email"), [("", None), (None, MAIL), ("b@x.example", "b@x.example")]
)
def test_an_account_that_has_no_address_any_more_has_none_here(shop, told, email, is_reversed):
    """One that does not say keeps the one it had; an order's word gives none back."""
    words = [(NOW, MAIL), (LATER, told)]
    for at, address in reversed(words) if is_reversed else words:
        record_account(shop, CustomerReport(platform_id=501, email=address), reported_at=at)
    assert record(shop, at=LATER, platform_id=501, email=MAIL).email == email


@pytest.mark.parametrize(
    "known", [{}, {"email": MAIL}, {"first_name": "Ada"}, {"is_account": True}]
)
def test_an_address_that_a_merchant_entered_stands_above_what_orders_say(shop, known):
    """And below the next word of the platform on the account itself."""
    if known.pop("is_account", False):
        record_account(shop, CustomerReport(platform_id=501, email=MAIL), reported_at=NOW)
    customer = record(shop, platform_id=501, **known)
    edit_customer(customer, {"email": "entered@x.example"})
    assert record(shop, 7002, at=LATER, platform_id=501, email=MAIL).email == "entered@x.example"
    told = CustomerReport(platform_id=501, email="b@x.example")
    record_account(shop, told, reported_at=LATER)
    assert Customer.objects.get().email == "b@x.example"
