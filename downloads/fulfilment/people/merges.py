"""Buyers that are one person: merged by their platform or by a merchant, and taken apart again.

A merge moves nothing. Each row keeps its orders and points to the one it went into; `person` is the
end of that chain.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.changes import assign
from downloads.fulfilment.people.privacy import forget_customers
from downloads.fulfilment.recalculation import lock_shop
from downloads.models import Customer, Shop

OTHER_SHOP = gettext_lazy("The two are buyers of different shops.")
ONESELF = gettext_lazy("Choose two different buyers.")
ERASED = gettext_lazy("One of the two was erased: nobody is merged with them.")


@transaction.atomic
def merge_customers(customer: Customer, *, into: Customer, at: datetime) -> None:
    """Make a buyer one person with another, who stays; on the merchant's word, once.

    Two that are one already stay as they are.

    Raises:
        BadInput: one of them was erased, is of another shop, or both are the same.
    """
    if customer.shop_id != into.shop_id:
        raise BadInput(OTHER_SHOP)
    if customer.pk == into.pk:
        raise BadInput(ONESELF)
    shop = lock_shop(customer.shop)
    gone, kept = _fresh(shop, customer.pk), _fresh(shop, into.pk)
    if gone.is_erased or kept.is_erased:
        raise BadInput(ERASED)
    if _merge(gone, kept):
        enter_audit("Merged buyers", row=gone, after={"merged_into": kept.pk})


@transaction.atomic
def unmerge_customer(customer: Customer, *, at: datetime) -> None:
    """Take a buyer, and whoever was merged into them, out of the person they were merged into."""
    customer = _fresh(lock_shop(customer.shop), customer.pk)
    former = customer.merged_into_id
    if former is None:
        return
    assign(customer, merged_into=None, person=None)
    Customer.objects.filter(pk__in=_merged_into(customer)).update(person=customer)
    enter_audit("Took merged buyers apart", row=customer, before={"merged_into": former})


@transaction.atomic
def merge_numbers(shop: Shop, *, kept: int, gone: int, at: datetime) -> None:
    """Make two of a platform's numbers one person, as the platform says, in whatever order it does.

    Either may be new: what comes later of the number that is gone belongs to the person that stays.
    With somebody erased another one is erased: the two are one.

    Raises:
        BadInput: both are the same number.
    """
    if kept == gone:
        raise BadInput(ONESELF)
    shop = lock_shop(shop)
    rows = Customer.objects.filter(shop=shop)
    stays, _is_new = rows.get_or_create(platform_id=kept, defaults={"shop": shop})
    goes, _is_new = rows.get_or_create(platform_id=gone, defaults={"shop": shop})
    if not _merge(goes, stays) and stays.person_id == goes.pk:
        # A merchant merged them the other way round: whose number goes on is the platform's word.
        assign(stays, merged_into=None, person=None)
        _merge(goes, stays)
    persons = rows.filter(pk__in=rows.of_person(_fresh(shop, goes.pk)))
    if persons.filter(erased_at__isnull=False).exists():
        forget_customers(shop, persons, at=at)


@transaction.atomic
def delete_customers(customers: Collection[Customer]) -> None:
    """Delete buyers. Whoever was merged into one of them goes on as one person with the rest."""
    shops = {customer.shop_id: customer.shop for customer in customers}
    for number in sorted(shops):
        lock_shop(shops[number])
    for row in customers:
        customer = Customer.objects.get(pk=row.pk)
        below = list(Customer.objects.filter(merged_into=customer).order_by("pk"))
        root = customer.merged_into
        if root is None and below:
            root = below.pop(0)
            assign(root, merged_into=None, person=None)
            Customer.objects.filter(person=customer).exclude(pk=root.pk).update(person=root)
        for each in below:
            assign(each, merged_into=root)
        customer.delete()


def _merge(gone: Customer, kept: Customer) -> bool:
    """Point the one that stands for the first person to the second; say if they were two."""
    former, root = gone.person_number, kept.person_number
    if former == root:
        return False
    # Whoever was merged before takes along those they were merged with.
    Customer.objects.filter(pk=former).update(merged_into=kept)
    Customer.objects.filter(Q(pk=former) | Q(person=former)).update(person=root)
    return True


def _merged_into(customer: Customer) -> Collection[int]:
    """Return the keys of all that were merged into a buyer, directly or by others."""
    found: set[int] = set()
    level = {customer.pk}
    while level:
        below = Customer.objects.filter(merged_into__in=level).values_list("pk", flat=True)
        level = set(below) - found
        found |= level
    return found


def _fresh(shop: Shop, number: int) -> Customer:
    found = Customer.objects.filter(shop=shop, pk=number).first()
    if found is None:
        raise BadInput(_("This buyer is gone."))
    return found
