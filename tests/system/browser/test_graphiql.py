"""GraphiQL as a developer meets it in the demo: filled in, and asking this house alone."""

import json

import pytest

pytestmark = pytest.mark.slow

WIDE = {"width": 1200, "height": 800}
PHONE = {"width": 360, "height": 740}
# What the page should look like at its corner, by the reader's own choice.
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(33, 42, 59)"}


@pytest.fixture
def graphiql(demo, open_page):
    """Return a function that opens GraphiQL and waits for the schema.

    `page.asked` lists the requests it has made.
    """

    def open_one(**options):
        page = open_page(**options)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request))
        page.goto(demo["graphiql_url"], wait_until="networkidle")
        return page

    return open_one


def run(page):
    """Press the button and return the answer that is shown."""
    with page.expect_response("**/api/graphql") as waiting:
        page.get_by_role("button", name="Execute query").click()
    page.locator(".result-window", has_text="customerDownloadableProduct").wait_for()
    assert waiting.value.status == 200
    return json.loads(
        page.evaluate("document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()")
    )


def dialog(page, button, heading):
    """Open a dialog, see its heading, and close it."""
    page.get_by_role("button", name=button).click()
    page.get_by_role("heading", name=heading).wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name=heading).wait_for(state="detached")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_example_runs_as_it_is_filled_in(graphiql, viewport, scheme):
    page = graphiql(viewport=viewport, color_scheme=scheme)
    product = run(page)["data"]["customerDownloadableProduct"]
    assert (product["_id"], product["productName"]) == (1, "My new Book")
    assert (product["downloadBought"], product["downloadUsed"]) == (10, 5)
    # The answer can be seen, and nothing runs off the screen.
    assert page.locator(".result-window").bounding_box()["width"] > 250
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(size) == [viewport["width"], viewport["height"]]
    paper = "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor"
    assert page.evaluate(paper) == PAPER[scheme]


def test_its_documentation_shows_the_schema(graphiql):
    page = graphiql(viewport=WIDE)
    page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = page.locator(".graphiql-doc-explorer")
    docs.get_by_role("link", name="Query", exact=True).click()
    docs.get_by_role("link", name="customerDownloadableProduct", exact=True).click()
    assert "CustomerDownloadableProduct" in docs.inner_text()


def test_it_asks_no_other_host_and_keeps_to_its_policy(graphiql, demo):
    page = graphiql(viewport=WIDE)
    page.evaluate(
        "addEventListener('securitypolicyviolation',"
        " event => (window.broken ??= []).push(event.violatedDirective))"
    )
    run(page)
    dialog(page, "Open short keys dialog", "Short Keys")
    dialog(page, "Open settings dialog", "Settings")
    page.get_by_role("button", name="Show History").click()
    page.get_by_role("button", name="Prettify query").click()
    page.locator(".graphiql-query-editor .CodeMirror-line", has_text="_id").hover()
    page.locator(".graphiql-query-editor textarea").press("Control+Space")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.broken") is None
    elsewhere = [
        request.url
        for request in page.asked
        if not request.url.startswith((demo["base_url"] + "/", "data:"))
    ]
    assert elsewhere == []
    assert len(page.asked) >= 9


def test_it_sends_the_headers_of_its_tab(graphiql, demo):
    page = graphiql(viewport=WIDE)
    run(page)
    sent = [request for request in page.asked if request.url == demo["graphql_url"]][-1].headers
    assert sent["x-storefront-key"] == demo["storefront_key"]
    assert sent["authorization"] == f"Bearer {demo['customer_token']}"

    page.route("**/api/graphql", lambda route: route.fulfill(json={"data": None}))
    page.locator(".graphiql-editor-tool .CodeMirror").last.evaluate(
        """element => element.CodeMirror.setValue('{"X-STOREFRONT-KEY": "mine"}')"""
    )
    with page.expect_request("**/api/graphql") as waiting:
        page.get_by_role("button", name="Execute query").click()
    sent = waiting.value.headers
    assert (sent["x-storefront-key"], sent.get("authorization")) == ("mine", None)


def test_it_leaves_nothing_on_the_machine_and_outlives_a_reload(graphiql):
    page = graphiql(viewport=WIDE)
    answer = run(page)
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"
    assert page.context.cookies() == []
    page.reload(wait_until="networkidle")
    assert run(page) == answer


def test_without_script_it_says_what_to_do(graphiql):
    page = graphiql(java_script_enabled=False, viewport=PHONE)
    assert page.locator("h1").inner_text() == "GraphiQL"
    assert page.locator("p").inner_text() == (
        "This page is a program: it needs JavaScript. Allow it here, or send your query to "
        "/api/graphql with any other GraphQL client."
    )
