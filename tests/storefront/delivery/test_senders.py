"""Bytes that leave through nginx: what it is told, and what is counted. nginx itself is not here:
the tests under fire run it."""

from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from downloads.models import Asset, Delivery, DownloadEvent, Grant
from storefront.delivery.senders import PROOF, ByApplication, ByNginx, way_out
from storefront.signed_urls import new_click, proof_of
from tests.factories import NOW, make_file_grant
from tests.storefront.conftest import (
    BY_ORIGIN,
    CONTENT,
    PAGE,
    PRIVATE,
    TOLD_BY_ORIGIN,
    Page,
    click_on,
    counted,
    headers_of,
    spent,
    words_of,
)


@pytest.fixture(autouse=True)
def _behind_nginx(settings):
    settings.FILES_LEAVE_BY = "nginx"


@pytest.fixture
def client(browser):
    return browser


@pytest.fixture
def tag(grant):
    return f'"{grant.asset.sha256}"'


def sent(grant):
    """Return what was counted of the one Delivery, having seen that the ledger says the same."""
    delivery = grant.deliveries.get()
    assert delivery.events.get(kind="served").sent_bytes == delivery.sent_bytes
    return delivery.sent_bytes


def lines(grant):
    events = DownloadEvent.objects.filter(grant=grant).order_by("id")
    return [(event.kind, event.downloads, event.reason) for event in events]


# --- What nginx is told ------------------------------------------------------------------------


def test_nginx_is_told_the_file_and_keeps_its_headers(client, grant, tag):
    click = click_on(grant)
    response = client.get(click.url)
    assert (response.status_code, response.content) == (200, b"")
    assert headers_of(response) == PRIVATE | BY_ORIGIN | {
        "x-accel-redirect": f"/_files/whole/{grant.asset.file.name}",
        "x-files-proof": proof_of(click.nonce),
        "content-type": "application/epub+zip",
        "x-files-disposition": 'attachment; filename="book.epub"',
        "accept-ranges": "bytes",
        "etag": tag,
    }
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Content-Length"] == "0"  # of this answer, which nginx drops


RANGES = {
    "bytes=2-4": ("part", 3),
    "bytes=4-": ("part", 6),
    "bytes=-3": ("part", 3),
    "bytes=-99": ("part", 10),
    "BYTES= 2 - 4": ("part", 3),
    "bytes=0-1,4-5": ("whole", 10),
    "bytes=6-3": ("whole", 10),
    "bytes= - 4": ("whole", 10),
    "items=0-4": ("whole", 10),
    "": ("whole", 10),
}


@pytest.mark.parametrize(("asked", "told"), RANGES.items())
def test_nginx_looks_for_a_range_where_we_found_one(client, grant, asked, told):
    response = client.get(click_on(grant).url, headers={"range": asked})
    kind, upfront_bytes = told
    assert (response.status_code, response.content) == (200, b"")
    assert response["X-Accel-Redirect"] == f"/_files/{kind}/{grant.asset.file.name}"
    assert "Content-Range" not in response
    assert sent(grant) == upfront_bytes


def test_a_resume_of_another_version_is_whole(client, grant, tag):
    url = click_on(grant).url
    for known, kind in ((tag, "part"), ('"other"', "whole"), (f"W/{tag}", "whole")):
        response = client.get(url, headers={"range": "bytes=4-", "if-range": known})
        assert response["X-Accel-Redirect"].split("/")[2] == kind
    assert sent(grant) == 6 + 10 + 10


@pytest.mark.parametrize(
    "key", ["assets/a b%2e?c#d.epub", "assets/ü🧶;,'\".epub", "assets/a\r\nX-Evil: 1"]
)
def test_a_key_is_quoted(client, grant, key, settings):
    stored = settings.MEDIA_ROOT / key
    stored.write_bytes(CONTENT)
    Asset.objects.update(file=key)
    path = client.get(click_on(grant).url)["X-Accel-Redirect"]
    assert path.isascii()
    assert path.isprintable()
    assert not set(path) & set(" ?#\"'")
    assert unquote(path) == f"/_files/whole/{key}"


def test_a_hostile_name_reaches_nginx_in_one_safe_header(client, db):
    grant = make_file_grant(CONTENT, 'a\r\nX-Accel-Redirect: /etc/passwd".svg')
    response = client.get(click_on(grant).url)
    assert response["X-Files-Disposition"] == (
        "attachment; filename=\"passwd_.svg\"; filename*=utf-8''passwd%22.svg"
    )
    assert response["Content-Type"] == "application/octet-stream"


def test_nginx_is_shown_the_version_that_was_judged(client, grant):
    # Read twice, a file replaced in between would leave under its predecessor's ETag.
    url = click_on(grant).url
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
        assert len([sql for sql in reads if '"downloads_asset"' in sql]) == 1


# --- What is counted ---------------------------------------------------------------------------


def test_what_is_asked_for_is_counted_at_once(client, grant):
    url = click_on(grant).url
    for asked, so_far in (("bytes=0-3", 4), ("bytes=4-", 10), ("bytes=-1", 11)):
        client.get(url, headers={"range": asked})
        assert sent(grant) == so_far
    assert (spent(grant), Delivery.objects.get().streams) == ((1, 1), 0)


def test_a_click_has_a_budget_of_three_sizes_then_a_button(client, grant):
    url = click_on(grant).url
    for _ in range(3):
        assert "X-Accel-Redirect" in client.get(url)
    before = counted()
    response = client.get(url)
    assert words_of(response) == (
        410,
        "This download has ended",
        "This download can no longer be continued.",
    )
    assert headers_of(response) == PAGE | TOLD_BY_ORIGIN
    [action] = Page(response).actions
    assert counted() == before
    follow = client.post(action)
    assert (follow.status_code, spent(grant)) == (303, (2, 2))
    assert "X-Accel-Redirect" in client.get(follow["Location"])


def test_a_budget_is_spent_by_parts_too(client, grant):
    url = click_on(grant).url
    statuses = [client.get(url, headers={"range": "bytes=0-7"}).status_code for _asked in range(6)]
    assert statuses == [200, 200, 200, 200, 410, 410]
    assert sent(grant) == 32


def test_a_new_click_that_is_refused_tells_nginx_nothing(client, grant):
    Grant.objects.update(used=2)
    response = client.get(click_on(grant).url)
    assert response.status_code == 410
    assert "X-Accel-Redirect" not in response
    assert PROOF not in response


def test_a_link_goes_its_own_way(client, link):
    response = client.get(click_on(link).url)
    assert response.status_code == 302
    assert "X-Accel-Redirect" not in response


# --- What we answer ourselves ------------------------------------------------------------------


def test_head_is_answered_by_us(client, grant):
    response = client.head(click_on(grant).url)
    assert (response.status_code, response["Content-Length"]) == (200, "10")
    assert "X-Accel-Redirect" not in response
    assert PROOF not in response
    assert spent(grant) == (0, 0)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"if-none-match": "*"}, 304),
        ({"if-match": '"other"'}, 412),
        ({"range": "bytes=10-"}, 416),
    ],
)
def test_an_answer_without_bytes_is_ours(client, grant, asked, status):
    response = client.get(click_on(grant).url, headers=asked)
    assert response.status_code == status
    assert "X-Accel-Redirect" not in response
    assert spent(grant) == (0, 0)


@pytest.mark.parametrize(
    "asked",
    [{"if-match": "*"}, {"if-unmodified-since": "Sun, 01 Mar 2020 12:00:00 GMT"}],
)
def test_what_nginx_would_judge_otherwise_is_streamed(client, grant, asked):
    response = client.get(click_on(grant).url, headers=asked | {"range": "bytes=2-4"})
    assert (response.status_code, response.getvalue()) == (206, CONTENT[2:5])
    assert "X-Accel-Redirect" not in response
    assert PROOF not in response
    assert (sent(grant), spent(grant)) == (3, (1, 1))


def test_a_missing_file_is_ours_to_tell(client, grant):
    grant.asset.file.storage.delete(grant.asset.file.name)
    response = client.get(click_on(grant).url)
    assert response.status_code == 503
    assert "X-Accel-Redirect" not in response
    assert spent(grant) == (0, 0)


def test_the_setting_names_the_way(rf, settings):
    assert isinstance(way_out(rf.get("/")), ByNginx)
    settings.FILES_LEAVE_BY = "application"
    assert isinstance(way_out(rf.get("/")), ByApplication)


# --- nginx could not read it -------------------------------------------------------------------


def test_the_right_proof_gives_the_download_back(client, grant):
    click = click_on(grant)
    proof = client.get(click.url)[PROOF]
    assert spent(grant) == (1, 1)
    response = client.get(click.url, headers={PROOF: proof})
    assert words_of(response) == (
        503,
        "The file is not within reach",
        "This file cannot be read just now. Nothing was counted; please try again shortly.",
    )
    assert headers_of(response) == PAGE | TOLD_BY_ORIGIN | {"retry-after": "30"}
    assert spent(grant) == (0, 0)
    assert lines(grant)[-1] == ("released", -1, "storage")
    assert Grant.objects.get(pk=grant.pk).given_back == 0


def test_the_right_proof_gives_a_click_back_once(client, grant):
    click = click_on(grant)
    Grant.objects.update(used=1)
    proof = client.get(click.url)[PROOF]
    for _ in range(3):
        assert client.get(click.url, headers={PROOF: proof}).status_code == 503
    assert spent(grant) == (1, 0)
    assert [line for line in lines(grant) if line[0] == "released"] == [("released", -1, "storage")]


def test_a_click_that_was_given_back_is_counted_anew(client, grant):
    click = click_on(grant)
    proof = client.get(click.url)[PROOF]
    client.get(click.url, headers={PROOF: proof})
    assert "X-Accel-Redirect" in client.get(click.url)
    assert spent(grant) == (1, 1)


def test_a_proof_of_something_else_is_none(client, grant):
    click, other = click_on(grant), click_on(grant)
    proof = proof_of(click.nonce)
    client.get(click.url)
    wrong = {
        "empty": "",
        "another click's": proof_of(other.nonce),
        "the nonce": click.nonce,
        "the address's": click.signed.rpartition("/")[2],
        "bent": proof[:-1] + ("A" if proof[-1] != "A" else "E"),
        "cut": proof[:-1],
        "longer": proof + "A",
        "no text": "ü\xff",
    }
    for name, sent_proof in wrong.items():
        response = client.get(click.url, headers={PROOF: sent_proof, "range": "bytes=0-0"})
        assert "X-Accel-Redirect" in response, name
        assert spent(grant) == (1, 1)
    assert [line[0] for line in lines(grant)] == ["charged", "served"]


def test_a_proof_under_a_wrong_signature_is_404(client, grant):
    click = click_on(grant)
    proof = client.get(click.url)[PROOF]
    before = counted()
    response = client.get(f"/downloads/{click.signed}x", headers={PROOF: proof})
    assert words_of(response) == (404, "Not found", "This download does not exist.")
    assert counted() == before


def test_a_proof_opens_no_other_grants_click(client, grant):
    # One nonce on two grants: the address says which of them is meant.
    neighbour = make_file_grant(CONTENT, order=grant.order)
    click = click_on(grant)
    proof = client.get(click.url)[PROOF]
    client.get(new_click(neighbour, at=NOW).url)
    client.get(click.url, headers={PROOF: proof})
    assert (spent(grant), spent(neighbour)) == ((0, 0), (1, 1))


def test_no_proof_is_in_a_body_or_a_log(client, grant, logged):
    click = click_on(grant)
    proof = client.get(click.url)[PROOF]
    signature = proof.rpartition(".")[2]
    answers = [
        client.get(click.url, headers={PROOF: proof}),
        client.get(f"/downloads/{click.signed}x", headers={PROOF: proof}),
        client.get("/nowhere", headers={PROOF: proof}),
        client.post(click.url, headers={PROOF: proof}),
        client.post(click.form_action, headers={PROOF: proof}),
        client.get(f"/orders/{proof}"),
    ]
    assert [answer.status_code for answer in answers] == [503, 404, 404, 405, 303, 404]
    for answer in answers:
        assert signature.encode() not in answer.content
        assert PROOF not in answer
    assert logged()
    assert not any(signature in line or click.nonce in line for line in logged())


def test_the_page_for_what_nginx_could_not_read_needs_no_cookie(grant):
    click = click_on(grant)
    response = Client(enforce_csrf_checks=True).get(
        click.url, headers={PROOF: proof_of(click.nonce)}
    )
    assert (response.status_code, len(response.cookies)) == (503, 0)
