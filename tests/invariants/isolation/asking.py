"""Answers made comparable: what was asked for, and what is new in every answer, taken out."""

import difflib
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_plus

from django.contrib.messages import get_messages

from tests.invariants.isolation.shops import MarkedShop

ASKED = "(asked for)"
OF_EACH_ANSWER = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"|csrftoken=[^;]+'
)
SECRETS = re.compile(r"(?:sk|pk_storefront)_[\w-]+|\d+\|[\w-]{40,}|(?<=/)[\w.-]{40,}(?=[/\"])")
VOLATILE_HEADERS = {"X-Request-ID", "Content-Length", "Content-Security-Policy", "Expires"}


@dataclass(frozen=True)
class Answer:
    """All that a reader gets, the address of a redirect and its messages included."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    messages: tuple[str, ...]

    @property
    def errors(self) -> list[str]:
        """Return what a form complains of."""
        lists = re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', self.body, re.DOTALL)
        return [error for each in lists for error in re.findall(r"<li>(.*?)</li>", each)]

    @property
    def text(self) -> str:
        headers = "\n".join(f"{name}: {value}" for name, value in self.headers)
        return "\n".join((str(self.status), headers, self.body, *self.messages))


def difference(answer: Answer, expected: Answer) -> list[str]:
    """Return the lines in which two answers differ; none where they are equal."""
    lines = difflib.unified_diff(expected.text.splitlines(), answer.text.splitlines(), n=0)
    return [line.strip() for line in lines]


def leaks_of(text: str, shop: MarkedShop) -> list[str]:
    """Return which of a shop's marks stand in a text."""
    return [mark for mark in shop.marks if mark in text]


def answer_of(response: Any, *asked: object) -> Answer:
    """Read a response; each of `asked` is taken out wherever it stands."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    told = (
        get_messages(response.wsgi_request) if hasattr(response.wsgi_request, "_messages") else ()
    )
    headers = sorted(response.headers.items())
    return Answer(
        status=response.status_code,
        headers=tuple(
            (name, _plain(value, asked)) for name, value in headers if name not in VOLATILE_HEADERS
        ),
        body=_plain(body.decode(errors="replace"), asked),
        messages=tuple(_plain(str(message), asked) for message in told),
    )


def _plain(text: str, asked: tuple[object, ...]) -> str:
    text = SECRETS.sub("(fresh)", OF_EACH_ANSWER.sub("(token)", text))
    for each in sorted((str(each) for each in asked), key=len, reverse=True):
        # Of a UUID some pages write the bare digits.
        forms = {each, quote_plus(each), quote_plus(quote_plus(each)), each.replace("-", "")}
        for form in sorted(forms - {""}, key=len, reverse=True):
            text = text.replace(form, ASKED)
    return text


class _Form(HTMLParser):
    """Reads what a browser would send of the admin's main form."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, Any] = {}
        self._is_inside = False
        self._name = ""
        self._is_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = given.get("id", "").endswith("_form")
        if not self._is_inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"submit", "file"}:
            is_box = given.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given:
                self.sent[name] = given.get("value", "on" if is_box else "")
        elif tag in {"select", "textarea"}:
            self._name, self._is_text = name, tag == "textarea"
            self.sent.setdefault(name, "")
        elif tag == "option" and "selected" in given:
            self.sent[self._name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._is_text:
            self.sent[self._name] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._is_text:
            self.sent[self._name] = self.sent[self._name].removeprefix("\n")
            self._is_text = False
        if tag == "form":
            self._is_inside = False


def form_on(response: Any) -> dict[str, Any]:
    """Return what a browser would send of the form on an admin page, untouched."""
    page = _Form()
    page.feed(response.content.decode())
    return {name: value for name, value in page.sent.items() if name and "__prefix__" not in name}
