import pytest
from django.core.files.base import ContentFile

from downloads.brand.logos import read_logo, store_logo
from storefront.brand.addresses import logo_url, sheet_url
from storefront.brand.marks import brand_of
from storefront.signed_urls import ticket_url
from tests.downloads.brand.test_headers import picture
from tests.factories import NOW, GrantFactory, ShopFactory
from tests.storefront.conftest import click_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant():
    grant = GrantFactory(
        order__shop__accent="#1f5fd0",
        order__shop__support="help@my-store.example",
        order__shop__address="1 Main <Street>\nTown",
        order__shop__imprint="Owner: Ada",
    )
    store_logo(grant.order.shop, read_logo(ContentFile(picture("PNG"))))
    return grant


def assert_branded(html, shop, *, has_texts=True):
    assert f'href="{sheet_url(shop.accent)}"' in html
    assert f'src="{logo_url(shop.logo.name)}"' in html
    assert 'width="30" height="12"' in html
    assert 'href="mailto:help@my-store.example"' in html
    assert ("1 Main &lt;Street&gt;<br>Town" in html) == has_texts
    assert ("Owner: Ada" in html) == has_texts
    assert "style=" not in html


def path_of(url):
    return "/" + url.split("/", 3)[3]


def test_the_page_wears_the_brand(client, grant):
    html = client.get(path_of(ticket_url(grant.order))).content.decode()
    assert_branded(html, grant.order.shop)


def test_a_refusal_wears_it_and_leads_to_the_shops_form(client, grant, frozen):
    frozen(NOW)
    click = click_on(grant)
    grant.withdrawn_at = NOW
    grant.save()
    response = client.post(click.form_action)
    assert response.status_code == 410
    assert_branded(response.content.decode(), grant.order.shop)


def test_the_links_page_wears_it_by_its_address_alone(client, grant, django_assert_num_queries):
    mark = brand_of(grant.order.shop).mark
    with django_assert_num_queries(0):
        html = client.get("/links", {"shop": mark}).content.decode()
    assert_branded(html, grant.order.shop, has_texts=False)
    assert f'action="/links?shop={mark}"' in html
    for wrong in ("", mark + "x", "my-store.example", "e30:x:y"):
        assert "logo" not in client.get("/links", {"shop": wrong}).content.decode()


def test_a_shop_without_a_brand_has_none():
    assert brand_of(ShopFactory()) is None
