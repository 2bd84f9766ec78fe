"""Data protection (GDPR): erasure of buyers, and requests for what is stored.

Forgetting takes names and addresses, and no counts: what was bought and downloaded stays true,
and the page's own links keep working for whoever holds them.
"""

import json
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from downloads.audit.entries import enter_audit
from downloads.email_addresses import mailbox_of, spellings_of
from downloads.fulfilment.people.accounts import forget_accounts
from downloads.fulfilment.people.contacts import FORGOTTEN_CONTACT
from downloads.fulfilment.recalculation import lock_shop
from downloads.incoming import PersonReport
from downloads.models import (
    Account,
    Customer,
    DataRequest,
    DownloadEvent,
    LinkRequest,
    Mail,
    Message,
    Order,
    Shop,
    StaffNote,
)
from downloads.models.ascii_lower import AsciiLower
from downloads.models.customers import CustomerQuerySet

FORGOTTEN = {"email": None, "first_name": "", "last_name": ""}
VISITOR_FORGOTTEN = {"address_hash": "", "user_agent": ""}


@transaction.atomic
def erase_person(shop: Shop, person: PersonReport, *, at: datetime) -> int:
    """Erase a buyer of a shop; return how many customers that was.

    A buyer not known yet is noted by the platform's number alone, so that a message that comes
    late brings nothing of them back.
    """
    # Messages before the shop: a worker holds one when it asks for the shop.
    _forget_words(shop, person)
    shop = lock_shop(shop)
    # Two numbers are two people, also when they shared an address or an order.
    same_person = Q() if person.platform_id is None else Q(platform_id=None)
    found = same_person & Q(orders__platform_id__in=person.orders)
    if person.email:
        addressed = Customer.objects.with_email(person.email).values("pk")
        found |= same_person & Q(pk__in=addressed)
    if person.platform_id is not None:
        Customer.objects.get_or_create(shop=shop, platform_id=person.platform_id)
        found |= Q(platform_id=person.platform_id)
    _forget_accounts(shop, {person.email})
    return forget_customers(
        shop, Customer.objects.filter(found, shop=shop), at=at, addresses={person.email}
    )


@transaction.atomic
def erase_customer(customer: Customer, *, at: datetime) -> None:
    """Erase one customer, on the merchant's word."""
    person = PersonReport(platform_id=customer.platform_id, email=customer.email or "")
    _forget_words(customer.shop, person)
    shop = lock_shop(customer.shop)
    _forget_accounts(shop, {person.email})
    forget_customers(shop, Customer.objects.filter(pk=customer.pk), at=at)
    enter_audit("Erased personal data", row=customer)


@transaction.atomic
def erase_shop(shop: Shop, *, at: datetime) -> int:
    """Erase every buyer of a shop; return how many customers that was."""
    Message.objects.filter(shop=shop).exclude(person="").update(person="")
    shop = lock_shop(shop)
    DataRequest.objects.filter(shop=shop).update(customer_platform_id=None, email="")
    forget_accounts(Account.objects.unconfirmed().filter(shop=shop))
    Mail.objects.filter(shop=shop).delete()
    StaffNote.objects.filter(order__shop=shop).delete()
    Order.objects.filter(shop=shop).exclude(email="", reported_email="").update(**FORGOTTEN_CONTACT)
    return _forget(Customer.objects.filter(shop=shop), at=at)


@transaction.atomic
def record_data_request(
    shop: Shop, platform_id: int, person: PersonReport, *, at: datetime
) -> None:
    """Record a data request of a buyer, for the merchant to answer."""
    shop = lock_shop(shop)
    # One that comes after its buyer was erased brings nothing of them back.
    erased = Customer.objects.filter(shop=shop, erased_at__isnull=False)
    if erased.filter(platform_id__isnull=False, platform_id=person.platform_id).exists():
        person = PersonReport(platform_id=None, email="")
    DataRequest.objects.get_or_create(
        shop=shop,
        platform_id=platform_id,
        defaults={
            "customer_platform_id": person.platform_id,
            "email": mailbox_of(person.email),
            "asked_at": at,
        },
    )


@transaction.atomic
def answer_data_request(request: DataRequest, *, at: datetime) -> None:
    """Mark a data request as answered, and enter who did; nothing moves where somebody had."""
    waiting = DataRequest.objects.filter(pk=request.pk, answered_at=None)
    if waiting.update(answered_at=at):
        enter_audit("Marked as answered", row=request, after={"answered_at": at})


def forget_customers(
    shop: Shop, customers: QuerySet[Customer], *, at: datetime, addresses: Collection[str] = ()
) -> int:
    """Erase buyers, whoever is one person with them, and guests with the address of their account.

    Call it under the shop's lock; return how many customers that was. `addresses` are others of
    theirs. Nobody finds an order by these any more, but for one of somebody whose account has it.
    """
    persons = {customer.person_number for customer in customers}
    theirs = Customer.objects.filter(Q(pk__in=persons) | Q(person__in=persons))
    stored = {email for email in theirs.values_list("email", flat=True) if email}
    known = {each for email in {*stored, *addresses} if email for each in spellings_of(email)}
    guests = Customer.objects.filter(shop=shop, platform_id=None)
    guests = guests.alias(address=AsciiLower("email")).filter(address__in=known)
    numbers = {*theirs.values_list("pk", flat=True), *guests.values_list("pk", flat=True)}
    forgotten = Customer.objects.filter(pk__in=numbers)
    _forget_mails(shop, forgotten, known)
    _forget_contacts(shop, forgotten, known)
    return _forget(forgotten, at=at)


def _forget(customers: CustomerQuerySet, *, at: datetime) -> int:
    # Of those erased before, too: their links go on working, and their visits were noted since.
    visits = DownloadEvent.objects.filter(grant__order__customer__in=customers)
    visits.exclude(**VISITOR_FORGOTTEN).update(**VISITOR_FORGOTTEN)
    Account.objects.filter(customer__in=customers).delete()
    StaffNote.objects.filter(order__customer__in=customers).delete()
    return customers.not_erased().update(erased_at=at, **FORGOTTEN)


def _forget_accounts(shop: Shop, addresses: set[str]) -> None:
    """Delete what somebody registered with a buyer's address and never confirmed.

    A confirmed account leads to a customer, with whom it is forgotten or stays.
    """
    unconfirmed = Account.objects.unconfirmed().filter(shop=shop)
    for email in addresses - {""}:
        forget_accounts(unconfirmed.with_email(email))


def _forget_mails(shop: Shop, customers: QuerySet[Customer], known: Collection[str]) -> None:
    """Delete the mails to buyers who are about to be forgotten, sent or not.

    One that is under way just now is not sent, unless the mail server has it already.
    """
    # Two buyers may have had one address in turn: what the other one bought is not theirs.
    to_them = Q(email__in=known) & ~Q(order__customer__email__in=known)
    Mail.objects.filter(Q(order__customer__in=customers) | to_them, shop=shop).delete()
    LinkRequest.objects.filter(email__in=known).delete()


def _forget_contacts(shop: Shop, customers: QuerySet[Customer], known: Collection[str]) -> None:
    """Empty the contact addresses of buyers' orders, and of others' that they stood on."""
    orders = Order.objects.filter(shop=shop)
    orders.filter(customer__in=customers).update(**FORGOTTEN_CONTACT)
    accounts = Customer.objects.filter(shop=shop).alias(address=AsciiLower("email"))
    bearers = accounts.filter(address__in=known).values("pk")
    others = Q(customer__in=bearers) | Q(customer__person__in=bearers)
    named = orders.alias(address=AsciiLower("email")).filter(address__in=known)
    named.exclude(others & Q(customer__isnull=False)).update(**FORGOTTEN_CONTACT)
    addressed = StaffNote.objects.filter(order__shop=shop)
    addressed.filter(Q(email__in=known) | Q(former_email__in=known)).delete()


def _forget_words(shop: Shop, person: PersonReport) -> None:
    """Take a buyer out of what was said of them and could not be applied yet."""
    about = Q(pk__in=[])
    requested = Q(pk__in=[])
    if person.platform_id is not None:
        about |= Q(about_customer=person.platform_id)
        requested |= Q(customer_platform_id=person.platform_id)
    if person.email:
        for spelling in spellings_of(person.email) | {person.email}:
            about |= Q(person__icontains=json.dumps(spelling))
        requested |= Q(address__in=spellings_of(person.email))
    Message.objects.filter(about, shop=shop).update(person="")
    requests = DataRequest.objects.alias(address=AsciiLower("email")).filter(requested, shop=shop)
    requests.update(customer_platform_id=None, email="")
