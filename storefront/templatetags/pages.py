"""Template tags of the buyers' pages: links that keep their shop and their language."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from storefront.brand.marks import QUERY as OF_SHOP
from storefront.pages.languages import QUERY

register = template.Library()


@register.simple_tag(takes_context=True)
def links_url(context: Any) -> str:
    """Return the path of the form that mails links again."""
    brand, language = context.get("brand"), context.get("chosen_language")
    kept = {OF_SHOP: brand.mark if brand else "", QUERY: language}
    query = urlencode({name: value for name, value in kept.items() if value}, safe=":")
    return reverse("links") + (f"?{query}" if query else "")
