"""The way to the form that mails links again keeps whose page it was, and its language."""

import pytest

from storefront.brand.marks import Brand
from storefront.templatetags.pages import links_url

BRAND = Brand(name="My store", support="help@my-store.example", language="pl")


@pytest.mark.parametrize(
    ("context", "url"),
    [
        ({}, "/links"),
        ({"brand": None, "chosen_language": ""}, "/links"),
        ({"chosen_language": "de"}, "/links?lang=de"),
        ({"brand": BRAND}, f"/links?shop={BRAND.mark}"),
        ({"brand": BRAND, "chosen_language": "de"}, f"/links?shop={BRAND.mark}&lang=de"),
    ],
)
def test_a_link_keeps_what_there_is_to_keep(context, url):
    assert links_url(context) == url
