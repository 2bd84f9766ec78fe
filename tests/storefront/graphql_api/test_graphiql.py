"""GraphiQL: nowhere without its setting, and of this house alone with it."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from tests.storefront.conftest import HTML, POLICY, Page, headers_of, policy_of

URL = "/api/graphiql"
FILES = Path(django_settings.BASE_DIR) / "storefront/static/storefront/graphiql"
HEADERS = {"X-STOREFRONT-KEY": "pk_storefront_1", "Authorization": "Bearer 1|secret"}
# A row of the README's table: the file here, and its figure.
ROW = re.compile(r"\| `(\w[\w./-]+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)


@pytest.fixture
def _on(settings):
    settings.GRAPHIQL = True
    settings.GRAPHIQL_HEADERS = HEADERS


@pytest.fixture
def page(client, _on):
    """Return a function that opens the page and takes it apart."""
    return lambda: Page(client.get(URL))


def told(response):
    """Return all that an answer tells, but for the request's own number."""
    headers = headers_of(response)
    headers.pop("x-request-id", None)
    return response.status_code, response.content, headers, policy_of(response)


def in_element(page_content, element_id):
    """Return the text of the one script element of that id."""
    pattern = rf'<script[^>]* ?id="{element_id}"[^>]*>(.*?)</script>'
    [text] = re.findall(pattern, page_content.decode(), re.DOTALL)
    return text


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_without_the_setting_it_is_an_unknown_path(settings, method):
    settings.GRAPHIQL = False
    settings.GRAPHIQL_HEADERS = HEADERS
    stranger = Client(enforce_csrf_checks=True)
    unknown = told(stranger.generic(method, "/api/graphiq"))
    assert unknown[0] == 404
    assert told(stranger.generic(method, URL)) == unknown


def test_it_is_off_unless_it_is_asked_for(client):
    assert client.get(URL).status_code == 404


@pytest.mark.usefixtures("_on")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(method):
    response = Client(enforce_csrf_checks=True).generic(method, URL)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.usefixtures("_on")
def test_it_is_as_private_as_every_page(client):
    response = client.get(URL)
    assert (response.status_code, headers_of(response)) == (200, HTML)
    assert not response.cookies
    assert headers_of(client.head(URL)) == HTML


def test_it_asks_the_database_nothing(page, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert page().texts["title"] == ["GraphiQL – Digital downloads"]


@pytest.mark.usefixtures("_on")
def test_its_policy_adds_its_own_fonts_and_one_style_and_nothing_else(client):
    nonces = set()
    for _ in range(2):
        policy = policy_of(client.get(URL))
        [nonce] = policy["style-src"] - POLICY["style-src"]
        assert policy == POLICY | {
            "font-src": {"'self'", "data:"},
            "style-src": {"'self'", nonce},
        }
        assert re.fullmatch(r"'nonce-[\w+/]{22}=='", nonce)
        nonces.add(nonce)
    assert len(nonces) == 2


@pytest.mark.usefixtures("_on")
def test_other_pages_keep_the_common_policy(client, db):
    client.get(URL)
    assert policy_of(client.get("/")) == POLICY


def test_nothing_in_it_runs_inline(page):
    for name, attributes in page().tags:
        assert name != "style"
        assert not [key for key in attributes if key == "style" or key.startswith("on")]
        if name == "script" and "src" not in attributes:
            assert attributes["type"] in ("application/json", "application/graphql")


def test_all_it_loads_is_ours_and_is_there(page, client):
    asked = [
        attributes[key]
        for _name, attributes in page().tags
        for key in ("src", "href")
        if attributes.get(key, "data:,") != "data:,"
    ]
    assert len(asked) == 6
    assert [path for path in asked if not path.startswith("/static/storefront/graphiql/")] == []
    assert [client.get(path).status_code for path in asked] == [200] * 6


@pytest.mark.usefixtures("_on")
def test_it_is_told_where_to_ask_and_with_which_headers(client):
    start = json.loads(in_element(client.get(URL).content, "start"))
    assert start == {"url": "/api/graphql", "headers": HEADERS}
    assert start["url"] == reverse("face-b")


@pytest.mark.usefixtures("_on")
def test_no_header_breaks_out_of_its_place(client, settings):
    settings.GRAPHIQL_HEADERS = {"X-</script><b>": "</script><script>alert('&amp;')</script><!--"}
    content = client.get(URL).content
    assert b"alert" in content
    assert b"<b>" not in content
    assert b"<script>" not in content
    assert b"<!--" not in content
    assert json.loads(in_element(content, "start"))["headers"] == settings.GRAPHIQL_HEADERS


@pytest.mark.usefixtures("_on")
def test_its_first_query_is_the_documents_own(client):
    example = in_element(client.get(URL).content, "example")
    assert " ".join(example.split()) == (
        'query { customerDownloadableProduct(id: "/api/shop/customer-downloadable-products/1") '
        "{ _id productName name fileName type downloadBought downloadUsed status "
        "remainingDownloads createdAt } }"
    )


def test_its_files_are_unchanged():
    listed = dict(ROW.findall((FILES / "README.md").read_text(encoding="utf-8")))
    there = {
        path.relative_to(FILES).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FILES.rglob("*")
        if path.is_file() and path.parent != FILES
    }
    assert len(there) == 7
    assert listed == there
