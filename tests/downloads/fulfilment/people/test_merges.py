"""Buyers that are one: by their platform or a merchant, in any order, undone again."""

import itertools

import pytest

from downloads.errors import BadInput
from downloads.fulfilment import (
    delete_customers,
    erase_customer,
    merge_customers,
    merge_numbers,
    unmerge_customer,
)
from downloads.models import AuditEntry, Customer
from tests.downloads.reported import in_any_order
from tests.factories import NOW, CustomerFactory, ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return ShopFactory()


def persons(shop):
    """Return whom each number stands for, by number."""
    rows = Customer.objects.filter(shop=shop).select_related("person")
    return {row.platform_id: (row.person or row).platform_id for row in rows}


def entered():
    """Return what the trail says of buyers."""
    entries = AuditEntry.objects.filter(subject_type="downloads.customer").order_by("pk")
    return list(entries.values_list("what", flat=True))


@pytest.mark.parametrize("told", in_any_order((1, 2), (2, 3), (4, 3)))
def test_chains_of_a_platform_end_alike_in_any_order(shop, told):
    for gone, kept in (*told, *told):
        merge_numbers(shop, kept=kept, gone=gone, at=NOW)
    assert persons(shop) == dict.fromkeys((1, 2, 3, 4), 3)
    # Nobody of them was erased: nor are the others.
    assert Customer.objects.not_erased().count() == 4
    assert entered() == []


@pytest.mark.parametrize("told", in_any_order((1, 2), (2, 1)))
def test_no_circle_is_made(shop, told):
    for gone, kept in told:
        merge_numbers(shop, kept=kept, gone=gone, at=NOW)
    assert len(set(persons(shop).values())) == 1
    assert Customer.objects.filter(merged_into=None).count() == 1


def test_a_merchants_merge_is_done_once_in_the_trail_and_undone(shop):
    first, second, third = (CustomerFactory(shop=shop, platform_id=n) for n in (1, 2, 3))
    merge_customers(first, into=second, at=NOW)
    merge_customers(first, into=second, at=NOW)
    merge_customers(second, into=third, at=NOW)
    assert persons(shop) == {1: 3, 2: 3, 3: 3}
    for _ in range(2):
        unmerge_customer(second, at=NOW)
    assert persons(shop) == {1: 2, 2: 2, 3: 3}
    assert entered() == ["Merged buyers", "Merged buyers", "Took merged buyers apart"]


def test_nobody_is_merged_with_themselves_another_shops_or_somebody_erased(shop):
    one, other = CustomerFactory.create_batch(2, shop=shop)
    erased = CustomerFactory(shop=shop)
    erase_customer(erased, at=NOW)
    for into in (one, CustomerFactory(), erased):
        with pytest.raises(BadInput):
            merge_customers(one, into=into, at=NOW)
    with pytest.raises(BadInput):
        merge_customers(erased, into=other, at=NOW)
    assert not Customer.objects.exclude(merged_into=None).exists()


@pytest.mark.parametrize("is_reversed", [False, True])
def test_an_erasure_reaches_whoever_is_one_with_the_erased_in_either_order(shop, is_reversed):
    _one, other = (CustomerFactory(shop=shop, platform_id=n) for n in (1, 2))
    steps = [
        lambda: merge_numbers(shop, kept=2, gone=1, at=NOW),
        lambda: erase_customer(Customer.objects.get(pk=other.pk), at=NOW),
    ]
    for step in reversed(steps) if is_reversed else steps:
        step()
    assert not Customer.objects.not_erased().exists()
    assert not Customer.objects.exclude(email=None).exists()


@pytest.mark.parametrize(
    ("deleted", "left"),
    [
        ((1,), {2: 3, 3: 3, 4: 3}),
        ((2,), {1: 3, 3: 3, 4: 3}),
        ((3,), {1: 2, 2: 2, 4: 2}),
        ((2, 3), {1: 1, 4: 1}),
        ((3, 2), {1: 1, 4: 1}),
        ((1, 2, 3), {4: 4}),
    ],
)
def test_whoever_was_merged_into_somebody_deleted_goes_on_with_the_rest(shop, deleted, left):
    for gone, kept in ((1, 2), (2, 3), (4, 2)):
        merge_numbers(shop, kept=kept, gone=gone, at=NOW)
    delete_customers([Customer.objects.get(platform_id=number) for number in deleted])
    assert persons(shop) == left
    # Each is still merged into one who is there, and can be taken out again.
    for row in Customer.objects.exclude(person=None):
        unmerge_customer(row, at=NOW)
    assert persons(shop) == {number: number for number in left}


@pytest.mark.parametrize("between", [(), (3,)])
def test_the_platforms_word_on_whose_number_goes_on_stands_above_a_merchants(shop, between):
    rows = {number: CustomerFactory(shop=shop, platform_id=number) for number in (1, 2, 3, 4)}
    way = (1, *between, 2)
    for gone, kept in ((4, 1), *itertools.pairwise(way)):
        merge_customers(rows[gone], into=rows[kept], at=NOW)
    merge_numbers(shop, kept=1, gone=2, at=NOW)
    assert persons(shop) == {3: 3} | dict.fromkeys((1, 2, 4, *between), 1)
    assert Customer.objects.get(platform_id=1).merged_into is None
