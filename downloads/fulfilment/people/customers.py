"""Customer identity resolution: a person by the platform's number, a guest by mail address.

An order's mail address says nothing of its person's: anybody may type any. A person's own changes
by what speaks of their account.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from downloads.email_addresses import mailbox_of
from downloads.errors import BadInput, NoSuchCustomer
from downloads.fulfilment.changes import Outcome, assign, rank
from downloads.fulfilment.people.accounts import part_former_accounts
from downloads.fulfilment.people.addresses import find_owner, owner_of
from downloads.fulfilment.people.contacts import (
    FORGOTTEN_CONTACT,
    fetch_stage,
    record_contact,
)
from downloads.fulfilment.recalculation import lock_shop
from downloads.incoming import CustomerReport, OrderReport
from downloads.models import Customer, Order, Shop
from downloads.prepared_inserts import insert_new
from downloads.prepared_queries import PreparedQuery
from downloads.prepared_statements import Slot

BY_NUMBER = PreparedQuery(
    lambda: Customer.objects.filter(
        shop=Slot("shop", models.BigAutoField()),
        platform_id=Slot("number", models.BigIntegerField()),
    ).order_by()
)
# What says the address of an account, the least first.
UNTOLD, EMBEDDED, ACCOUNT = "0", "1", "2"


def record_buyer(
    order: Order, report: OrderReport, *, shop: Shop, known: Customer | None, at: datetime
) -> bool:
    """Give an order to its buyer and learn its contact address; say if anything changed.

    A report may leave the buyer out (a cut-down payload): the newest that names one stands. Of
    somebody erased nothing is kept again. `known` is who has the number that it names.
    """
    buyer = report.customer
    if _is_forgotten(order, report):
        return False
    is_guests, changed = False, False
    if buyer is not None and (buyer.platform_id or report.email):
        named = _named(shop, buyer, known, reported_at=report.reported_at)
        buyer_rank = rank(report.reported_at, fetch_stage(report), content=buyer)
        if buyer_rank >= order.buyer_rank:
            is_guests = named is None
            changed |= assign(order, buyer_rank=buyer_rank, **_customer(named))
    if order.customer is not None and order.customer.is_erased:
        return assign(order, **FORGOTTEN_CONTACT) or changed
    former = order.email
    changed |= record_contact(order, report, at=at)
    if _is_address_persons(order, is_guests=is_guests, has_moved=order.email != former):
        changed |= assign(order, customer=owner_of(shop, order.email))
    return changed | _describe_owner(order, report)


@transaction.atomic
def record_account(shop: Shop, report: CustomerReport, *, reported_at: datetime) -> Outcome:
    """Record what a platform says of a buyer's account there: how they are called, their address.

    The newest stands, and above what orders say of accounts. A number that bought nothing yet is
    kept, for the order that comes later.

    Raises:
        BadInput: it names no number.
    """
    if report.platform_id is None:
        raise BadInput("customer.id: missing")
    shop = lock_shop(shop)
    known = BY_NUMBER.first(shop=shop.pk, number=report.platform_id)
    _customer_row, changed = _record(shop, report, known, reported_at=reported_at, is_account=True)
    if known is None:
        return Outcome.NEW
    return Outcome.CHANGED if changed else Outcome.UNCHANGED


def require_owner(shop: Shop, email: str) -> Customer:
    """Return who stands for the owner of a mail address that an order or a customer bears.

    They may be new: where it stands on orders of somebody with a number alone.

    Raises:
        NoSuchCustomer: nothing of the shop bears it.
    """
    found = find_owner(shop, email)
    if found is not None:
        return found
    models: tuple[Any, ...] = (Order, Customer)
    if not any(each.objects.filter(shop=shop).with_email(email).exists() for each in models):
        raise NoSuchCustomer
    with transaction.atomic():
        return owner_of(lock_shop(shop), email)


@transaction.atomic
def edit_customer(customer: Customer, values: Mapping[str, Any]) -> None:
    """Save what a merchant changed of a buyer. Somebody erased since does not come back by it.

    An address of theirs is a word about the account, above what orders say of it.
    """
    if not values:
        return
    lock_shop(customer.shop)
    living = Customer.objects.not_erased().filter(pk=customer.pk)
    living.update(**values)
    known = living.values_list("described_rank", flat=True).first()
    if "email" in values and known is not None:
        living.update(described_rank=_rank_of_account(known))
    part_former_accounts(Customer.objects.get(pk=customer.pk))


def _is_forgotten(order: Order, report: OrderReport) -> bool:
    # A guest has no number by which a late report would be known to be about somebody erased.
    customer = order.customer
    if customer is None or not customer.is_erased:
        return False
    number = report.customer and report.customer.platform_id
    return not number or customer.platform_id in (None, number)


def _named(
    shop: Shop, buyer: CustomerReport, known: Customer | None, *, reported_at: datetime
) -> Customer | None:
    """Return the person that a report of an order names by number, None for a guest."""
    if not buyer.platform_id:
        return None
    return _record(shop, buyer, known, reported_at=reported_at, is_account=False)[0]


def _customer(named: Customer | None) -> dict[str, Customer]:
    return {} if named is None else {"customer": named}


def _is_address_persons(order: Order, *, is_guests: bool, has_moved: bool) -> bool:
    if not order.email:
        return False
    if order.customer is None or order.customer.platform_id is not None:
        return order.customer is None or is_guests
    return has_moved


def _describe_owner(order: Order, report: OrderReport) -> bool:
    """Learn how the owner of an order's address is called, from any report that names it."""
    owner, buyer = order.customer, report.customer
    if owner is None or owner.platform_id is not None or buyer is None or buyer.platform_id:
        return False
    email = mailbox_of(report.email or "")
    if email != order.email or email != owner.email:
        return False
    return _describe(owner, buyer, email=None, reported_at=report.reported_at, is_account=False)


def _record(
    shop: Shop,
    report: CustomerReport,
    known: Customer | None,
    *,
    reported_at: datetime,
    is_account: bool,
) -> tuple[Customer, bool]:
    email = mailbox_of(report.email or "")
    # What speaks of the account says so where it has no address any more.
    is_told = email or (is_account and report.email is not None)
    given: dict[str, Any] = {
        "email": email if is_told else None,
        "reported_at": reported_at,
        "is_account": is_account,
    }
    customer = known or Customer(
        shop=shop, platform_id=report.platform_id, created_at=timezone.now()
    )
    if known is None:
        for name, value in _description(customer, report, **given).items():
            setattr(customer, name, value)
        if insert_new(customer):
            return customer, True
        customer = Customer.objects.get(shop=shop, platform_id=report.platform_id)
    if customer.is_erased:
        return customer, False
    return customer, _describe(customer, report, **given)


def _describe(customer: Customer, report: CustomerReport, **given: Any) -> bool:
    values = _description(customer, report, **given)
    if not values:
        return False
    changed = assign(customer, **values)
    part_former_accounts(customer)
    return changed


def _description(
    customer: Customer,
    report: CustomerReport,
    *,
    email: str | None,
    reported_at: datetime,
    is_account: bool,
) -> dict[str, Any]:
    """Return what a report makes of somebody's columns: nothing where a newer one was there."""
    described_rank = _rank(report, email=email, reported_at=reported_at, is_account=is_account)
    if described_rank <= customer.described_rank:
        return {}
    # Words of two reports are not mixed: it would depend on which came first. Only what a merchant
    # entered, and the address that a guest is known by, fill the gaps.
    is_first = not customer.described_rank
    if email is None and (is_first or customer.platform_id is None):
        email = customer.email
    return {
        "email": email or None,
        "first_name": report.first_name or (customer.first_name if is_first else ""),
        "last_name": report.last_name or (customer.last_name if is_first else ""),
        "described_rank": described_rank,
    }


def _rank_of_account(described_rank: str) -> str:
    """Return a rank above all that orders say of an account, and below its next own word."""
    # Of no time of ours: the platform's clock is another one.
    source = described_rank[:1]
    at_first = f"{ACCOUNT}0 {rank(datetime.min.replace(tzinfo=UTC), content=None)}"
    is_of_address = source in (EMBEDDED, ACCOUNT)
    return f"{ACCOUNT}{described_rank[1:]}" if is_of_address else at_first


def _rank(
    report: CustomerReport, *, email: str | None, reported_at: datetime, is_account: bool
) -> str:
    """Return which report of a person stands: one of the account, then the one that says most."""
    has_name = bool(report.first_name or report.last_name)
    source = UNTOLD if email is None else ACCOUNT if is_account else EMBEDDED
    named = has_name + (has_name and is_account and email is None)
    if source != UNTOLD or is_account:
        return f"{source}{named:d} {rank(reported_at, content=report)}"
    # A name typed at a checkout: the first stands, and nobody is renamed by a later billing field.
    inverted = datetime.max.replace(tzinfo=UTC) - reported_at
    digest = rank(reported_at, content=report).rpartition(" ")[2]
    return f"{source}{named:d} {inverted.total_seconds():020.6f} {digest}"
