"""Render the documentation: Markdown to safe HTML with a table of contents.

Written by hand in this folder and shown as they are; no raw HTML passes, and no link that leads
out of the documents by a path.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(__file__).parent
INDEX = "README"
# A table of contents names these; what is deeper is found by reading.
LEVELS = ("h2", "h3")
_ALIGNED = re.compile(r"text-align:(left|center|right)")
_SCHEME = re.compile(r"[a-z]+:", re.IGNORECASE)
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Heading:
    """An entry of a table of contents."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Page:
    """One document. `name` is its path below `/docs/`, empty for the first page."""

    name: str
    title: str
    contents: tuple[Heading, ...]
    body: SafeString


def page_of(name: str) -> Page | None:
    """Return a document by its path below `/docs/`, None if there is no such document."""
    path = _files().get(name.removesuffix(".md").removesuffix(INDEX))
    return None if path is None else _page(path)


@lru_cache
def _files() -> dict[str, Path]:
    return {
        path.relative_to(FOLDER).as_posix().removesuffix(".md").removesuffix(INDEX): path
        for path in FOLDER.rglob("*.md")
    }


@lru_cache(maxsize=100)
def _page(path: Path) -> Page:
    tokens = _MARKDOWN.parse(path.read_text(encoding="utf-8"))
    headings: list[Heading] = []
    for before, inside in pairwise(tokens):
        if before.type == "heading_open":
            text = "".join(each.content for each in inside.children or ())
            anchor = anchor_of(text, taken={each.anchor for each in headings})
            before.attrSet("id", anchor)
            headings.append(Heading(int(before.tag[1]), anchor, text))
        if inside.type == "inline":
            inside.children = _linked(inside.children or [])
    for token in tokens:
        # Where a column is aligned it comes with a style of its own, which the policy refuses.
        aligned = _ALIGNED.fullmatch(str(token.attrs.pop("style", "")))
        if aligned:
            token.attrSet("class", f"to-{aligned[1]}")
        if token.type == "table_open":
            # Wider than a telephone: it scrolls by itself, also by the keyboard.
            token.attrs = {"tabindex": "0"}
    body = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    # What the text itself says of this tag is escaped.
    body = body.replace("<pre>", '<pre tabindex="0">')
    listed = tuple(each for each in headings if f"h{each.level}" in LEVELS)
    name = path.relative_to(FOLDER).as_posix().removesuffix(".md").removesuffix(INDEX)
    return Page(name, headings[0].text, listed, mark_safe(body))  # noqa: S308  # nosec B308 B703


def anchor_of(text: str, *, taken: set[str]) -> str:
    """Return a heading's anchor (slug), as repositories' web pages name it."""
    plain = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
    anchor, number = plain, 0
    while anchor in taken:
        number += 1
        anchor = f"{plain}-{number}"
    return anchor


def _linked(tokens: list[Token]) -> list[Token]:
    """Rewrite links between documents to their pages; one that leads out becomes plain text."""
    kept: list[Token] = []
    closes: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            target = _target(str(token.attrGet("href")))
            closes.append(target is not None)
            if target is None:
                continue
            token.attrSet("href", target)
        elif token.type == "link_close" and not closes.pop():
            continue
        kept.append(token)
    return kept


def _target(address: str) -> str | None:
    if _SCHEME.match(address) or address.startswith("#"):
        return address
    path, hash_, anchor = address.partition("#")
    if path.startswith("../../") or not path.endswith(".md"):
        return None
    return (path.removesuffix(".md").removesuffix(INDEX) or "./") + hash_ + anchor
