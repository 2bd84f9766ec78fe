"""A random walk of people and their orders, beside a book of who may see what.

The book keeps the rule of the documentation in sets and chains of its own: it asks no table.
"""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from downloads import fulfilment
from downloads.errors import BadInput, NoSuchCustomer
from downloads.models import Customer, Grant, Order, Reader
from tests.invariants.people.world import World

ADDRESSES = ("a@one.example", "b@two.example", "c@three.example", "a..d@four.example")
PEOPLE = (7, 8, 9)
ADDRESS, PERSON = st.sampled_from(ADDRESSES), st.sampled_from(PEOPLE)
ORDER = st.integers(1, 6)


@dataclass
class Placed:
    """What the book knows of an order. `person` is null for a guest's."""

    person: int | None
    reported: str
    corrected: tuple[str, str] | None = None
    is_forgotten: bool = False

    @property
    def contact(self) -> str:
        if self.corrected is not None and self.corrected[0] == self.reported:
            return self.corrected[1]
        return self.reported


@dataclass
class Book:
    orders: dict[int, Placed] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    accounts: dict[int, tuple[int, str]] = field(default_factory=dict)
    went_into: dict[int, int] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)

    def root(self, person: int) -> int:
        while person in self.went_into:
            person = self.went_into[person]
        return person

    def one_with(self, person: int) -> set[int]:
        return {each for each in self.known if self.root(each) == self.root(person)}

    def account_of(self, person: int) -> str | None:
        return self.accounts.get(self.root(person), (0, None))[1]

    def seen_by_person(self, person: int) -> set[int]:
        people = self.one_with(person)
        return {number for number, order in self.orders.items() if order.person in people}

    def seen_by_owner(self, email: str) -> set[int]:
        return {
            number
            for number, order in self.orders.items()
            if order.contact == email
            or (order.person is not None and self.account_of(order.person) == email)
        }

    def learn(self, person: int, email: str | None, *, stage: int) -> None:
        self.known.add(person)
        former_stage, _email = self.accounts.get(person, (0, None))
        if person not in self.erased and email is not None and stage >= former_stage:
            self.accounts[person] = (stage, email)

    def report(self, number: int, contact: str, person: int | None) -> None:
        order = self.orders.setdefault(number, Placed(person, ""))
        is_erased = order.is_forgotten or order.person in self.erased
        if is_erased and (order.is_forgotten or person in (None, order.person)):
            return
        order.person = person
        if person in self.erased:
            order.reported, order.corrected = "", None
        else:
            order.reported = contact

    def erase(self, people: set[int], addresses: set[str]) -> None:
        addresses = addresses | {self.accounts[each][1] for each in people if each in self.accounts}
        bearers = {each for each in self.known if self.accounts.get(each, (0, ""))[1] in addresses}
        bearers |= {each for each in self.known if self.root(each) in bearers}
        for order in self.orders.values():
            is_guests = order.person is None and order.contact in addresses
            is_others = order.contact in addresses and order.person not in bearers
            if order.person in people or is_guests or is_others:
                order.is_forgotten |= is_guests
                order.reported, order.corrected = "", None
        self.erased |= people
        for each in people:
            self.accounts.pop(each, None)


class Walk(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        # What an earlier walk left behind, in shops of its own, is to be found by nobody.
        Order.objects.update(email="")
        Customer.objects.update(email=None)
        self.world, self.book = World(), Book()
        self.told = []

    @rule(number=ORDER, contact=ADDRESS, person=st.none() | PERSON, account=st.none() | ADDRESS)
    def checkout(self, number, contact, person, account):
        """An order is placed, or reported anew: corrected, or given to somebody else."""
        account = account if person is not None else None
        self.world.order(number, contact, person=person, account=account)
        self.told.append((self.world.at, number, contact, person, account))
        if person is not None:
            self.book.learn(person, account, stage=1)
        self.book.report(number, contact, person)

    @rule(data=st.data())
    def repeat(self, data):
        """What was said before is said again: it is no news."""
        if self.told:
            at, number, contact, person, account = data.draw(st.sampled_from(self.told))
            self.world.order(number, contact, person=person, account=account, at=at)

    @rule(number=ORDER, email=ADDRESS)
    def correct(self, number, email):
        order = self.book.orders.get(number)
        if order is None:
            return
        try:
            self.world.correct(number, email)
        except BadInput:
            assert order.is_forgotten or order.person in self.book.erased
            return
        order.corrected = (order.reported, email)

    @rule(person=PERSON, email=ADDRESS)
    def move_account(self, person, email):
        self.world.account(person, email)
        self.book.learn(person, email, stage=2)

    @rule(gone=PERSON, kept=PERSON)
    def merge(self, gone, kept):
        if gone == kept:
            return
        self.world.merge(gone, kept)
        book = self.book
        book.known |= {gone, kept}
        if book.root(gone) != book.root(kept):
            book.went_into[book.root(gone)] = kept
        elif book.root(kept) == gone:
            # Merged the other way round before: whose number goes on is the platform's word.
            del book.went_into[kept]
            book.went_into[gone] = kept
        people = book.one_with(gone)
        if people & book.erased:
            book.erase(people, set())

    @rule(person=PERSON)
    def take_apart(self, person):
        if person in self.book.known:
            self.world.unmerge(person)
            self.book.went_into.pop(person, None)

    @rule(email=ADDRESS)
    def sign_in(self, email):
        assert self.world.by_sign_in(email) == self.book.seen_by_owner(email)

    @rule(email=ADDRESS)
    def exchange(self, email):
        shown = self.world.by_address(email)
        assert (shown or set()) == self.book.seen_by_owner(email)

    @rule(email=ADDRESS)
    def ask_for_links(self, email):
        assert self.world.by_links(email) == self.book.seen_by_owner(email)

    @rule(person=PERSON)
    def erase(self, person):
        self.world.erase(person)
        self.book.known.add(person)
        self.book.erase(self.book.one_with(person), set())

    @invariant()
    def each_sees_what_the_book_says(self):
        if not hasattr(self, "book"):
            return
        for person in self.book.known:
            reader = Reader(self.world.person(person))
            assert self.seen(reader) == self.book.seen_by_person(person)
        for email in ADDRESSES:
            try:
                owner = fulfilment.require_owner(self.world.shop, email)
            except NoSuchCustomer:
                assert self.book.seen_by_owner(email) == set()
                continue
            assert self.seen(Reader(owner, email)) == self.book.seen_by_owner(email)
        assert not Customer.objects.filter(erased_at__isnull=False).exclude(email=None).exists()

    def seen(self, reader):
        seen = Grant.objects.seen_by(reader)
        return set(seen.values_list("order__number", flat=True))


def take_walks(walks: int, steps: int) -> None:
    """Take that many random walks of that many steps."""
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            # Shrinking a failed walk takes minutes; its steps are printed as they were.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
