"""Customer accounts: registration, sign-in, confirmation and passwords.

Whoever registers an address is not yet known to own it. What is said of the address elsewhere, in
orders or by an earlier account, is therefore never looked at, told or changed here before its
owner has followed a link sent to that address (`choose_password`).
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare

from downloads.email_addresses import require_email
from downloads.errors import BadInput, LinkSpent, SignInRefused
from downloads.fulfilment.mails.requested_mails import write_requested
from downloads.fulfilment.people.addresses import find_owner, owner_of
from downloads.fulfilment.recalculation import lock_shop
from downloads.models import Account, Customer, Mail, Shop
from downloads.prepared_statements import Prepared, Slot

NAME_LENGTH = 200
# Persian and Indic names are written with them.
_JOINERS = str.maketrans("", "", "\u200c\u200d")


_CONFIRMED = Prepared(
    lambda: Account.objects.filter(
        customer=Slot("customer", models.BigAutoField()), confirmed_at__isnull=False
    ).exists()
)


def register(
    shop: Shop, *, email: str, password: str, first_name: str, last_name: str, at: datetime
) -> Account:
    """Register an account and queue the mail to its address; return it unsaved, as entered.

    An address that has one already keeps it: the same work, the same answer. One password hash,
    two writes.

    Raises:
        BadInput: no mail address, no name, or a password too easy to guess.
    """
    account = Account(
        shop=shop,
        email=require_email(email),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
    )
    _require_name(account.first_name, "first name")
    _require_name(account.last_name, "last name")
    _require_good_password(password, account)
    account.password = make_password(password)
    with transaction.atomic():
        Account.objects.bulk_create([account], ignore_conflicts=True)
        write_requested(shop, Mail.Kind.REGISTRATION, account.email, at=at)
    return account


def require_password(shop: Shop, *, email: str, password: str) -> Account:
    """Verify the password of a mail address's account, and return the account.

    A refusal does the same work for a known and an unknown address: one query, one hash.

    Raises:
        SignInRefused: no such account, or another password. Which of the two is not told.
    """
    account = Account.objects.filter(shop=shop).with_email(email.replace("\0", "")).first()
    if account is None:
        make_password(password)
        raise SignInRefused
    if not check_password(password, account.password):
        raise SignInRefused
    return account


@transaction.atomic
def sign_in(account: Account, *, at: datetime) -> Customer:
    """Return the customer whom an account leads to, for whoever `require_password` let in.

    Of a confirmed one it is who stands for the owner of its address, nobody with a number. Call it
    in one transaction with what the customer is then given: whoever chooses another password
    meanwhile waits for its end, and closes what it gave.

    Raises:
        SignInRefused: another password was chosen since, or the account is gone.
    """
    # Before the account is locked: its shop is, where it stands for nobody yet.
    owner = None if account.confirmed_at is None else _owner_of(account)
    # Without its customer: PostgreSQL would read that one as it was before the wait.
    accounts = Account.objects.select_for_update(of=("self",))
    # The password took a while to check. Its owner may have got the account back since.
    current = accounts.filter(pk=account.pk, password=account.password).first()
    if current is None:
        raise SignInRefused
    customer = owner or current.customer or _make_customer(current, email=None)
    current.customer, current.signed_in_at = customer, at
    current.save(update_fields=["customer", "signed_in_at"])
    return customer


def choose_password(
    number: int,
    *,
    state: str,
    password: str,
    at: datetime,
    and_with_it: Callable[[Account], object] = lambda _account: None,
) -> Account:
    """Set an account's password by its ticket, which also confirms the mail address.

    `number` and `state` are what a ticket sent to that address named. The account leads from now
    on to the customer who stands for its address, and to what its owner sees. `and_with_it` is
    done in the same transaction.

    Raises:
        LinkSpent: the ticket was used before, or the account has changed since.
        BadInput: a password too easy to guess.
    """
    _require_good_password(password, require_account(number, state=state))
    hashed = make_password(password)  # it takes a while: before anything is locked
    with transaction.atomic():
        account = _account_of_ticket(number, state)
        if account.confirmed_at is None:
            account.customer = _customer_of(account)
            account.confirmed_at = at
        account.password = hashed
        account.save(update_fields=["customer", "confirmed_at", "password"])
        and_with_it(account)
    return account


def require_account(number: int, *, state: str) -> Account:
    """Return the account a ticket names, with its shop.

    Raises:
        LinkSpent: the ticket was used before, or the account has changed since.
    """
    account = Account.objects.select_related("shop").filter(pk=number).first()
    if account is None or not constant_time_compare(account.state, state):
        raise LinkSpent
    return account


@transaction.atomic
def forget_accounts(accounts: QuerySet[Account], *, at_most: int | None = None) -> int:
    """Delete accounts, the oldest first; return how many that was.

    With one that nobody confirmed goes the empty customer it leads to. Other customers stay.
    """
    # Locked: one that is confirmed at this moment leads to a customer who is not empty.
    locked = accounts.order_by("pk").select_for_update(of=("self",))[:at_most]
    confirmed = {account.pk: account.confirmed_at is not None for account in locked}
    unconfirmed = [number for number, is_confirmed in confirmed.items() if not is_confirmed]
    Customer.objects.filter(accounts__in=unconfirmed).delete()
    Account.objects.filter(pk__in=confirmed).delete()
    return len(confirmed)


def part_former_accounts(customer: Customer) -> None:
    """Lead the accounts of addresses that are not this customer's any more to their own owners.

    Whoever has such an address is somebody else by now, or always was: they go on signing in, and
    see what its owner sees. The caller holds the shop's lock.
    """
    if _CONFIRMED.first(customer=customer.pk) is None:
        return
    confirmed = Account.objects.filter(customer=customer, confirmed_at__isnull=False)
    former = confirmed.exclude(pk__in=confirmed.with_email(customer.email or ""))
    for account in former.select_related("shop"):
        account.customer = owner_of(account.shop, account.email)
        account.save(update_fields=["customer"])


def _account_of_ticket(number: int, state: str) -> Account:
    """Return a ticket's account, locked together with its shop."""
    shop = lock_shop(require_account(number, state=state).shop)
    account = Account.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if account is None:
        raise LinkSpent
    account.shop = shop
    if not constant_time_compare(account.state, state):
        raise LinkSpent
    return account


def _customer_of(account: Account) -> Customer:
    """Return the customer who stands for an account's address, and may be new."""
    known = find_owner(account.shop, account.email)
    empty = account.customer
    if known is not None:
        if empty is not None:
            account.customer = known
            account.save(update_fields=["customer"])
            empty.delete()
        return known
    if empty is None:
        return _make_customer(account, email=account.email)
    empty.email = account.email
    empty.save(update_fields=["email"])
    return empty


def _owner_of(account: Account) -> Customer:
    found = find_owner(account.shop, account.email)
    return found or owner_of(lock_shop(account.shop), account.email)


def _make_customer(account: Account, *, email: str | None) -> Customer:
    # Without an address no report of the shop can mean them: an unconfirmed account's customer.
    return Customer.objects.create(
        shop_id=account.shop_id,
        email=email,
        first_name=account.first_name,
        last_name=account.last_name,
    )


def _require_name(name: str, what: str) -> None:
    letters = name.translate(_JOINERS)
    if not letters or len(name) > NAME_LENGTH or not letters.isprintable():
        raise BadInput(f"Enter the {what}, in at most {NAME_LENGTH} characters.")


def _require_good_password(password: str, account: Account) -> None:
    try:
        # It compares the password with whatever of a user's names the account has.
        validate_password(password, account)  # type: ignore[arg-type]
    except ValidationError as error:
        raise BadInput(" ".join(error.messages)) from None
