"""Which part of a file a request gets, by its conditions in their order (RFC 9110, 13.2.2)."""

import itertools

import pytest

from downloads.models import Grant
from storefront.delivery.ranges import Span
from storefront.delivery.responses import PASSIVE_TYPES, Part, part_of
from tests.factories import NOW
from tests.storefront.conftest import (
    BY_ORIGIN,
    CONTENT,
    PRIVATE,
    Page,
    click_on,
    counted,
    headers_of,
    words_of,
)

DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
OTHER = f'"{"0" * 64}"'


@pytest.fixture
def client(browser):
    return browser


@pytest.fixture
def asset(grant):
    return grant.asset


@pytest.fixture
def tag(asset):
    return f'"{asset.sha256}"'


@pytest.fixture
def part(rf, asset):
    """Return a function that says what a request with these headers gets."""

    def ask(**headers: str | None) -> Part:
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        return part_of(rf.get("/", headers=sent), asset)

    return ask


# --- Every combination -------------------------------------------------------------------------

# What is sent, TAG standing for the file's own → what it says. In the order they are judged.
IF_MATCH = {
    None: True,
    "TAG": True,
    f"{OTHER}, TAG": True,
    "*": True,
    "W/TAG": False,
    OTHER: False,
    "nonsense": False,
}
IF_NONE_MATCH = {
    None: False,
    "TAG": True,
    f"{OTHER}, TAG": True,
    f"{OTHER},TAG , {OTHER}": True,
    "W/TAG": True,
    "*": True,
    OTHER: False,
    f"W/{OTHER}": False,
    "nonsense": False,
}
IF_RANGE = {
    None: True,
    "TAG": True,
    "W/TAG": False,
    OTHER: False,
    DATE: False,
    "*": False,
    "TAG, TAG": False,
}
RANGE = {
    None: (200, Span(0, 10)),
    "bytes=2-4": (206, Span(2, 5)),
    "bytes=4-": (206, Span(4, 10)),
    "bytes=-3": (206, Span(7, 10)),
    "bytes=-99": (206, Span(0, 10)),
    "bytes=10-": (416, Span(0, 0)),
    "bytes=-0": (416, Span(0, 0)),
    "bytes=0-1,4-5": (200, Span(0, 10)),
    "nonsense": (200, Span(0, 10)),
}
EVERY = list(itertools.product(IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE))


def expected(if_match, if_none_match, if_range, asked):
    if not IF_MATCH[if_match]:
        return 412, Span(0, 0)
    if IF_NONE_MATCH[if_none_match]:
        return 304, Span(0, 0)
    return RANGE[asked] if IF_RANGE[if_range] else RANGE[None]


@pytest.mark.slow
def test_every_combination_of_conditions_is_judged_in_their_order(part, tag):
    wrong = []
    for conditions in EVERY:
        names = ("if_match", "if_none_match", "if_range", "range")
        sent = [value and value.replace("TAG", tag) for value in conditions]
        got = part(**dict(zip(names, sent, strict=True)))
        if (got.status, got.span) != expected(*conditions):
            wrong.append((conditions, got))
    assert len(EVERY) == 3969
    assert wrong == []


def test_dates_are_left_aside(part):
    for name in ("if_modified_since", "if_unmodified_since"):
        assert part(**{name: DATE}).status == 200
        assert part(**{name: DATE}, range="bytes=0-0").status == 206


# --- The headers that go with each -------------------------------------------------------------


def test_a_part_says_where_it_lies(part):
    headers = part(range="bytes=-3").headers
    assert (headers["Content-Range"], headers["Content-Length"]) == ("bytes 7-9/10", "3")


def test_no_part_says_how_long_the_file_is(part):
    headers = part(range="bytes=10-").headers
    assert headers["Content-Range"] == "bytes */10"
    assert "Content-Length" not in headers


def test_the_whole_has_no_range(part):
    headers = part(range="bytes=0-1,3-4").headers
    assert headers["Content-Length"] == "10"
    assert "Content-Range" not in headers


def test_what_somebody_has_already_is_named_and_no_more(part, tag):
    assert part(if_none_match=tag).headers == {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Length": "10",
    }


def test_a_thousand_ranges_are_one_answer_with_each_byte_once(client, grant):
    ranges = ",".join(f"{start % 10}-" for start in range(1_000))
    response = client.get(click_on(grant).url, headers={"range": f"bytes={ranges}"})
    assert (response.status_code, response.getvalue()) == (200, CONTENT)
    assert response["Content-Length"] == "10"
    assert "Content-Range" not in response
    assert grant.deliveries.get().sent_bytes == 10


def test_no_passive_type_is_one_that_a_browser_runs():
    for active in ("text/html", "image/svg+xml", "application/xml", "application/xhtml+xml",
                   "application/pdf", "text/xml", "text/javascript", "text/css"):  # fmt: skip
        assert not active.startswith(PASSIVE_TYPES)


# --- What has no bytes is no download ----------------------------------------------------------

NO_BYTES = {
    304: {"if-none-match": "*"},
    412: {"if-match": OTHER},
    416: {"range": "bytes=10-"},
}


@pytest.fixture(params=NO_BYTES.items(), ids=lambda item: item[0])
def answer(request):
    """A status that brings no bytes, and the headers that ask for it."""
    return request.param


def test_an_answer_without_bytes_spends_nothing(client, grant, answer):
    status, asked = answer
    before = counted()
    for method in ("GET", "HEAD"):
        response = client.generic(method, click_on(grant).url, headers=asked)
        assert (response.status_code, response.content) == (status, b"")
    assert counted() == before
    assert not grant.events.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"payment": "refunded"}, (410, "This purchase was refunded")),
        ({"cancelled_at": NOW}, (410, "This order was cancelled")),
        ({"payment": "pending"}, (403, "Waiting for your payment")),
    ],
)
def test_an_answer_without_bytes_asks_the_right_first(client, grant, answer, change, words):
    url = click_on(grant).url
    client.get(url)
    type(grant.order).objects.filter(pk=grant.order_id).update(**change)
    before = counted()
    assert words_of(client.get(url, headers=answer[1]))[:2] == words
    assert counted() == before


def test_an_answer_without_bytes_needs_a_download_left(client, grant, answer):
    Grant.objects.filter(pk=grant.pk).update(used=2)
    assert words_of(client.get(click_on(grant).url, headers=answer[1]))[:2] == (
        410,
        "All downloads used",
    )


def test_an_answer_without_bytes_is_none_for_a_lost_file(client, grant, answer):
    grant.asset.file.storage.delete(grant.asset.file.name)
    response = client.get(click_on(grant).url, headers=answer[1])
    assert response.status_code == 503
    assert response["Retry-After"] == "30"


def test_an_answer_without_bytes_is_free_on_a_click_that_is_open(client, grant, answer):
    url = click_on(grant).url
    client.get(url)
    before = counted()
    assert client.get(url, headers=answer[1]).status_code == answer[0]
    assert counted() == before


def test_an_answer_without_bytes_offers_the_button_when_the_click_is_over(client, grant, answer):
    url = click_on(grant).url
    for _ in range(3):
        client.get(url).getvalue()
    response = client.get(url, headers=answer[1])
    assert words_of(response)[:2] == (410, "This download has ended")
    assert len(Page(response).actions) == 1


def test_304_tells_a_cache_nothing_of_another_type(client, grant, tag):
    response = client.get(click_on(grant).url, headers={"if-none-match": tag})
    # The length is the file's, as a whole answer would say it.
    assert response["Content-Length"] == "10"
    # The page's referrer, for one, stays at home here too.
    assert headers_of(response) == PRIVATE | BY_ORIGIN | {"etag": tag, "accept-ranges": "bytes"}
