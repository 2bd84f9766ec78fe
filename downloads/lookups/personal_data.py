"""Export of a buyer's personal data (GDPR access request)."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from downloads.email_addresses import spellings_of
from downloads.models import (
    Account,
    Customer,
    DataRequest,
    DownloadEvent,
    Grant,
    LineItem,
    Mail,
    Message,
    Order,
    Shop,
    StaffNote,
)
from downloads.models.ascii_lower import AsciiLower

NOTHING = "Nothing is stored about this buyer."


def with_customers(requests: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
    """Annotate whom each request is about: `numbered` and `addressed`, keys of customers or null.

    The platform's number names one, the mail address another that has no number (or any, where
    the request has none): two numbers are two people, also when they shared an address.
    """
    customers = Customer.objects.filter(shop=OuterRef("shop"))
    may_be_it = Q(platform_id=None) | Q(IsNull(OuterRef("customer_platform_id"), True))
    by_number = customers.filter(platform_id=OuterRef("customer_platform_id"))
    by_address = customers.alias(address=AsciiLower("email")).filter(
        may_be_it, address=AsciiLower(OuterRef("email"))
    )
    return requests.annotate(
        numbered=Subquery(by_number.values("pk")[:1]),
        addressed=Subquery(by_address.values("pk")[:1]),
    )


def stored_for_request(request: Any, *, at: datetime) -> dict[str, Any]:
    """Return all that is stored about the buyer of a request, which `with_customers` loaded.

    Shape: see `stored_about_customer`.
    """
    customers = Customer.objects.filter(pk__in=(request.numbered, request.addressed))
    return _document(
        request.shop,
        list(customers.order_by("pk")),
        numbers={request.customer_platform_id},
        emails={request.email},
        at=at,
    )


def stored_about_customer(customer: Customer, *, at: datetime) -> dict[str, Any]:
    """Return all that is stored about one customer, credentials aside.

    Ten queries at most, however many orders. Shape: ready for JSON but for times and amounts,
    which `DjangoJSONEncoder` writes; null is unlimited in `allowed`, endless in `until`, and in
    `bytes` where no bytes are concerned.
    """
    return _document(customer.shop, [customer], numbers=set(), emails=set(), at=at)


def _document(
    shop: Shop,
    customers: list[Customer],
    *,
    numbers: set[int | None],
    emails: set[str | None],
    at: datetime,
) -> dict[str, Any]:
    # Whoever is one with them is the same buyer.
    persons = {customer.person_number for customer in customers}
    customers = list(
        Customer.objects.filter(Q(pk__in=persons) | Q(person__in=persons))
        .select_related("merged_into")
        .order_by("pk")
    )
    numbers |= {customer.platform_id for customer in customers}
    emails |= {customer.email for customer in customers}
    orders = Order.objects.filter(customer__in=customers).prefetch_related(
        Prefetch("lines", LineItem.objects.select_related("product")),
        "staff_notes",
        Prefetch(
            "grants",
            Grant.objects.select_related("asset").prefetch_related("deliveries", "events"),
        ),
    )
    document = {
        "shop": shop.domain,
        "written_at": at,
        "customers": [_customer(customer) for customer in customers],
        "accounts": [_account(account) for account in _accounts(shop, customers, emails)],
        "orders": [_order(order) for order in orders],
        "mails": [_mail(mail) for mail in _mails(shop, customers, emails)],
        "messages_not_applied_yet": _messages(shop, numbers - {None}, emails - {None, ""}),
    }
    stored = ("customers", "accounts", "orders", "mails", "messages_not_applied_yet")
    if not any(document[part] for part in stored):
        document["note"] = NOTHING
    return document


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "number": customer.platform_id,
        "email": customer.email,
        "merged_into": customer.merged_into and customer.merged_into.platform_id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "known_since": customer.created_at,
        "erased_at": customer.erased_at,
    }


def _accounts(
    shop: Shop, customers: list[Customer], emails: Collection[str | None]
) -> QuerySet[Account]:
    # What a stranger registered with this address is not this buyer's, but it is about them.
    addresses = _spellings(emails)
    theirs = Q(customer__in=customers) | Q(confirmed_at=None, email__in=addresses)
    return Account.objects.filter(theirs, shop=shop)


def _spellings(emails: Collection[str | None]) -> set[str]:
    return {spelling for email in emails if email for spelling in spellings_of(email)}


def _account(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "registered_at": account.created_at,
        "confirmed_at": account.confirmed_at,
        "signed_in_at": account.signed_in_at,
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "number_on_the_receipt": order.shown_number,
        "mail_goes_to": order.email,
        "reported_address": order.reported_email,
        "placed_at": order.placed_at,
        "status": order.status,
        "total": order.grand_total,
        "currency": order.currency,
        "lines": [_line(line) for line in order.lines.all()],
        "downloads": [_grant(grant) for grant in order.grants.all()],
        "notes_of_staff": [_note(note) for note in order.staff_notes.all()],
    }


def _note(note: StaffNote) -> dict[str, Any]:
    return {
        "at": note.at,
        "what": note.get_kind_display(),
        "text": note.text,
        "former_address": note.former_email,
        "address": note.email,
    }


def _line(line: LineItem) -> dict[str, Any]:
    return {
        "product": line.product.name,
        "variant": line.product.variant_name,
        "sku": line.product.sku,
        "quantity": line.quantity,
        "kept": line.quantity if line.current_quantity is None else line.current_quantity,
    }


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "title": grant.asset.title,
        "allowed": grant.allowed,
        "used": grant.used,
        "until": grant.expires_at,
        "downloaded_at": [delivery.opened_at for delivery in grant.deliveries.all()],
        "ledger": [_event(event) for event in grant.events.all()],
    }


def _event(event: DownloadEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "what": event.get_kind_display(),
        "why": event.reason,
        "bytes": event.sent_bytes,
        "user_agent": event.user_agent,
    }


def _mails(shop: Shop, customers: list[Customer], emails: Collection[str | None]) -> QuerySet[Mail]:
    addresses = _spellings(emails)
    theirs = Q(order__customer__in=customers)
    # What was asked for their address; what another person bought is not told.
    theirs |= Q(email__in=addresses) & (Q(order=None) | Q(order__customer=None))
    return Mail.objects.filter(theirs, shop=shop).select_related("order").order_by("pk")


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "about": mail.get_kind_display(),
        "order": mail.order and mail.order.number,
        "to": mail.email,
        "state": mail.get_state_display(),
        "written_at": mail.created_at,
        "sent_at": mail.sent_at,
        "came_back_at": mail.bounced_at,
        "why_it_came_back": mail.bounce,
    }


def _messages(
    shop: Shop, numbers: Collection[int | None], emails: Collection[str | None]
) -> list[dict[str, Any]]:
    about = Q(about_customer__in=numbers)
    for email in emails:
        about |= Q(person__icontains=json.dumps(email))
    messages = Message.objects.filter(about, shop=shop).exclude(person="")
    return [
        {
            "topic": message.topic,
            "received_at": message.received_at,
            "said": json.loads(message.person),
        }
        for message in messages
    ]
