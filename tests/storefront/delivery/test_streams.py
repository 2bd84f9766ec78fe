"""What a buyer is sent, block by block, and what is counted of it."""

import gc
import os
import time

import pytest
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.db.models import Sum

from downloads import fulfilment, lookups
from downloads.errors import DownloadsError, StorageDown, Unavailable
from downloads.fulfilment import ClickRequest
from downloads.models import Delivery, Grant
from downloads.storage_slots import storage_slots
from storefront.delivery.ranges import Span
from storefront.delivery.streams import CountedStream, FileStream
from tests.factories import NOW, GrantFactory, make_file_grant
from tests.storefront.conftest import click_on, spent, words_of

KIB, MIB = 1024, 1024 * 1024
SIZE = 8 * MIB
WHOLE = Span(0, SIZE)

real_transactions = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def large(db):
    """Two downloads of a file of 8 MiB: 64 KiB are less than a hundredth of it."""
    return make_file_grant(os.urandom(SIZE), limit=2)


@pytest.fixture(autouse=True)
def _nobody_waits_for_a_place(settings):
    gc.collect()  # what other tests left behind
    settings.STORAGE_PATIENCE_SECONDS = 0


def open_stream(grant, span=WHOLE, *, nonce="click"):
    """Begin an answer to a click, as the view does."""
    request = ClickRequest(
        nonce=nonce, valid_until=click_on(grant).valid_until, at=NOW, upfront_bytes=None
    )
    return CountedStream(fulfilment.open_delivery(lookups.grant_of_click(grant.pk), request), span)


def read(stream, blocks):
    return [next(stream) for _ in range(blocks)]


def read_to_its_end(blocks):
    """Return what came, and the error that broke it off."""
    arrived = []
    try:
        arrived.extend(blocks)
    except DownloadsError as error:
        return arrived, error
    return arrived, None


def sent(grant):
    """Return what its one Delivery has sent, having seen that the ledger says the same."""
    delivery = grant.deliveries.get()
    served = delivery.events.filter(kind="served")
    assert served.count() <= 1
    assert (served.aggregate(sum=Sum("sent_bytes"))["sum"] or 0) == delivery.sent_bytes
    return delivery.sent_bytes


def streams(grant):
    return grant.deliveries.get().streams


def given_back(grant):
    """Return how often a download was given back, and the reasons that the ledger names."""
    lines = grant.events.filter(kind="released").order_by("id")
    return Grant.objects.get(pk=grant.pk).given_back, [line.reason for line in lines]


@pytest.fixture
def is_free(settings):
    """Return a function that says whether all places at the storage are free again."""

    def ask():
        settings.STORAGE_SLOTS = 1
        with storage_slots.taken():
            return True

    return ask


# --- Bytes -------------------------------------------------------------------------------------

BORDERS = sorted(
    {
        max(0, border + step)
        for border in (0, 16 * KIB, 64 * KIB, 128 * KIB, 192 * KIB)
        for step in (-1, 0, 1)
    }
)


def test_every_span_across_the_borders_of_blocks_has_the_files_own_bytes(db):
    content = os.urandom(192 * KIB + 1)
    asset = make_file_grant(content).asset
    spans = [Span(start, stop) for start in BORDERS for stop in BORDERS if start < stop]
    assert len(spans) > 80
    for span in spans:
        stream = FileStream(fulfilment.open_file(asset), span)
        assert b"".join(stream) == content[span.start : span.stop]
        stream.close()


def test_the_first_blocks_are_small(large):
    stream = open_stream(large, Span(5, 5 + 200 * KIB))
    lengths = [len(block) for block in stream]
    stream.close()
    assert lengths == [16 * KIB] * 4 + [64 * KIB, 64 * KIB, 8 * KIB]


def test_a_stream_of_a_link_is_a_fault(db):
    with pytest.raises(ValueError, match="A link has no bytes"):
        open_stream(GrantFactory(limit=2))


# --- Counted as sent ---------------------------------------------------------------------------


def test_a_whole_file_is_counted_whole(large):
    stream = open_stream(large)
    assert streams(large) == 1
    assert sum(map(len, stream)) == SIZE
    stream.close()
    assert (sent(large), streams(large), spent(large)) == (SIZE, 0, (1, 1))


def test_a_file_of_one_block_counts_once_it_was_handed_on(db):
    grant = make_file_grant(b"x" * 10, limit=3)
    stream = open_stream(grant)
    assert len(next(stream)) == 10
    stream.close()
    assert given_back(grant)[0] == 1


def test_a_block_counts_once_the_next_is_asked_for(large):
    stream = open_stream(large)
    read(stream, 4 + 10)
    stream.close()
    assert sent(large) == 4 * 16 * KIB + 9 * 64 * KIB


def test_an_answer_closed_twice_is_counted_once(large, is_free):
    stream = open_stream(large)
    read(stream, 10)
    stream.close()
    stream.close()
    assert (sent(large), streams(large)) == (4 * 16 * KIB + 5 * 64 * KIB, 0)
    assert is_free()


@pytest.mark.slow
def test_all_answers_of_a_click_add_up(large):
    parts = [Span(start, start + MIB) for start in range(0, SIZE, MIB)]
    answers = [open_stream(large, span) for span in parts]
    assert streams(large) == 8
    for blocks in zip(*answers, strict=True):  # all at once, as segments come
        assert all(blocks)
    for answer in answers:
        answer.close()
    assert (sent(large), streams(large), spent(large)) == (SIZE, 0, (1, 1))


@pytest.mark.slow
@real_transactions
def test_an_answer_through_the_door_is_counted_when_it_is_closed(client, large, is_free):
    response = client.get(click_on(large).url)
    blocks = iter(response)
    for _ in range(10):
        next(blocks)
    response.close()
    assert (sent(large), streams(large)) == (4 * 16 * KIB + 5 * 64 * KIB, 0)
    assert is_free()


@pytest.mark.slow
def test_a_long_answer_tells_every_16_mib_how_far_it_is(db):
    large = make_file_grant(bytes(40 * MIB))
    stream = open_stream(large, Span(0, 40 * MIB))
    told = {sent(large) for _block in stream}
    stream.close()
    assert told == {0, 16 * MIB, 32 * MIB}
    assert sent(large) == 40 * MIB


def test_a_slow_answer_tells_every_half_a_minute(large, monkeypatch):
    stream = open_stream(large)
    read(stream, 3)
    assert sent(large) == 0
    later = time.monotonic() + 31
    monkeypatch.setattr("time.monotonic", lambda: later)
    read(stream, 2)
    assert sent(large) == 3 * 16 * KIB
    stream.close()
    assert sent(large) == 4 * 16 * KIB


def test_a_budget_ends_an_answer_in_its_midst(browser, db, is_free):
    large = make_file_grant(bytes(20 * MIB), limit=2)
    click = click_on(large)
    response = browser.get(click.url)
    Delivery.objects.update(sent_bytes=45 * MIB)
    arrived, error = read_to_its_end(response)
    assert (sum(map(len, arrived)), type(error)) == (16 * MIB, Unavailable)
    assert error.reason == Unavailable.CLICK_OVER
    assert Delivery.objects.values_list("sent_bytes", "streams").get() == (61 * MIB, 0)
    assert words_of(browser.get(click.url))[:2] == (410, "This download has ended")
    assert spent(large) == (1, 1)
    assert is_free()


@pytest.mark.slow
@real_transactions
def test_a_click_given_back_meanwhile_ends_its_other_answers(is_free, logged):
    large = make_file_grant(bytes(20 * MIB), limit=2)
    stream = open_stream(large, Span(0, 20 * MIB))
    fulfilment.give_back_failed(large, nonce="click", at=NOW)
    arrived, error = read_to_its_end(stream)
    stream.close()
    assert (sum(map(len, arrived)), type(error)) == (16 * MIB, Unavailable)
    assert (spent(large), logged()) == ((0, 0), [])
    assert is_free()


# --- A place at the storage --------------------------------------------------------------------


def test_an_answer_that_never_began_frees_its_place(large, is_free):
    stream = open_stream(large)
    stream.close()
    assert is_free()
    assert spent(large) == (0, 0)


def test_an_answer_that_nobody_closed_frees_its_place(large, is_free):
    stream = open_stream(large)
    read(stream, 1)
    del stream
    assert is_free()


def test_the_last_place_is_held_by_an_answer_under_way(large, settings, is_free):
    settings.STORAGE_SLOTS = 1
    stream = open_stream(large)
    with pytest.raises(StorageDown):
        open_stream(large)
    stream.close()
    assert is_free()


def test_staffs_check_frees_its_place_and_counts_nothing(large, is_free):
    stream = FileStream(fulfilment.open_file(large.asset), WHOLE)
    next(stream)
    stream.close()
    stream.close()
    assert is_free()
    assert spent(large) == (0, 0)


# --- Given back --------------------------------------------------------------------------------


@pytest.mark.parametrize(("blocks", "sent_bytes"), [(0, 0), (1, 0), (2, 16 * KIB), (4, 48 * KIB)])
def test_an_answer_cut_off_at_the_start_is_given_back(large, blocks, sent_bytes):
    stream = open_stream(large)
    read(stream, blocks)
    stream.close()
    assert spent(large) == (0, 0)
    assert given_back(large) == (1, ["barely_begun"])
    served = large.events.filter(kind="served").aggregate(sum=Sum("sent_bytes"))["sum"]
    assert (served or 0) == sent_bytes


def test_an_answer_cut_off_later_is_not(large):
    stream = open_stream(large)
    read(stream, 5)
    stream.close()
    assert (sent(large), spent(large), given_back(large)) == (64 * KIB, (1, 1), (0, []))


@pytest.mark.parametrize(("size_bytes", "is_given_back"), [(1_638_401, True), (1_638_400, False)])
def test_an_answer_cut_off_is_given_back_under_a_hundredth(db, size_bytes, is_given_back):
    grant = make_file_grant(bytes(size_bytes), limit=2)
    stream = open_stream(grant, Span(0, size_bytes))
    read(stream, 2)  # 16 KiB of them are sent
    stream.close()
    assert spent(grant) == ((0, 0) if is_given_back else (1, 1))


@pytest.mark.slow
def test_a_small_part_that_arrived_whole_is_not_given_back(client, large):
    response = client.get(click_on(large).url, headers={"range": "bytes=0-1023"})
    assert len(response.getvalue()) == KIB
    assert (sent(large), spent(large), given_back(large)) == (KIB, (1, 1), (0, []))


def test_a_click_is_not_given_back_while_another_answer_is_under_way(large):
    cut, whole = open_stream(large), open_stream(large)
    cut.close()
    assert (spent(large), streams(large)) == ((1, 1), 1)
    assert sum(map(len, whole)) == SIZE
    whole.close()
    assert (sent(large), spent(large), given_back(large)) == (SIZE, (1, 1), (0, []))


def test_a_click_whose_answers_are_all_cut_off_is_given_back_once(large):
    answers = [open_stream(large) for _ in range(3)]
    for answer in answers:
        read(answer, 1)
        answer.close()
    assert (spent(large), given_back(large)) == ((0, 0), (1, ["barely_begun"]))


def test_a_grant_is_given_back_three_times(db):
    large = make_file_grant(bytes(SIZE), limit=10)
    for number in range(5):
        stream = open_stream(large, nonce=f"click-{number}")
        read(stream, 1)
        stream.close()
    assert spent(large) == (2, 2)
    assert given_back(large) == (3, ["barely_begun"] * 3)


@pytest.mark.slow
@real_transactions
def test_the_same_click_is_counted_anew_after_it_was_given_back(client, large):
    url = click_on(large).url
    response = client.get(url)
    next(iter(response))
    response.close()
    assert spent(large) == (0, 0)
    assert len(client.get(url).getvalue()) == SIZE
    assert (sent(large), spent(large)) == (SIZE, (1, 1))


# --- The file fails ----------------------------------------------------------------------------


def test_a_file_that_became_shorter_breaks_the_line_off_and_is_given_back(client, large, is_free):
    response = client.get(click_on(large).url)
    blocks = iter(response)
    arrived = [next(blocks) for _ in range(10)]
    os.truncate(large.asset.file.path, 2 * MIB)
    rest, error = read_to_its_end(blocks)
    assert (sum(map(len, arrived + rest)), type(error)) == (2 * MIB, StorageDown)
    assert spent(large) == (0, 0)
    assert given_back(large) == (0, ["storage"])
    assert large.events.get(kind="served").sent_bytes == 2 * MIB
    assert is_free()


class Worn(File):
    """A file on a disk that reads no further than 100,000 bytes."""

    def read(self, length):
        if self.tell() >= 100_000:
            raise OSError(5, "Input/output error")
        return self.file.read(length)


class WornStorage(FileSystemStorage):
    def _open(self, name, mode="rb"):
        return Worn(open(self.path(name), mode))


@pytest.fixture
def worn(large, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "tests.storefront.delivery.test_streams.WornStorage"}
    }
    return large


@pytest.mark.slow
def test_a_storage_that_fails_in_the_middle_gives_the_download_back_each_time(
    client, worn, is_free
):
    for number in range(5):
        response = client.get(click_on(worn).url)
        with pytest.raises(StorageDown):
            response.getvalue()
        assert spent(worn) == (0, 0)
        assert given_back(worn) == (0, ["storage"] * (number + 1))
    assert is_free()


def test_a_part_of_a_failing_storage_that_can_be_read_is_counted(client, worn):
    response = client.get(click_on(worn).url, headers={"range": "bytes=0-99999"})
    assert len(response.getvalue()) == 100_000
    assert (sent(worn), spent(worn), given_back(worn)) == (100_000, (1, 1), (0, []))


# --- The database fails ------------------------------------------------------------------------


@pytest.mark.slow
@real_transactions
def test_a_connection_that_broke_meanwhile_is_made_anew(large):
    stream = open_stream(large)
    read(stream, 10)
    connection.connection.close()
    stream.close()
    assert (sent(large), streams(large)) == (4 * 16 * KIB + 5 * 64 * KIB, 0)


@pytest.mark.slow
@real_transactions
def test_a_database_that_is_gone_breaks_no_download(database_gone, logged, is_free):
    large = make_file_grant(bytes(40 * MIB))
    stream = open_stream(large, Span(0, 40 * MIB))
    read(stream, 1)
    with database_gone():
        assert sum(map(len, stream)) == 40 * MIB - 16 * KIB
        stream.close()
    lines = [line for line in logged() if "could not be counted" in line]
    assert len(lines) == 3 * 2  # at 16 MiB, at 32 MiB, at the end; to the console and the file
    assert not any("\n" in line for line in lines)
    assert (sent(large), streams(large), spent(large)) == (0, 1, (1, 1))
    assert is_free()


@pytest.mark.slow
@real_transactions
def test_what_a_database_missed_while_it_was_gone_is_counted_later(database_gone):
    large = make_file_grant(bytes(40 * MIB))
    stream = open_stream(large, Span(0, 40 * MIB))
    arrived = 0
    with database_gone():
        while arrived < 17 * MIB:
            arrived += len(next(stream))
    assert sent(large) == 0
    arrived += sum(map(len, stream))
    assert arrived == 40 * MIB
    stream.close()
    assert (sent(large), streams(large)) == (40 * MIB, 0)


@pytest.mark.slow
@real_transactions
def test_a_table_that_is_gone_breaks_no_download(client, large, logged, is_free):
    response = client.get(click_on(large).url)
    try:
        with connection.schema_editor() as editor:
            editor.alter_db_table(Delivery, "downloads_delivery", "downloads_elsewhere")
        assert len(response.getvalue()) == SIZE
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(Delivery, "downloads_elsewhere", "downloads_delivery")
    assert "could not be counted" in logged()[0]
    assert is_free()
