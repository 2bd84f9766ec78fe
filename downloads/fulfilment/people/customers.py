"""Customer identity resolution: match a reported buyer by platform id or mail address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from downloads.email_addresses import mailbox_of
from downloads.fulfilment.changes import assign, rank
from downloads.fulfilment.people.accounts import end_former_accounts, lead_account_to
from downloads.incoming import CustomerReport
from downloads.models import Customer, Shop


def record_customer(shop: Shop, report: CustomerReport, *, reported_at: datetime) -> Customer:
    """Get or create a customer, by platform id or by mail address.

    The newest full report says how they are called. Of somebody erased nothing is kept again.
    """
    customers = Customer.objects.filter(shop=shop)
    email = mailbox_of(report.email or "") or None
    customer: Customer | None = None
    if report.platform_id is not None:
        customer = customers.filter(platform_id=report.platform_id).first()
    if customer is None and email is not None:
        # Two numbers are two people, also when one took over the other's address.
        same_person = Q(platform_id=None) if report.platform_id else Q()
        customer = customers.with_email(email).filter(same_person).first()
    if customer is not None and customer.is_erased:
        return customer
    if customer is not None and email is not None:
        # An older report names an address that may be somebody else's by now.
        is_news = _rank(report, email=email, reported_at=reported_at) > customer.described_rank
        if is_news:
            lead_account_to(customer, email)
    others = customers if customer is None else customers.exclude(pk=customer.pk)
    if email is not None and others.with_email(email).exists():
        email = None
    described_rank = _rank(report, email=email, reported_at=reported_at)
    if customer is None:
        return Customer.objects.create(
            shop=shop,
            platform_id=report.platform_id,
            email=email,
            first_name=report.first_name,
            last_name=report.last_name,
            described_rank=described_rank,
        )
    assign(customer, platform_id=customer.platform_id or report.platform_id)
    if described_rank > customer.described_rank:
        # Words of two reports are not mixed: it would depend on which came first. Only what a
        # merchant entered fills the gaps.
        is_by_hand = not customer.described_rank
        assign(
            customer,
            email=email or (customer.email if is_by_hand else None),
            first_name=report.first_name or (customer.first_name if is_by_hand else ""),
            last_name=report.last_name or (customer.last_name if is_by_hand else ""),
            described_rank=described_rank,
        )
        end_former_accounts(customer)
    return customer


@transaction.atomic
def edit_customer(customer: Customer, values: Mapping[str, Any]) -> None:
    """Save what a merchant changed of a buyer. Somebody erased since does not come back by it."""
    if values:
        Customer.objects.not_erased().filter(pk=customer.pk).update(**values)
        end_former_accounts(Customer.objects.get(pk=customer.pk))


def _rank(report: CustomerReport, *, email: str | None, reported_at: datetime) -> str:
    # Cut-down reports leave things out: the newest of those that say the most stands.
    has_name = bool(report.first_name or report.last_name)
    return f"{email is not None:d}{has_name:d} {rank(reported_at, content=report)}"
