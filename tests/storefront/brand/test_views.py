import pytest
from django.core.files.base import ContentFile

from downloads.brand.colours import shades_of
from downloads.brand.logos import read_logo, store_logo
from storefront.brand.addresses import logo_url, sheet_url
from tests.downloads.brand.test_headers import picture
from tests.factories import ShopFactory

FOR_GOOD = "public, max-age=31536000, immutable"


@pytest.fixture
def shop(db):
    shop = ShopFactory(accent="#ffff00")
    store_logo(shop, read_logo(ContentFile(picture("GIF"))))
    return shop


def test_a_logo_is_sent_for_good_without_a_query(client, shop, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(logo_url(shop.logo.name))
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response.content.startswith(b"\x89PNG")
    assert response["Cache-Control"] == FOR_GOOD
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


def test_a_style_sheet_is_sent_for_good_without_a_query(client, shop, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(sheet_url(shop.accent))
    assert (response.status_code, response["Content-Type"]) == (200, "text/css")
    shades = shades_of("#ffff00")
    words = response.content.decode()
    assert f"--accent: {shades.light}" in words
    assert f"--accent: {shades.dark}" in words
    assert response["Cache-Control"] == FOR_GOOD


@pytest.mark.parametrize(
    "path",
    [
        "/brand/logos/{other}.png",
        "/brand/logos/..%2Fassets.png",
        "/brand/logos/.png",
        "/brand/ffff00.css",
        "/brand/ffff00.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.css",
        "/brand/{style}x.css",
    ],
)
def test_nothing_is_found_by_a_guess(client, shop, path):
    style = sheet_url(shop.accent).removeprefix("/brand/").removesuffix(".css")
    response = client.get(path.format(other="0" * 32, style=style))
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store, private"
