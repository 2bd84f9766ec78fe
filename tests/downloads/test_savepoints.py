"""What is undone whole has no savepoints inside, and is undone whole."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from downloads.models import Shop
from downloads.savepoints import atomic_by_itself, undone_whole
from tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


class Failed(Exception):
    """Whatever goes wrong."""


@atomic_by_itself
def make_shop(*, fails=False):
    ShopFactory()
    if fails:
        raise Failed


@undone_whole()
def make_two(**given):
    make_shop()
    make_shop(**given)


@undone_whole()
def go_on_after_a_failure():
    with suppress(Failed):
        make_shop(fails=True)
    make_shop()


def savepoints(queries):
    return sum(each["sql"].startswith("SAVEPOINT") for each in queries)


def test_by_itself_it_is_undone_and_breaks_nothing_around_it():
    make_shop()
    with pytest.raises(Failed):
        make_shop(fails=True)
    assert Shop.objects.count() == 1


def test_several_that_are_undone_whole_share_one_savepoint():
    with CaptureQueriesContext(connection) as queries:
        make_two()
    assert (savepoints(queries), Shop.objects.count()) == (1, 2)


def test_one_that_fails_undoes_all_of_them_and_breaks_nothing_around_them():
    ShopFactory()
    with pytest.raises(Failed):
        make_two(fails=True)
    assert Shop.objects.count() == 1
    with CaptureQueriesContext(connection) as queries:
        make_shop()
    assert savepoints(queries) == 1


def test_whoever_goes_on_inside_after_a_failure_is_stopped():
    with pytest.raises(transaction.TransactionManagementError):
        go_on_after_a_failure()
