"""Steps of a run: what SQLite refuses because somebody wrote meanwhile is done again."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from downloads.models import Shop
from storefront.backfills import runs
from tests.factories import ShopFactory

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="it has one writer")


def rename_elsewhere(shop, name):
    def rename():
        try:
            Shop.objects.filter(pk=shop.pk).update(name=name)
        finally:
            connection.close()

    thread = threading.Thread(target=rename)
    thread.start()
    thread.join()


@on_sqlite
@pytest.mark.parametrize("times", [0, 1, runs.TRIES - 1])
def test_others_write_between_reading_and_writing_and_nothing_is_lost(times):
    shop, reads = ShopFactory(name="0"), []

    @transaction.atomic
    def step():
        reads.append(Shop.objects.get(pk=shop.pk).name)
        if len(reads) <= times:
            rename_elsewhere(shop, str(len(reads)))
        Shop.objects.filter(pk=shop.pk).update(name=f"{reads[-1]} and mine")

    runs.reading_first(step)
    assert reads == [str(number) for number in range(times + 1)]
    assert Shop.objects.get().name == f"{times} and mine"
    assert connection.transaction_mode == "IMMEDIATE"


@on_sqlite
def test_at_last_it_takes_the_lock_from_the_beginning():
    shop, modes = ShopFactory(), []

    def step():
        modes.append(connection.transaction_mode)
        if len(modes) <= runs.TRIES:
            raise OperationalError("database is locked")
        Shop.objects.filter(pk=shop.pk).update(name="mine")

    runs.reading_first(step)
    assert modes == [*["DEFERRED"] * runs.TRIES, "IMMEDIATE"]


def test_what_fails_otherwise_is_told():
    with pytest.raises(ZeroDivisionError):
        runs.reading_first(lambda: 1 / 0)
