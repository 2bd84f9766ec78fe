"""One click, one version: what becomes of a click whose file was replaced meanwhile.

Source: CONTRACTS, Amendments, "one click, one version".
"""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile

from downloads import fulfilment
from downloads.lookups.ledger import counters_off
from downloads.models import Delivery, DownloadEvent
from tests.factories import NOW, make_file_grant
from tests.racing import at_once
from tests.storefront.conftest import LINK, click_on

OLD, NEW, LARGE = b"0123456789", b"abcdefghij", b"x" * 400
THIRD = b"ABCDEFGHIJ"
SMALL_RANGE = {"Range": "bytes=4-"}


@pytest.fixture
def grant(db, frozen):
    frozen(NOW)
    return make_file_grant(OLD, limit=1)


@pytest.fixture
def click(grant):
    return click_on(grant)


def tag(content):
    return f'"{hashlib.sha256(content).hexdigest()}"'


def replace(grant, content):
    """Put another file in the place of the asset's, as the merchant does."""
    fulfilment.store_file(grant.asset, ContentFile(content, name="book.epub"))


def make_link(grant):
    grant.asset.link = LINK
    fulfilment.store_link(grant.asset, size_bytes=None)


def get(client, click, **headers):
    """Ask, and return status and bytes (of a redirect: where to)."""
    response = client.get(click.url, headers=headers)
    if response.status_code == 302:
        return 302, response["Location"]
    return response.status_code, response.getvalue()


def spent(grant):
    grant.refresh_from_db()
    assert not list(counters_off())
    return grant.used, grant.deliveries.count()


# --- A part is never joined to another version ----------------------------------------------------


@pytest.mark.parametrize("asked", ["bytes=4-", "bytes=0-", "bytes=-3", "bytes=2-5", "bytes=900-"])
@pytest.mark.parametrize("content", [NEW, LARGE, b"abc"], ids=["as long", "longer", "shorter"])
def test_a_part_of_whatever_version_is_the_whole_new_file(client, grant, click, content, asked):
    assert get(client, click, Range="bytes=0-3") == (206, OLD[:4])
    replace(grant, content)
    response = client.get(click.url, headers={"Range": asked})
    assert (response.status_code, response.getvalue()) == (200, content)
    assert "Content-Range" not in response
    assert (response["ETag"], response["Content-Length"]) == (tag(content), str(len(content)))
    assert spent(grant) == (1, 1)


def test_a_head_for_a_part_tells_of_the_whole_new_file(client, grant, click):
    get(client, click)
    replace(grant, LARGE)
    response = client.head(click.url, headers=SMALL_RANGE)
    assert (response.status_code, response["Content-Length"]) == (200, "400")


def test_each_part_is_the_whole_until_somebody_begins_the_new_version(client, grant, click):
    get(client, click)
    replace(grant, NEW)
    # Segments of the same download, each of which still means the version before.
    assert [get(client, click, **SMALL_RANGE) for _ in range(2)] == [(200, NEW)] * 2
    assert get(client, click) == (200, NEW)
    # Its budget began anew with the first of them, and once.
    assert get(client, click, **SMALL_RANGE)[0] == 410
    assert spent(grant) == (1, 1)


@pytest.mark.parametrize("validator", ["If-Range", "If-Match"])
def test_who_names_the_new_version_begins_it_with_a_part(client, grant, click, validator):
    get(client, click)
    replace(grant, NEW)
    named = {"Range": "bytes=4-", validator: tag(NEW)}
    assert get(client, click, **named) == (206, NEW[4:])
    # From now on it is the click's own, and a part is a part.
    assert get(client, click, **SMALL_RANGE) == (206, NEW[4:])
    assert spent(grant) == (1, 1)


def test_who_names_the_old_version_gets_the_whole_new_one(client, grant, click):
    get(client, click, Range="bytes=0-3")
    replace(grant, NEW)
    assert get(client, click, **SMALL_RANGE, **{"If-Range": tag(OLD)}) == (200, NEW)
    assert get(client, click, **SMALL_RANGE, **{"If-Match": tag(OLD)})[0] == 412


@pytest.mark.parametrize("begin", [{}, {"Range": "bytes=4-", "If-Range": tag(OLD)}])
def test_parts_are_parts_again_once_the_new_version_has_begun(client, grant, click, begin):
    get(client, click)
    replace(grant, NEW)
    assert get(client, click, **begin) == (200, NEW)
    assert get(client, click, **SMALL_RANGE) == (206, NEW[4:])
    assert spent(grant) == (1, 1)


def test_an_equal_file_is_the_same_version(client, grant, click):
    get(client, click, Range="bytes=0-3")
    replace(grant, OLD)
    assert get(client, click, **SMALL_RANGE) == (206, OLD[4:])
    assert Delivery.objects.get().is_renewed is False


def test_a_click_of_older_code_is_known_by_its_size(client, grant, click):
    get(client, click)
    Delivery.objects.update(sha256="")
    assert get(client, click, **SMALL_RANGE) == (206, OLD[4:])
    replace(grant, LARGE)
    assert get(client, click, **SMALL_RANGE) == (200, LARGE)


# --- Size, window and budget begin anew, once -----------------------------------------------------


def test_a_larger_version_comes_whole_at_no_charge(client, grant, click, settings):
    get(client, click)
    replace(grant, LARGE)
    assert get(client, click) == (200, LARGE)
    delivery = Delivery.objects.get()
    assert (delivery.sha256, delivery.size_bytes) == (tag(LARGE).strip('"'), len(LARGE))
    assert delivery.sent_bytes == len(LARGE)
    # Its own three sizes, and not one more.
    assert [get(client, click)[0] for _ in range(3)] == [200, 200, 410]
    assert spent(grant) == (1, 1)


def test_the_window_begins_anew(client, grant, click, frozen, settings):
    get(client, click)
    frozen(NOW + timedelta(minutes=29))
    replace(grant, NEW)
    assert get(client, click) == (200, NEW)
    frozen(NOW + timedelta(minutes=58))
    assert get(client, click) == (200, NEW)
    frozen(NOW + timedelta(minutes=59))
    assert get(client, click)[0] == 410


def test_a_click_that_is_over_begins_nothing(client, grant, click, frozen):
    get(client, click)
    frozen(NOW + timedelta(minutes=30))
    replace(grant, NEW)
    assert get(client, click)[0] == 410


def test_a_second_replacement_brings_no_second_budget(client, grant, click, frozen):
    get(client, click)
    replace(grant, NEW)
    assert get(client, click) == (200, NEW)
    replace(grant, THIRD)
    # What is left of the second one's three sizes, in the second one's window.
    assert get(client, click, **SMALL_RANGE) == (200, THIRD)
    assert [get(client, click)[0] for _ in range(2)] == [200, 410]
    assert spent(grant) == (1, 1)


def test_a_second_replacement_brings_no_second_window(client, grant, click, frozen):
    get(client, click)
    replace(grant, NEW)
    get(client, click)
    frozen(NOW + timedelta(minutes=29))
    replace(grant, THIRD)
    assert get(client, click) == (200, THIRD)
    frozen(NOW + timedelta(minutes=30))
    assert get(client, click)[0] == 410


# --- Links and files ------------------------------------------------------------------------------


def test_a_link_that_became_a_file_is_one_file_on_one_download(client, grant, click):
    make_link(grant)
    assert get(client, click) == (302, LINK)
    replace(grant, OLD)
    assert get(client, click, **SMALL_RANGE) == (200, OLD)
    assert [get(client, click)[0] for _ in range(3)] == [200, 200, 410]
    assert spent(grant) == (1, 1)


def test_a_file_that_became_a_link_leads_there_at_no_charge(client, grant, click):
    get(client, click)
    make_link(grant)
    assert get(client, click) == (302, LINK)
    assert (Delivery.objects.get().size_bytes, Delivery.objects.get().sha256) == (None, "")
    assert spent(grant) == (1, 1)


# --- What was sent of the old one -----------------------------------------------------------------


def test_an_answer_under_way_counts_for_its_own_version(client, grant, click):
    under_way = client.get(click.url)
    replace(grant, LARGE)
    assert get(client, click) == (200, LARGE)
    # The old file is still open, and comes to its end.
    assert under_way.getvalue() == OLD
    delivery = Delivery.objects.get()
    assert (delivery.sent_bytes, delivery.streams) == (len(LARGE), 0)
    served = DownloadEvent.objects.get(kind="served")
    assert served.sent_bytes == len(LARGE) + len(OLD)


@pytest.mark.parametrize(("fetched_bytes", "given_back"), [(200_000, 0), (100, 1)])
def test_what_brought_a_version_is_not_given_back_for_the_next(
    client, grant, click, settings, fetched_bytes, given_back
):
    settings.FILES_LEAVE_BY = "nginx"
    replace(grant, b"y" * 200_000)
    client.get(click.url, headers={"Range": f"bytes=0-{fetched_bytes - 1}"})
    replace(grant, LARGE * 1000)
    client.get(click.url, headers={"Range": "bytes=0-0", "If-Range": tag(LARGE * 1000)})
    later = NOW + timedelta(days=1)
    assert fulfilment.weigh_deliveries(at=later) == given_back
    assert spent(grant)[0] == 1 - given_back


def test_behind_nginx_the_new_version_is_counted_as_asked_for(client, grant, click, settings):
    settings.FILES_LEAVE_BY = "nginx"
    client.get(click.url)
    replace(grant, LARGE)
    response = client.get(click.url, headers=SMALL_RANGE)
    assert "/whole/" in response["X-Accel-Redirect"]
    assert Delivery.objects.get().sent_bytes == len(LARGE)
    assert DownloadEvent.objects.get(kind="served").sent_bytes == len(OLD) + len(LARGE)


# --- Races ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_at_once_begin_a_version_once(grant, click):
    asked = fulfilment.ClickRequest(
        nonce=click.nonce, valid_until=click.valid_until, at=NOW, upfront_bytes=40
    )
    begin = fulfilment.ClickRequest(nonce=click.nonce, valid_until=click.valid_until, at=NOW)
    fulfilment.open_delivery(grant, begin).close()
    replace(grant, LARGE)
    grant.refresh_from_db()

    at_once(*[lambda: fulfilment.open_delivery(grant, asked).close()] * 8)
    delivery = Delivery.objects.get()
    assert (delivery.sent_bytes, delivery.is_renewed) == (8 * 40, True)
    assert spent(grant) == (1, 1)


def test_a_file_replaced_between_look_and_renewal_is_asked_for_again(client, grant, click):
    get(client, click)
    replace(grant, NEW)
    stale = type(grant).objects.with_rights().get(pk=grant.pk)
    replace(grant, THIRD)
    asked = fulfilment.ClickRequest(nonce=click.nonce, valid_until=click.valid_until, at=NOW)
    with pytest.raises(fulfilment.deliveries.StorageDown):
        fulfilment.open_delivery(stale, asked)
    # Neither version was begun by it.
    assert (Delivery.objects.get().is_renewed, spent(grant)) == (False, (1, 1))
    assert get(client, click) == (200, THIRD)
