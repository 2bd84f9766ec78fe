"""`/docs/`: every document is shown, every link in it leads somewhere, nothing raw gets through.

Without a database: a page of them takes no query.
"""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
from django.conf import settings

from storefront.docs.manual import _MARKDOWN, FOLDER, _target, anchor_of

FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.md"))
PATHS = {name: "/docs/" + name.removesuffix(".md").removesuffix("README") for name in FILES}
OUTSIDE = [
    Path(settings.BASE_DIR) / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")
]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_link_leads_to_a_page_and_a_heading(client, name):
    body = shown(client, PATHS[name])
    for address in map(unescape, re.findall(r'<a href="([^"]+)"', body)):
        if address.startswith(("http:", "https:")):
            continue
        path, anchor = urldefrag(urljoin(PATHS[name], address))
        page = shown(client, path)
        assert not anchor or f'id="{anchor}"' in page, address


@pytest.mark.parametrize("name", FILES)
def test_every_heading_can_be_linked_to(client, name):
    body = shown(client, PATHS[name])
    anchors = re.findall(r'<h\d id="([^"]+)"', body)
    assert len(anchors) == len(set(anchors)) == len(re.findall(r"<h\d", body))
    assert body.count("<h1") == 1


@pytest.mark.parametrize("path", [*FOLDER.rglob("*.md"), *OUTSIDE], ids=lambda path: path.name)
def test_every_link_works_in_the_repository_too(path):
    # A link with an anchor names the heading as a repository's web page does.
    for address in LINK.findall(path.read_text(encoding="utf-8")):
        if address.startswith(("http:", "https:")):
            continue
        file, anchor = urldefrag(address)
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), address
        if anchor:
            headings = re.findall(r"(?m)^#+ (.*)$", target.read_text(encoding="utf-8"))
            assert anchor in {anchor_of(heading, taken=set()) for heading in headings}, address


def test_what_is_no_document_is_not_found(client):
    for path in ("nothing", "../settings", "%2e%2e/%2e%2e/README", "views.py", "decisions"):
        assert client.get(f"/docs/{path}").status_code == 404


def test_a_documents_own_file_name_works_too(client):
    assert shown(client, "/docs/api.md") == shown(client, "/docs/api")


@pytest.mark.django_db
def test_they_can_be_switched_off(client, settings):
    settings.SERVE_DOCS = False
    assert client.get("/docs/").status_code == client.get("/docs/api").status_code == 404
    assert "/docs/" not in client.get("/").content.decode()


def test_they_are_read_and_nothing_else(client):
    assert [client.generic(method, "/docs/api").status_code for method in ("POST", "PUT")] == [
        405
    ] * 2


def test_raw_html_is_text():
    rendered = _MARKDOWN.render("<script>x</script> [a](javascript:x) <img src=x onerror=y>")
    assert "<script" not in rendered
    assert "<img" not in rendered
    assert "href" not in rendered


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("settings.md", "settings"),
        ("settings.md#a", "settings#a"),
        ("README.md", "./"),
        ("../README.md", "../"),
        ("decisions/README.md", "decisions/"),
        ("#a", "#a"),
        ("https://example.com/a.md", "https://example.com/a.md"),
        ("../../SECURITY.md", None),
        ("images/page.png", None),
    ],
)
def test_where_a_link_leads(address, target):
    assert _target(address) == target


@pytest.mark.parametrize("name", FILES)
def test_no_page_styles_itself(client, name):
    body = shown(client, PATHS[name])
    assert not re.findall(r"<[^>]* style=", body)


def test_numbers_stand_to_the_right(client):
    body = shown(client, "/docs/decisions/0011-application-server")
    assert '<th class="to-right">' in body
