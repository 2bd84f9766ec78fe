"""Who sees which order when: each cell of the table in `docs/who-sees-what.md`, on every face."""

import pytest

from downloads import fulfilment
from downloads.models import Account, Grant, Mail
from storefront.authentication import let_in
from storefront.mail import sender
from storefront.models import CustomerToken
from storefront.signed_urls import new_click
from tests.factories import NOW, ShopFactory
from tests.invariants.people.world import COLLEAGUES, OWN, THIRD, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


def two_people(world, *, has_accounts=True):
    """7 bought with their own address and once with 8's; 8 with theirs; a guest with 7's."""
    own, colleagues = (OWN, COLLEAGUES) if has_accounts else (None, None)
    world.order(1, OWN, person=7, account=own)
    world.order(2, COLLEAGUES, person=7, account=own)
    world.order(3, COLLEAGUES, person=8, account=colleagues)
    world.order(4, OWN)


def without_accounts(world):
    """As WooCommerce reports it: billing fields, and no word of an account."""
    two_people(world, has_accounts=False)


def corrected_by_platform(world):
    world.order(1, THIRD)
    world.note_ticket(1)
    world.order(1, OWN)


def corrected_by_merchant(world):
    world.order(1, THIRD)
    world.note_ticket(1)
    world.correct(1, OWN)
    world.order(1, THIRD)  # the platform still says what it said


def corrected_of_a_number(world):
    world.order(1, THIRD, person=7, account=COLLEAGUES)
    world.order(1, OWN, person=7, account=COLLEAGUES)


def two_records(world):
    world.order(1, OWN, person=7, account=OWN)
    world.order(2, OWN, person=8, account=OWN)


def account_moved(world):
    world.order(1, OWN, person=7, account=OWN)
    world.account(7, THIRD)
    world.order(2, THIRD, person=7, account=OWN)  # an order is no word about the account


def merged(world):
    two_people(world)
    world.merge(8, 7)


def merged_in_a_chain(world):
    two_people(world)
    world.order(5, THIRD, person=9, account=THIRD)
    world.merge(8, 9)
    world.merge(9, 7)


def taken_apart(world):
    merged(world)
    world.unmerge(8)


def given_to_another(world):
    world.order(1, OWN, person=7, account=OWN)
    world.note_ticket(1)
    world.order(1, COLLEAGUES, person=8, account=COLLEAGUES)


def erased(world):
    two_people(world)
    world.erase(7, OWN)
    world.order(1, OWN, person=7, account=OWN)  # a late report


def colleague_erased(world):
    two_people(world)
    world.erase(8, COLLEAGUES)


# Who asks, by number or by address, and which orders they see; None: nobody of that name is known.
TABLE = {
    two_people: {7: {1, 2}, 8: {3}, OWN: {1, 2, 4}, COLLEAGUES: {2, 3}, THIRD: None},
    without_accounts: {7: {1, 2}, 8: {3}, OWN: {1, 4}, COLLEAGUES: {2, 3}},
    corrected_by_platform: {OWN: {1}, THIRD: set()},
    corrected_by_merchant: {OWN: {1}, THIRD: set()},
    corrected_of_a_number: {7: {1}, OWN: {1}, COLLEAGUES: {1}, THIRD: None},
    two_records: {7: {1}, 8: {2}, OWN: {1, 2}},
    account_moved: {7: {1, 2}, OWN: {1}, THIRD: {1, 2}},
    merged: {7: {1, 2, 3}, 8: {1, 2, 3}, OWN: {1, 2, 3, 4}, COLLEAGUES: {2, 3}},
    merged_in_a_chain: {
        **{number: {1, 2, 3, 5} for number in (7, 8, 9)},
        OWN: {1, 2, 3, 4, 5},
        COLLEAGUES: {2, 3},
        THIRD: {5},
    },
    taken_apart: {7: {1, 2}, 8: {3}, OWN: {1, 2, 4}, COLLEAGUES: {2, 3}},
    given_to_another: {7: set(), 8: {1}, OWN: set(), COLLEAGUES: {1}},
    erased: {7: None, 8: {3}, OWN: None, COLLEAGUES: {3}},
    colleague_erased: {7: {1, 2}, 8: None, OWN: {1, 2, 4}, COLLEAGUES: None},
}
CELLS = [
    pytest.param(happen, who, seen, id=f"{happen.__name__}-{who}")
    for happen, row in TABLE.items()
    for who, seen in row.items()
]


@pytest.mark.parametrize(("happen", "who", "seen"), CELLS)
def test_each_sees_what_the_table_says(happen, who, seen):
    world = World()
    # The same people in another shop: nothing of it is seen here.
    elsewhere = World(ShopFactory())
    elsewhere.order(91, OWN, person=7, account=OWN)
    elsewhere.order(92, COLLEAGUES)
    happen(world)
    if isinstance(who, int):
        assert world.by_number(who) == seen
        if seen is not None:
            assert world.by_admin(world.person(who)) == seen
        return
    others = {OWN: {91}, COLLEAGUES: {92}}.get(who, set())
    assert world.by_links(who) == (seen or set()) | others
    assert world.by_address(who) == seen
    assert world.by_sign_in(who) == (seen or set())


def test_an_address_that_nobody_confirmed_shows_nothing():
    world = World()
    two_people(world)
    names = {"first_name": "Eve", "last_name": "E"}
    fulfilment.register(world.shop, email=OWN, password="first come, first", at=NOW, **names)
    account = world.shop.accounts.get()
    assert world.shown(let_in(account, at=NOW)[1]) == set()


def test_a_bearer_of_before_keeps_what_it_showed():
    world = World()
    two_people(world)
    guest = world.row(4).customer
    assert (world.by_admin(world.person(7)), world.by_admin(guest)) == ({1, 2}, {4})


def sign_in_as_before(world, email, person):
    """Return the bearer of a sign-in that led to a numbered person, as releases before made it."""
    world.by_sign_in(email)
    account = world.shop.accounts.get()
    Account.objects.filter(pk=account.pk).update(customer=world.person(person))
    world.shop.customers.filter(platform_id=None).with_email(email).delete()
    account.refresh_from_db()
    return CustomerToken.issue(account.customer, at=NOW, account=account)[1]


def told_by_account(world):
    world.account(7, THIRD)


def told_by_an_order(world):
    world.order(9, THIRD, person=7, account=THIRD)


def told_by_a_merchant(world):
    fulfilment.edit_customer(world.person(7), {"email": THIRD})


def told_to_have_none(world):
    world.account(7, "")


@pytest.mark.parametrize(
    "tell", [told_by_account, told_by_an_order, told_by_a_merchant, told_to_have_none]
)
def test_a_sign_in_of_before_that_led_to_a_number_follows_its_address(tell):
    world = World()
    world.order(1, OWN, person=7, account=OWN)
    world.order(2, COLLEAGUES, person=7, account=OWN)
    world.order(3, OWN)
    bearer = sign_in_as_before(world, OWN, 7)
    assert world.shown(bearer) == {1, 2}
    tell(world)
    assert (world.shown(bearer), world.by_sign_in(OWN)) == ({1, 3}, {1, 3})
    owner = world.shop.accounts.get().customer
    assert (owner.platform_id, owner.email) == (None, OWN)
    assert world.by_number(7) >= {1, 2}


def test_a_sign_in_of_before_that_signs_in_anew_follows_its_address():
    world = World()
    world.order(1, OWN, person=7, account=OWN)
    world.order(2, COLLEAGUES, person=7, account=OWN)
    bearer = sign_in_as_before(world, OWN, 7)
    assert (world.by_sign_in(OWN), world.shown(bearer)) == ({1, 2}, {1, 2})
    world.account(7, THIRD)
    assert (world.by_sign_in(OWN), world.shown(bearer)) == ({1}, {1})


def test_a_sign_in_of_before_goes_with_its_erased_person():
    world = World()
    world.order(1, OWN, person=7, account=OWN)
    bearer = sign_in_as_before(world, OWN, 7)
    world.account(7, THIRD)
    world.erase(email=OWN)
    assert world.shown(bearer) is None


# --- The page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("happen", [corrected_by_platform, corrected_by_merchant, given_to_another])
def test_links_mailed_to_a_former_address_end_and_the_token_goes_on(happen):
    world = World()
    happen(world)
    order = world.row(1)
    assert world.page(world.tickets[1].partition("8000")[2]) is None
    world.note_ticket(1)
    assert world.page(world.tickets[1].partition("8000")[2]) == 1
    token = f"token-of-order-{world.shop.pk}-{1:020d}"
    assert world.page(f"/orders/{token}") == 1
    assert order.ticket_revision == 1


@pytest.mark.parametrize("happen", [corrected_by_platform, corrected_by_merchant, given_to_another])
def test_signed_addresses_of_before_end_with_the_former_buyers_links(happen, monkeypatch):
    world, clicks = World(), []

    def ways():
        grant = Grant.objects.with_rights().get(order=world.row(1))
        click = new_click(grant, at=NOW)
        return click.path, click.form_action

    monkeypatch.setattr(world, "note_ticket", lambda _number: clicks.extend(ways()))
    happen(world)
    asked = [world.client.head(clicks[0]), world.client.post(clicks[1])]
    assert [answer.status_code for answer in asked] == [404, 404]
    assert world.client.head(ways()[0]).status_code == 200
    assert not Grant.objects.filter(used__gt=0).exists()


@pytest.mark.parametrize("happen", [corrected_by_platform, corrected_by_merchant, given_to_another])
def test_a_new_address_is_told_anew_if_the_former_was(happen, mailoutbox):
    world = World()
    note = world.note_ticket

    def note_and_send(number):
        note(number)
        sender.send_due(clock=lambda: NOW)

    world.note_ticket = note_and_send
    happen(world)
    sender.send_due(clock=lambda: NOW)
    told = [mail.to for mail in mailoutbox]
    assert told == [[told[0][0]], [world.row(1).email]] != [told[0], told[0]]


def test_another_number_with_the_same_address_ends_no_link():
    world = World()
    world.order(1, OWN, person=7)
    world.note_ticket(1)
    world.order(1, OWN, person=8)
    assert world.page(world.tickets[1].partition("8000")[2]) == 1
    assert Mail.objects.count() == 1


def test_a_first_address_ends_no_link():
    world = World()
    world.order(1, None, person=7)
    world.note_ticket(1)
    world.order(1, OWN, person=7)
    assert world.page(world.tickets[1].partition("8000")[2]) == 1


def test_an_erased_buyers_token_goes_on():
    world = World()
    erased(world)
    assert world.page(f"/orders/token-of-order-{world.shop.pk}-{1:020d}") == 1
    assert world.row(1).email == ""
