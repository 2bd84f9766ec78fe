"""Template filters that write counts and sizes for people."""

from django import template
from django.utils.formats import number_format

from storefront.formats import spaced_size

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Write a count with its thousands apart."""
    return number_format(number, force_grouping=True)


@register.filter
def sized(size_bytes: int | None) -> str:
    """Write a size; a dash where there is none."""
    return spaced_size(size_bytes) or "–"
