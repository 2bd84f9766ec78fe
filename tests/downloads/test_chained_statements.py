"""Statements that are written together: all of them or none, in one round trip on PostgreSQL."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from downloads.chained_statements import Chain, Provided
from downloads.fulfilment import deliveries, ledger
from downloads.fulfilment.ledger import line_of
from downloads.models import Asset, Delivery, DownloadEvent, Grant
from downloads.models.ledger import NOBODY
from downloads.prepared_statements import Prepared, Slot
from downloads.round_trips import send
from tests.factories import NOW, GrantFactory, LinkFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

CHAIN = deliveries._CHARGE_FILE


def values_of(grant, **changed):
    delivery = Delivery(
        grant=grant,
        nonce="click",
        opened_at=NOW,
        closes_at=NOW + timedelta(hours=1),
        valid_until=NOW,
        sha256="a" * 64,
        size_bytes=2**40,
    )
    lines = line_of(delivery, visitor=NOBODY, at=NOW)
    return vars(delivery) | lines | {"grant": grant.pk} | changed


def test_each_row_is_made_by_its_own_insert_and_bears_the_key_of_the_first():
    grant = GrantFactory()
    [key] = CHAIN.run(**values_of(grant))
    assert Delivery.objects.get().pk == key
    lines = DownloadEvent.objects.order_by("pk").values_list("kind", "delivery", "sent_bytes")
    assert list(lines) == [("charged", key, None), ("served", key, 0)]


def test_where_no_row_was_changed_none_is_made():
    assert CHAIN.run(**values_of(GrantFactory(used=10))) is None
    assert (Delivery.objects.count(), DownloadEvent.objects.count()) == (0, 0)


@pytest.mark.parametrize("wrong", [{"nonce": None}, {"sent_bytes": -1}, {"address_hash": None}])
def test_one_that_fails_undoes_all_and_breaks_nothing_around_it(wrong):
    grant = GrantFactory()
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            CHAIN.run(**values_of(grant, **wrong))
        assert Grant.objects.get().used == 0
    assert (Delivery.objects.count(), DownloadEvent.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("wrong", [{"nonce": None}, {"address_hash": None}])
def test_without_a_transaction_around_it_one_that_fails_undoes_all(wrong):
    grant = GrantFactory()
    with pytest.raises(IntegrityError):
        CHAIN.run(**values_of(grant, **wrong))
    assert (Grant.objects.get().used, Delivery.objects.count()) == (0, 0)


def test_it_brings_what_the_update_returns():
    grant = GrantFactory(used=3)
    chain = Chain(deliveries._TAKE_ONE, returning=("used", "given_back"))
    assert chain.run(grant=grant.pk, at=NOW) == (4, 0)


def test_it_is_one_statement_where_statements_can_be_joined():
    grant = GrantFactory()
    CHAIN.run(**values_of(GrantFactory()))  # its SQL is written at the first use
    with CaptureQueriesContext(connection) as queries:
        CHAIN.run(**values_of(grant))
    statements = [each for each in queries if "SAVEPOINT" not in each["sql"]]
    assert len(statements) == {"postgresql": 1, "sqlite": 3}[connection.vendor]


def test_what_is_no_insert_of_rows_is_refused():
    if connection.vendor != "postgresql":
        pytest.skip("statements are not joined there")
    chain = Chain(deliveries._TAKE_ONE, deliveries._TAKE_ONE, key="delivery_id")
    with pytest.raises(ValueError, match="No INSERT"):
        chain.run(grant=1, at=NOW)


def test_a_row_is_made_only_where_its_condition_finds_something():
    links = Asset.objects.filter(link=Slot("address", Asset._meta.get_field("link")))
    insert = Prepared(lambda: DownloadEvent.objects.bulk_create([ledger._charge_line()]))
    provided = Provided(insert, Prepared(links.exists))
    grant = GrantFactory(asset=LinkFactory(link="https://files.example/a"))
    values = line_of(Delivery(grant=grant), visitor=NOBODY, at=NOW)
    made = [
        len(send(provided.given(**values, address=address))[0].rows)
        for address in ("https://files.example/b", "https://files.example/a")
    ]
    assert (made, DownloadEvent.objects.count()) == ([0, 1], 1)
