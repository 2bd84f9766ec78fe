"""A file replaced while its buyer downloads: what each kind of resume gets."""

import pytest
from django.core.files.base import ContentFile

from downloads import fulfilment
from downloads.models import Asset, Delivery
from tests.factories import make_file_grant
from tests.storefront.conftest import Page, click_on, counted, spent, words_of

OLD, NEW = b"0123456789", b"abcdefghij"
LONGER, SHORTER = b"n" * 500, b"n"
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def _wide_budget(settings):
    settings.DELIVERY_BUDGET_SIZES = 1_000


@pytest.fixture
def grant(db):
    return make_file_grant(OLD, limit=2)


def replace(grant, content):
    asset = Asset.objects.get(pk=grant.asset_id)
    fulfilment.store_file(asset, ContentFile(content, name="book.epub"))
    return f'"{asset.sha256}"'


def get(client, url, **headers):
    response = client.get(url, headers={name.replace("_", "-"): v for name, v in headers.items()})
    return response.status_code, response.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("content", [NEW, LONGER, SHORTER])
@pytest.mark.parametrize("asked", ["bytes=5-", "bytes=0-0", "bytes=-1", "bytes=9-99"])
def test_a_bare_resume_gets_the_whole_of_a_newer_version(client, grant, content, asked):
    url = click_on(grant).url
    get(client, url, range="bytes=0-4")
    replace(grant, content)
    for _ in range(3):
        assert get(client, url, range=asked) == (200, content)
    assert get(client, url) == (200, content)
    assert get(client, url, range="bytes=0-0") == (206, content[:1])
    assert spent(grant) == (1, 1)


def test_the_new_validator_begins_the_newer_version(client, grant):
    old = f'"{grant.asset.sha256}"'
    for validator in ("if_range", "if_match"):
        url = click_on(grant).url
        get(client, url)
        new = replace(grant, NEW)
        assert get(client, url, range="bytes=5-") == (200, NEW)
        assert get(client, url, range="bytes=5-", if_match="*") == (200, NEW)
        assert get(client, url, range="bytes=5-", if_match=old)[0] == 412
        assert get(client, url, range="bytes=5-") == (200, NEW)
        assert get(client, url, range="bytes=5-", **{validator: new}) == (206, NEW[5:])
        assert get(client, url, range="bytes=5-") == (206, NEW[5:])
        replace(grant, OLD)


def test_the_old_validator_gets_the_whole_and_begins_it(client, grant):
    url, old = click_on(grant).url, f'"{grant.asset.sha256}"'
    get(client, url, range="bytes=0-4")
    replace(grant, NEW)
    assert get(client, url, range="bytes=5-", if_range=old) == (200, NEW)
    assert get(client, url, range="bytes=5-") == (206, NEW[5:])


@pytest.mark.parametrize("asked", ["bytes=5-", "bytes=400-"])
def test_head_says_what_get_would_send(client, grant, asked):
    url = click_on(grant).url
    get(client, url)
    replace(grant, LONGER)
    before = counted()
    response = client.head(url, headers={"range": asked})
    assert (response.status_code, response["Content-Length"]) == (200, "500")
    assert "Content-Range" not in response
    assert counted() == before
    assert get(client, url, range=asked) == (200, LONGER)


def test_what_is_held_already_stays_304(client, grant):
    url = click_on(grant).url
    get(client, url)
    new = replace(grant, NEW)
    assert get(client, url, range="bytes=99-", if_none_match=new) == (304, b"")


def test_a_retry_of_a_much_larger_version_is_sent_to_its_end(client, db, settings):
    settings.DELIVERY_BUDGET_SIZES = 3
    grant = make_file_grant(bytes(5000), limit=2)
    url, large = click_on(grant).url, bytes(20 * MIB)
    get(client, url)
    replace(grant, large)
    assert get(client, url) == (200, large)
    assert get(client, url) == (200, large)
    assert (spent(grant), Delivery.objects.get().sent_bytes) == ((1, 1), 40 * MIB)


def test_a_link_that_became_a_file_is_sent_within_a_budget(client, link, settings):
    settings.DELIVERY_BUDGET_SIZES = 3
    url = click_on(link).url
    assert client.get(url).status_code == 302
    replace(link, NEW)
    answers = [get(client, url, range=f"bytes={start}-{start}") for start in range(8)]
    assert answers[:3] == [(200, NEW)] * 3
    assert {status for status, _body in answers[3:]} == {410}
    assert spent(link) == (1, 1)


def test_a_second_replacement_ends_with_a_button(client, browser, grant, settings):
    settings.DELIVERY_BUDGET_SIZES = 3
    url = click_on(grant).url
    get(client, url)
    replace(grant, NEW)
    get(client, url)
    replace(grant, LONGER)
    assert get(client, url) == (200, LONGER)
    response = browser.get(url)
    assert words_of(response)[:2] == (410, "This download has ended")
    assert len(Page(response).actions) == 1
    assert spent(grant) == (1, 1)


# The file of before is really gone, and only its open handle is left.
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_answer_under_way_stays_in_its_version(client):
    old = bytes(20 * MIB)
    grant = make_file_grant(old, limit=2)
    url = click_on(grant).url
    response = client.get(url)
    blocks = iter(response)
    arrived = [next(blocks)]
    replace(grant, NEW)
    assert get(client, url) == (200, NEW)
    arrived += blocks
    assert b"".join(arrived) == old
    response.close()
    assert Delivery.objects.values_list("size_bytes", "sent_bytes", "streams").get() == (10, 10, 0)
    assert spent(grant) == (1, 1)


def test_nginx_is_told_to_send_the_whole_of_a_newer_version(client, grant, settings):
    settings.FILES_LEAVE_BY = "nginx"
    url = click_on(grant).url
    client.get(url, headers={"range": "bytes=0-4"})
    new = replace(grant, LONGER)
    key = Asset.objects.get(pk=grant.asset_id).file.name
    for asked in ("bytes=5-", "bytes=400-", "bytes=999-"):
        response = client.get(url, headers={"range": asked})
        assert response["X-Accel-Redirect"] == f"/_files/whole/{key}"
        assert response["ETag"] == new
    assert client.get(url)["X-Accel-Redirect"] == f"/_files/whole/{key}"
    assert client.get(url, headers={"range": "bytes=5-"})["X-Accel-Redirect"].startswith(
        "/_files/part/"
    )
    assert Delivery.objects.get().sent_bytes == 4 * 500 + 495
    assert spent(grant) == (1, 1)
