"""Customers' own accounts: an address leads to its orders once its owner has shown it is theirs."""

import re
from datetime import timedelta
from functools import partial
from itertools import permutations

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import settings as configured
from downloads import fulfilment, lookups
from downloads.errors import BadInput, LinkSpent, SignInRefused
from downloads.fulfilment import choose_password, record_order, register
from downloads.incoming import CustomerReport
from downloads.models import Account, Customer, Grant, Reader
from tests.downloads.reported import order_report
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.racing import at_once
from tests.tidied import tidy

MAIL = "ada@example.com"
STRANGERS = "first come, first served"
OWN = "seventeen blue horses"
DAY = timedelta(days=1)
ADA = {"first_name": "Ada", "last_name": "Lovelace"}
NO_ADDRESS = "Enter a mail address, like ada@example.com."

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    """A shop that gives every buyer of its one book a link."""
    return bookshop()


def bookshop():
    shop = ShopFactory()
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001))
    return shop


def registered(shop, *, email=MAIL, password=STRANGERS, **names):
    """Register an address and return its account."""
    register(shop, at=NOW, email=email, password=password, **ADA | names)
    return Account.objects.filter(shop=shop).with_email(email).get()


def confirm(account, *, password=OWN, at=NOW):
    """Choose a password, as the owner of the account's address does."""
    account = Account.objects.get(pk=account.pk)
    return choose_password(account.pk, state=account.state, password=password, at=at)


def sign_in(shop, *, email=MAIL, password=STRANGERS):
    account = fulfilment.require_password(shop, email=email, password=password)
    return fulfilment.sign_in(account, at=NOW)


def buy(shop, number=7001, *, email=MAIL, customer=None):
    """Take in an order of the book by a guest, or by a customer with a number."""
    buyer = CustomerReport(platform_id=customer, email=email, first_name="Ada")
    report = order_report(platform_id=number, number=number, customer=buyer)
    return record_order(shop, report, at=NOW).order


def seen_by(customer):
    """Return the numbers of the orders that a customer, or their confirmed account, sees."""
    account = customer.accounts.exclude(confirmed_at=None).first()
    reader = Reader(customer, account.email if account else "")
    grants = Grant.objects.seen_by(reader).order_by("pk")
    return list(grants.values_list("order__number", flat=True))


# --- Made ----------------------------------------------------------------------------------------


def test_an_account_holds_what_was_entered_and_leads_nowhere(shop):
    account = registered(shop, email=" Ada@Example.COM ", first_name=" Ada ", last_name="King\t")
    assert (account.email, account.first_name, account.last_name) == (MAIL, "Ada", "King")
    assert (account.shop, account.customer, account.confirmed_at) == (shop, None, None)
    assert account.password != STRANGERS
    assert hashers.check_password(STRANGERS, account.password)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("again", [MAIL, "ADA@EXAMPLE.COM", "  Ada@example.com\n"])
def test_a_second_registration_changes_nothing_of_the_first(shop, again):
    registered(shop)
    before = Account.objects.values().get()
    register(shop, at=NOW, email=again, password=OWN, first_name="Eve", last_name="E")
    assert Account.objects.values().get() == before


def test_a_registration_changes_nothing_of_a_confirmed_account(shop):
    confirm(registered(shop))
    before = (Account.objects.values().get(), Customer.objects.values().get())
    register(shop, at=NOW, email=MAIL, password=STRANGERS, **ADA)
    assert (Account.objects.values().get(), Customer.objects.values().get()) == before


def test_each_shop_has_accounts_of_its_own(shop):
    registered(shop)
    registered(ShopFactory(), password=OWN)
    assert Account.objects.count() == 2
    with pytest.raises(SignInRefused):
        sign_in(shop, password=OWN)


@pytest.mark.parametrize(
    "email",
    [
        *("", " ", "ada", "ada@", "@example.com", "ada@localhost@example.com", "a" * 10_000),
        *("ada@example.com\0", "ada@exa\nmple.com", "ada@example.com\r\nBcc: eve@example.com"),
        *(f"{'a' * 250}@example.com", "ada\u200f@example.com", "ada@exa\u200fmple.com"),
        *('"a\nb"@example.com', '"a\x0bb"@example.com', '"a\x1cb"@example.com'),
        *("ada@exa\u00admple.com", "ada@example.com, eve@example.com", "\ud800@example.com"),
        *("<ada@example.com>", "Ada <ada@example.com>", "__proto__"),
    ],
)
def test_what_is_no_mail_address_is_refused(shop, email):
    with pytest.raises(BadInput, match=re.escape(NO_ADDRESS)):
        register(shop, at=NOW, email=email, password=OWN, **ADA)
    assert not Account.objects.exists()


@pytest.mark.parametrize("email", ["ada@bücher.example", "ada@xn--bcher-kva.example"])
def test_an_address_may_have_a_domain_of_other_letters(shop, email):
    registered(shop, email=email.upper())
    assert sign_in(shop, email=email.upper()).accounts.get().email == "ada@bücher.example"


@pytest.mark.parametrize("field", ["first_name", "last_name"])
@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", "a" * 201, "a" * 10_000, "Ada\nBcc: eve@example.com", "A\rda", "A\0da"),
        *("A\x0bda", "A\x85da", "A\u2028da", "\u200fAda", "\u202eadA", "\ud800", "\u200c"),
    ],
)
def test_what_is_no_name_is_refused(shop, field, name):
    what = field.replace("_", " ")
    with pytest.raises(BadInput, match=rf"\AEnter the {what}, in at most 200 characters\.\Z"):
        register(shop, at=NOW, email=MAIL, password=OWN, **ADA | {field: name})
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "name", ["a" * 200, "علی\u200cرضا", "O’Hara-Zoë", "李 小龍", "__proto__", "<b>", "😀" * 200]
)
def test_a_name_is_kept_as_it_is_written(shop, name):
    assert registered(shop, first_name=name).first_name == name


WEAK = {
    "": "This password is too short. It must contain at least 8 characters.",
    "blue-h1": "This password is too short. It must contain at least 8 characters.",
    "passw0rd": "This password is too common.",
    "PASSWORD1": "This password is too common.",
    "lovelace1": "The password is too similar to the last name.",
    "ada@example.com": "The password is too similar to the mail address.",
}


@pytest.mark.parametrize("password", WEAK)
def test_a_weak_password_is_refused_with_the_reason(shop, password):
    with pytest.raises(BadInput, match=rf"\A{WEAK[password]}\Z"):
        register(shop, at=NOW, email=MAIL, password=password, **ADA)
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "password",
    ["x" * 10_000, "\0" * 8, "\u200f" * 8, "  blue horses  ", "seventeen\nhorses", "😀" * 8],
)
def test_any_other_password_is_taken_to_the_letter(shop, password):
    registered(shop, password=password)
    assert sign_in(shop, password=password).accounts.get().email == MAIL
    for other in (password + " ", password[:-1], password.strip() + "."):
        with pytest.raises(SignInRefused):
            sign_in(shop, password=other)


# --- Signed in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email", [MAIL, "ADA@Example.com", " ada@example.com\t", "ada\0@example.com"]
)
def test_an_address_signs_in_however_it_is_written(shop, email):
    registered(shop)
    assert sign_in(shop, email=email) == Customer.objects.get()
    assert Account.objects.get().signed_in_at == NOW


@pytest.mark.parametrize(
    ("email", "password"),
    [
        *((MAIL, OWN), (MAIL, ""), (MAIL, STRANGERS.upper()), (MAIL, "x" * 10_000), (MAIL, "\0")),
        *((email, STRANGERS) for email in ("", "eve@example.com", "%@example.com", "_" * 15)),
        *((email, STRANGERS) for email in ("\0", "x" * 10_000, "ada@example.co", "A\u200f@b.c")),
    ],
)
def test_anything_else_is_refused_alike_and_moves_nothing(shop, email, password):
    registered(shop)
    before = Account.objects.values().get()
    with pytest.raises(SignInRefused, match=r"\AInvalid email or password\Z"):
        sign_in(shop, email=email, password=password)
    assert Account.objects.values().get() == before
    assert not Customer.objects.exists()


def test_an_unconfirmed_account_leads_to_one_empty_customer(shop):
    registered(shop)
    first, second = sign_in(shop), sign_in(shop)
    assert first == second == Customer.objects.get()
    assert (first.email, first.platform_id, first.first_name) == (None, None, "Ada")
    assert lookups.email_of(Reader(first)) == MAIL


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_a_password_chosen_while_the_old_one_is_checked_wins(shop, monkeypatch, is_signed_in):
    account = registered(shop)
    buy(shop)
    if is_signed_in:
        sign_in(shop)

    def check_slowly(password, encoded):
        confirm(account)
        return hashers.check_password(password, encoded)

    monkeypatch.setattr("downloads.fulfilment.people.accounts.check_password", check_slowly)
    with pytest.raises(SignInRefused):
        sign_in(shop)
    assert Account.objects.get().signed_in_at == (NOW if is_signed_in else None)


def test_an_account_forgotten_while_its_password_is_checked_refuses(shop):
    registered(shop)
    account = fulfilment.require_password(shop, email=MAIL, password=STRANGERS)
    Account.objects.all().delete()
    with pytest.raises(SignInRefused):
        fulfilment.sign_in(account, at=NOW)
    assert not Customer.objects.exists()


# --- Confirmed -----------------------------------------------------------------------------------

EVENTS = ("register", "sign in", "confirm", "guest's order", "customer's order")
IN_ANY_ORDER = [
    events
    for events in permutations(EVENTS)
    if events.index("register") < min(events.index("sign in"), events.index("confirm"))
]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(events, marks=[pytest.mark.slow] if number % 3 else [], id=" - ".join(events))
        for number, events in enumerate(IN_ANY_ORDER)
    ],
)
def test_in_whatever_order_things_happen_only_the_owner_gains_the_orders(shop, events):
    elsewhere = bookshop()
    registered(elsewhere)
    buy(elsewhere, 7003)
    bought, password = [], STRANGERS
    for event in events:
        match event:
            case "register":
                registered(shop)
            case "sign in":
                sign_in(shop, password=password)
            case "confirm":
                confirm(shop.accounts.get())
                password = OWN
            case "guest's order":
                bought.append(buy(shop, 7001).number)
            case "customer's order":
                bought.append(buy(shop, 7002, customer=501).number)
        account = shop.accounts.first()
        if account is not None and account.customer is not None:
            assert seen_by(account.customer) == (bought if account.confirmed_at else [])
    assert seen_by(sign_in(shop, password=OWN)) == bought
    # One with the number, and one for whoever buys with the address and has none.
    assert sorted(shop.customers.values_list("platform_id", "email"), key=str) == [
        (501, MAIL),
        (None, MAIL),
    ]
    assert seen_by(sign_in(elsewhere)) == []


@pytest.mark.parametrize("number", [None, 501])
def test_no_report_reaches_an_unconfirmed_accounts_customer(shop, number):
    registered(shop)
    empty = sign_in(shop)
    before = Customer.objects.values().get(pk=empty.pk)
    assert buy(shop, customer=number).customer != empty
    assert buy(shop, 7002, email=None, customer=number).customer != empty
    assert Customer.objects.values().get(pk=empty.pk) == before


def test_the_owner_takes_over_an_account_a_stranger_made(shop):
    registered(shop)
    strangers = sign_in(shop)
    order = buy(shop)
    assert confirm(Account.objects.get()).customer == order.customer
    assert not Customer.objects.filter(pk=strangers.pk).exists()
    with pytest.raises(SignInRefused):
        sign_in(shop)
    assert sign_in(shop, password=OWN) == order.customer


def test_an_address_without_orders_keeps_its_customer_for_those_to_come(shop):
    registered(shop)
    empty = sign_in(shop)
    assert confirm(Account.objects.get()).customer == empty
    assert buy(shop).customer == empty
    assert buy(shop, 7002, customer=501).customer != empty
    assert seen_by(empty) == [7001, 7002]


def test_a_guest_keeps_what_the_shop_calls_them(shop):
    customer = CustomerFactory(shop=shop, email="Ada@Example.com", first_name="A.")
    assert confirm(registered(shop)).customer == customer
    assert Customer.objects.values("first_name", "email").get() == {
        "first_name": "A.",
        "email": "Ada@Example.com",
    }


def test_an_account_leads_to_nobody_with_a_number(shop):
    numbered = CustomerFactory(shop=shop, email=MAIL, first_name="A.", platform_id=5)
    before = Customer.objects.values().get()
    account = confirm(registered(shop))
    assert (account.customer.platform_id, account.customer.email) == (None, MAIL)
    assert Customer.objects.values().get(pk=numbered.pk) == before


def test_an_account_of_before_that_led_to_a_number_leads_to_the_address(shop):
    numbered = buy(shop, customer=501).customer
    account = confirm(registered(shop))
    Account.objects.update(customer=numbered)
    Customer.objects.filter(pk=account.customer_id).delete()
    customer = sign_in(shop, password=OWN)
    assert (customer.platform_id, customer.email) == (None, MAIL)
    assert (seen_by(customer), sign_in(shop, password=OWN)) == ([7001], customer)


def test_an_account_is_confirmed_once_and_its_password_may_change_again(shop):
    confirm(registered(shop))
    customer = confirm(Account.objects.get(), password="another of mine", at=NOW + DAY).customer
    account = Account.objects.get()
    assert (account.confirmed_at, account.customer) == (NOW, customer)
    assert sign_in(shop, password="another of mine") == customer
    with pytest.raises(SignInRefused):
        sign_in(shop, password=OWN)


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_a_ticket_works_once(shop, is_confirmed):
    account = registered(shop)
    if is_confirmed:
        confirm(account, password="the one before")
        account.refresh_from_db()
    state = account.state
    choose_password(account.pk, state=state, password=OWN, at=NOW)
    before = Account.objects.values().get()
    with pytest.raises(LinkSpent):
        choose_password(account.pk, state=state, password="another of mine", at=NOW)
    assert Account.objects.values().get() == before


@pytest.mark.parametrize("state", ["", "0" * 32, "é"])
def test_another_state_is_refused(shop, state):
    account = registered(shop)
    other = registered(shop, email="grace@example.com")
    for number, said in ((account.pk, state), (account.pk, other.state), (0, account.state)):
        with pytest.raises(LinkSpent):
            fulfilment.require_account(number, state=said)
        with pytest.raises(LinkSpent):
            choose_password(number, state=said, password=OWN, at=NOW)
    assert not Account.objects.exclude(confirmed_at=None).exists()


def test_a_ticket_outlives_a_change_of_the_signing_key(shop, settings):
    account = registered(shop)
    state = account.state
    settings.SECRET_KEY = "another key than before"
    assert fulfilment.require_account(account.pk, state=state) == account


@pytest.mark.parametrize("password", WEAK)
def test_a_weak_password_confirms_nothing(shop, password):
    account = registered(shop)
    before = Account.objects.values().get()
    with pytest.raises(BadInput, match=rf"\A{WEAK[password]}\Z"):
        confirm(account, password=password)
    assert Account.objects.values().get() == before


# --- The same work -------------------------------------------------------------------------------


KINDS = ("unknown", "from orders", "unconfirmed", "confirmed")


def known_as(shop, kind):
    """Make an address known in one way, and return it."""
    email = f"{kind.replace(' ', '-')}@example.com"
    if kind == "from orders":
        OrderFactory(shop=shop, customer__email=email)
    elif kind != "unknown":
        account = registered(shop, email=email)
        if kind == "confirmed":
            confirm(account, password=STRANGERS)
    return email


def asked(act):
    """Return the queries of an act, without their literals."""
    with CaptureQueriesContext(connection) as queries:
        act()
    literal = r"'(?:[^']|'')*'|\bs\d+_x\d+\b|\b\d+\b"
    return [re.sub(literal, "?", query["sql"]) for query in queries]


def test_passwords_are_hashed_with_argon2id_in_19_mebibytes(shop, settings):
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS
    account = registered(shop)
    assert re.match(r"argon2\$argon2id\$v=19\$m=19456,t=2,p=1\$", account.password)


def test_a_registration_does_the_same_for_whatever_is_known_of_the_address(shop, hashed):
    done = {}
    for kind in KINDS:
        email = known_as(shop, kind)
        hashed.clear()
        again = partial(register, shop, at=NOW, email=email, password=OWN, **ADA)
        done[kind] = (asked(again), list(hashed))
    # Two writes, within one transaction.
    assert (len(done["unknown"][0]), done["unknown"][1]) == (4, ["encode"])
    assert done == dict.fromkeys(KINDS, done["unknown"])


def test_a_refusal_does_the_same_for_a_known_and_an_unknown_address(shop, hashed):
    done = {}
    for kind in KINDS:
        email = known_as(shop, kind)
        hashed.clear()
        refused = partial(outcome, partial(sign_in, shop, email=email, password=OWN))
        done[kind] = (asked(refused), len(hashed))
    assert (len(done["unknown"][0]), done["unknown"][1]) == (1, 1)
    assert done == dict.fromkeys(KINDS, done["unknown"])


# --- At once -------------------------------------------------------------------------------------

racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def outcome(work):
    """Return what a work came to: its result, or the kind of its refusal."""
    try:
        return work()
    except (LinkSpent, SignInRefused) as error:
        return type(error)


@pytest.mark.slow
@racing
def test_many_who_register_an_address_at_once_make_one_account(shop):
    passwords = [f"{OWN} {number}" for number in range(10)]
    enter = partial(register, shop, at=NOW, email=MAIL, **ADA)
    made = at_once(*[partial(enter, password=password) for password in passwords])
    assert [account.email for account in made] == [MAIL] * 10
    kept = Account.objects.get().password
    assert [account.password for account in made].count(kept) == 1


@pytest.mark.slow
@racing
def test_many_first_sign_ins_at_once_open_one_empty_customer(shop):
    registered(shop)
    customers = at_once(*[partial(sign_in, shop)] * 10)
    assert set(customers) == {Customer.objects.get()}


@racing
def test_of_two_who_use_a_link_at_once_one_wins(shop):
    buy(shop)
    account = registered(shop)
    sign_in(shop)
    account.refresh_from_db()
    passwords = (OWN, "another of mine")
    choose = partial(choose_password, account.pk, state=account.state, at=NOW)
    ends = at_once(*[partial(outcome, partial(choose, password=one)) for one in passwords])
    assert sorted(end is LinkSpent for end in ends) == [False, True]
    winner = passwords[1 - ends.index(LinkSpent)]
    assert seen_by(sign_in(shop, password=winner)) == [7001]
    assert Customer.objects.count() == 1


@pytest.mark.slow
@racing
def test_a_stranger_who_signs_in_while_the_owner_confirms_never_sees_the_orders(shop):
    for number in range(10):
        email = f"{number}@example.com"
        buy(shop, 7001 + number, email=email)
        account = registered(shop, email=email)
        strangers = partial(outcome, partial(sign_in, shop, email=email))
        customer, confirmed = at_once(strangers, partial(confirm, account))
        assert seen_by(confirmed.customer) == [7001 + number]
        # Refused, or let in to a customer who is gone since.
        assert customer is SignInRefused or customer.pk != confirmed.customer.pk


@pytest.mark.slow
@racing
def test_an_account_confirmed_while_old_ones_are_forgotten_keeps_its_customer(shop, settings):
    settings.UNCONFIRMED_ACCOUNT_DAYS = 0
    for number in range(10):
        email = f"{number}@example.com"
        order = buy(shop, 7001 + number, email=email)
        account = registered(shop, email=email)
        sign_in(shop, email=email)
        account.refresh_from_db()
        choose = partial(choose_password, account.pk, state=account.state, password=OWN, at=NOW)
        at_once(
            partial(outcome, choose),
            partial(tidy, Account, at=account.created_at + DAY),
        )
        order.refresh_from_db()
        assert order.customer.email == email


# --- Forgotten -----------------------------------------------------------------------------------


def test_old_unconfirmed_accounts_are_forgotten_with_their_empty_customers(shop, settings):
    settings.UNCONFIRMED_ACCOUNT_DAYS = 30
    order = buy(shop)
    registered(shop)
    registered(shop, email="grace@example.com")
    sign_in(shop)
    kept = confirm(registered(shop, email="kept@example.com"))
    Account.objects.update(created_at=NOW)
    assert tidy(Account, at=NOW + 30 * DAY) == 0
    assert tidy(Account, at=NOW + 30 * DAY + timedelta(microseconds=1)) == 2
    assert Account.objects.get() == kept
    assert set(Customer.objects.all()) == {order.customer, kept.customer}


def test_however_many_are_forgotten_in_one_go(shop, settings):
    settings.TIDY_BATCH_ROWS = 2
    for number in range(5):
        registered(shop, email=f"{number}@example.com")
    Account.objects.update(created_at=NOW)
    assert tidy(Account, at=NOW + 365 * DAY) == 5
    assert not Account.objects.exists()


def test_an_account_that_was_confirmed_leaves_its_customer(shop):
    customer = confirm(registered(shop)).customer
    assert fulfilment.forget_accounts(Account.objects.all()) == 1
    assert Customer.objects.get() == customer


def test_an_empty_customer_is_not_known_until_the_address_is_confirmed(shop):
    registered(shop)
    empty, buyer = sign_in(shop), buy(shop, email="grace@example.com").customer
    assert list(Customer.objects.known()) == [buyer]
    confirm(Account.objects.get())
    assert set(Customer.objects.known()) == {empty, buyer}


# --- What a merchant sees ------------------------------------------------------------------------

SUGGESTIONS = (
    "/admin/autocomplete/?app_label=downloads&model_name=order&field_name=customer&term=Ada"
)


@pytest.fixture
def staff(db, client):
    """A signed-in merchant."""
    client.force_login(User.objects.create_superuser("merchant"))
    return client


def suggested(staff):
    return [row["id"] for row in staff.get(SUGGESTIONS).json()["results"]]


@pytest.mark.slow
def test_an_empty_customer_is_shown_to_no_merchant(shop, staff):
    registered(shop)
    empty, buyer = sign_in(shop), buy(shop, email="grace@example.com").customer
    url = f"/admin/downloads/customer/{empty.pk}/change/"
    shown = staff.get("/admin/downloads/customer/?q=Ada").context["cl"].queryset
    assert (list(shown), suggested(staff)) == ([buyer], [str(buyer.pk)])
    assert staff.get(url).status_code == 302
    confirm(Account.objects.get())
    assert set(suggested(staff)) == {str(buyer.pk), str(empty.pk)}
    assert staff.get(url).status_code == 200


@pytest.mark.parametrize("by", ["page", "action"])
def test_an_account_a_merchant_deletes_leaves_no_empty_customer(shop, staff, by):
    registered(shop)
    sign_in(shop)
    kept = confirm(registered(shop, email="kept@example.com")).customer
    for account in Account.objects.all():
        if by == "page":
            url = f"/admin/downloads/account/{account.pk}/delete/"
            staff.post(url, {"post": "yes"})
        else:
            chosen = {"action": "delete_selected", "_selected_action": [account.pk], "post": "yes"}
            staff.post("/admin/downloads/account/", chosen)
    assert not Account.objects.exists()
    assert Customer.objects.get() == kept


# --- Whose the address is ------------------------------------------------------------------------


def reported(shop, number, *, email, customer, days=0):
    """Take in an order as the platform reports it, of its customer's number and address."""
    buyer = CustomerReport(platform_id=customer, email=email, first_name="X", last_name="Y")
    at = NOW + timedelta(days=days)
    report = order_report(platform_id=number, number=number, customer=buyer, reported_at=at)
    return record_order(shop, report, at=NOW).order


def test_an_account_sees_what_was_placed_with_its_address_once_its_buyer_has_another():
    shop = bookshop()
    reported(shop, 7001, email="a@example.com", customer=5)
    confirm(registered(shop, email="a@example.com"))
    reported(shop, 7002, email="b@example.com", customer=5, days=1)
    assert seen_by(sign_in(shop, email="a@example.com", password=OWN)) == [7001]
    reported(shop, 7003, email="a@example.com", customer=6, days=2)
    assert seen_by(sign_in(shop, email="a@example.com", password=OWN)) == [7001, 7003]


def test_nobody_gains_another_address_by_their_own():
    shop = bookshop()
    confirm(registered(shop, email="evil@example.com"))
    reported(shop, 7001, email="evil@example.com", customer=7)
    reported(shop, 7002, email="victim@example.com", customer=7, days=1)
    buy(shop, 7003, email="victim@example.com")
    assert seen_by(sign_in(shop, email="evil@example.com", password=OWN)) == [7001]


def test_an_older_report_ends_no_account():
    shop = bookshop()
    reported(shop, 7001, email="a@example.com", customer=5, days=1)
    confirm(registered(shop, email="a@example.com"))
    reported(shop, 7002, email="former@example.com", customer=5)
    assert seen_by(sign_in(shop, email="a@example.com", password=OWN)) == [7001, 7002]


def test_an_account_finds_the_buyer_who_is_told_its_address_later():
    shop = bookshop()
    reported(shop, 7001, email=None, customer=5)
    confirm(registered(shop, email="a@example.com"))
    reported(shop, 7002, email="a@example.com", customer=5, days=1)
    assert seen_by(sign_in(shop, email="a@example.com", password=OWN)) == [7001, 7002]
    assert Customer.objects.get(shop=shop, platform_id=5).email == "a@example.com"


def test_an_older_report_takes_nobodys_account_over():
    shop = bookshop()
    reported(shop, 7001, email="own@example.com", customer=5, days=1)
    confirm(registered(shop, email="a@example.com"))
    reported(shop, 7002, email="a@example.com", customer=5)
    # What was placed with the address, and nothing else of whoever had it once.
    assert seen_by(sign_in(shop, email="a@example.com", password=OWN)) == [7002]
