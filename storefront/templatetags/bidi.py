"""Template filters that isolate words of others, as `downloads.bidi` explains."""

from django import template
from django.utils.safestring import SafeString

from downloads.bidi import isolate, isolate_html

register = template.Library()


@register.filter
def isolated(text: object) -> SafeString:
    """Write words of others, where an element can stand. Nothing for nothing."""
    return isolate_html("" if text is None else text) if text else SafeString("")


@register.filter
def isolated_text(text: object) -> str:
    """Write words of others where no element can stand: in `<title>`, or an attribute."""
    return isolate("" if text is None else text)
