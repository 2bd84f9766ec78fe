"""A page of another origin and its script: what it can read, and what is counted.

By a browser alone: whether it keeps an answer from a script is nothing that a test client knows.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.system.harness.chromium import NAMES_NOBODY_ELSE, launch, watched_windows

pytestmark = pytest.mark.slow

LINK = "https://www.my-website.com/download/my-book.pdf"
FETCH = """async ({url, headers}) => {
    try {
        const answer = await fetch(url, {headers});
        const is_json = answer.headers.get("Content-Type") === "application/json";
        const body = is_json ? await answer.json() : (await answer.arrayBuffer()).byteLength;
        return {status: answer.status, body, length: answer.headers.get("Content-Length")};
    } catch (error) {
        return {withheld: error.message};
    }
}"""
CLICKED = """([url, target]) => {
    document.body.innerHTML = `<a id="way" href="${url}" target="${target}">Download</a>`;
}"""


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A storefront</title><link rel=icon href=data:,>")

    def log_message(self, *said):
        pass


@pytest.fixture(scope="module")
def storefront():
    """The address of another site's page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def alone(chromium):
    """A Chromium that finds nobody outside."""
    browser = launch(chromium.browser_type, NAMES_NOBODY_ELSE)
    yield browser
    browser.close()


@pytest.fixture
def window(alone, demo, storefront):
    """A window on the storefront; the demo is of another site, `localhost`."""
    with watched_windows(alone) as (open_one, _told):
        page = open_one()
        page.goto(storefront)
        yield page


@pytest.fixture
def headers(demo):
    """What a storefront's button sends, and two that nobody here has heard of."""
    return {
        "X-STOREFRONT-KEY": demo["storefront_key"],
        "Authorization": f"Bearer {demo['customer_token']}",
        "X-Channel": "default",
        "X-Nobody-Has-Heard-Of": "1",
    }


@pytest.fixture
def bought(demo, window, headers):
    """Return a function with the customer's first available download of a kind, as it is now."""

    def first(kind):
        rows = window.request.get(demo["rest_products_url"], headers=headers).json()
        return next(row for row in rows if row["type"] == kind and row["status"] == "available")

    return first


def test_a_script_reads_a_file_and_counts_once(window, headers, bought):
    before = bought("file")
    asked = {"url": before["downloadUrl"], "headers": headers}
    answers = [window.evaluate(FETCH, asked) for _ in range(2)]
    assert {answer["status"] for answer in answers} == {200}
    assert answers[0]["body"] == int(answers[0]["length"]) > 0
    assert bought("file")["downloadUsed"] == before["downloadUsed"] + 1


def test_a_script_is_told_of_a_link_and_counts_nothing(demo, window, headers, bought):
    before = bought("url")
    paths = [
        f"{demo['rest_products_url']}/{before['id']}/download",
        f"{demo['base_url']}/downloadable/download/purchased/{before['id']}",
    ]
    for sent in ({}, headers):
        answer = window.evaluate(FETCH, {"url": before["downloadUrl"], "headers": sent})
        assert (answer["status"], answer["body"]["error"]) == (409, "link")
        assert answer["body"]["url"] is None
    for path in paths:
        answer = window.evaluate(FETCH, {"url": path, "headers": headers})
        assert (answer["status"], answer["body"]["error"]) == (409, "link")
    assert bought("url")["downloadUsed"] == before["downloadUsed"]


@pytest.mark.parametrize("target", ["_blank", "_self"])
def test_an_address_asked_for_is_opened_by_a_click_and_counted_once(
    demo, window, headers, bought, target
):
    before = bought("url")
    url = f"{demo['rest_products_url']}/{before['id']}/download?as=address"
    sent = headers | {"Accept": "application/json"}
    address = window.evaluate(FETCH, {"url": url, "headers": sent})["body"]["url"]
    assert bought("url")["downloadUsed"] == before["downloadUsed"]
    window.evaluate(CLICKED, [address, target])
    with window.context.expect_event("request", lambda request: request.url == LINK):
        window.click("#way")
    assert bought("url")["downloadUsed"] == before["downloadUsed"] + 1


def test_our_own_pages_button_is_a_persons_and_counted_once(demo, window, bought):
    before = bought("url")
    window.goto(demo["page_url"])
    with window.context.expect_event("request", lambda request: request.url == LINK):
        window.get_by_role("button", name=before["name"]).first.click()
    assert bought("url")["downloadUsed"] == before["downloadUsed"] + 1


def test_a_refusal_and_a_missing_page_can_be_read(demo, window, headers, bought):
    url = bought("file")["downloadUrl"].replace("/downloads/", "/downloads/9")
    answer = window.evaluate(FETCH, {"url": url, "headers": headers})
    assert (answer["status"], answer["body"]["error"]) == (404, "not_found")
    # A secret key's face stays closed to scripts.
    asked = {"url": demo["token_exchange_url"], "headers": {}}
    assert window.evaluate(FETCH, asked) == {"withheld": "Failed to fetch"}
