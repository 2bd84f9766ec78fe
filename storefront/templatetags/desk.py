"""Template tags of the admin's own look: cells that name their column."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(row: Any, headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    """Give each cell of a list's row its column's name, which shows where rows are cards."""
    for index, cell in enumerate(row):
        words = headers[index]["text"] if index < len(headers) else ""
        yield _named(str(cell), capfirst(strip_tags(str(words)).strip()))


def _named(cell: str, words: str) -> SafeString:
    """Write the name into a cell that Django made, whose tag is the first thing in it."""
    if not words or not cell.startswith(("<td", "<th")):
        return SafeString(cell)  # nosec B703 (a cell that Django has written)
    tag, end, rest = cell.partition(">")
    return SafeString(f'{tag} data-label="{escape(words)}"{end}{rest}')  # nosec B703 (so too)
