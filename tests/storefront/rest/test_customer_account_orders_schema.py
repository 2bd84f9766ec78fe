"""The shape of face A."""

import json
import re
from datetime import timedelta

import pytest

from downloads import fulfilment, lookups
from downloads.incoming import RefundReport
from storefront.formats import size_text
from storefront.rest.customer_account_orders_schema import (
    CustomerAccountOrderSerializer,
    shape_of,
)
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
    make_file,
    make_file_grant,
)
from tests.storefront.conftest import FACE_A, LINK, TOKEN

ADDRESS = re.compile(
    r"\Ahttp://localhost:8000/downloads/(\d+)/(\d+)/[\w-]{22}/[\w-]{43}(?:/[^/]+)?\Z"
)

SIZES = {
    None: None,
    0: "0B",
    1: "1B",
    999: "999B",
    1_000: "1KB",
    1_049: "1KB",
    1_051: "1.1KB",
    1_500: "1.5KB",
    1_951: "2KB",
    340_000: "340KB",
    999_949: "999.9KB",
    999_950: "1MB",
    999_999: "1MB",
    1_000_000: "1MB",
    10_000_000: "10MB",
    999_949_000: "999.9MB",
    999_950_000: "1GB",
    1_500_000_000: "1.5GB",
    5_000_000_000: "5GB",
    2_000_000_000_000: "2TB",
    3_000_000_000_000_000: "3PB",
    2**63 - 1: "9223.4PB",
}


def test_size_text_is_for_people():
    assert {size_bytes: size_text(size_bytes) for size_bytes in SIZES} == SIZES


@pytest.fixture
def order(db):
    return OrderFactory(token=TOKEN, number=1050)


def assets_of(body):
    return [asset for line in body["lines"] for asset in line["assets"]] + body["assets"]


def test_a_file_is_shown_whole(face_a, order):
    grant = make_file_grant(b"x" * 1_500, "my book.epub", order=order, limit=3, used=1)
    [asset] = assets_of(face_a())
    url = asset["data"].pop("url")
    assert asset == {
        "limits": {"downloaded": 1, "limit": 3},
        "data": {
            "id": str(grant.asset_id),
            "filename": grant.asset.title,
            "size": "1.5KB",
            "is_file": True,
            "is_link": False,
        },
    }
    number, end = ADDRESS.match(url).groups()
    assert (int(number), int(end)) == (grant.pk, (NOW + timedelta(hours=24)).timestamp())


def test_a_files_address_hands_the_file_over(client, face_a, order):
    make_file_grant(b"the book", order=order)
    [asset] = assets_of(face_a())
    assert client.get(asset["data"]["url"]).getvalue() == b"the book"
    [asset] = assets_of(face_a())
    assert asset["limits"] == {"downloaded": 1, "limit": 10}


def test_a_files_address_is_fresh_at_each_read(face_a, order):
    make_file_grant(order=order)
    urls = {assets_of(face_a())[0]["data"]["url"] for _ in range(3)}
    assert len(urls) == 3


def test_how_long_an_address_lives_is_a_setting(face_a, order, settings):
    settings.DOWNLOAD_URL_SECONDS = 60
    make_file_grant(order=order)
    [asset] = assets_of(face_a())
    assert int(ADDRESS.match(asset["data"]["url"])[2]) == (NOW + timedelta(minutes=1)).timestamp()


def test_no_header_moves_an_address_to_another_host(face_a, order, settings):
    settings.ALLOWED_HOSTS = ["*"]
    make_file_grant(order=order)
    forged = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "forwarded": "host=evil.example;proto=https",
        "x-forwarded-proto": "https",
        "x-original-url": "https://evil.example/",
    }
    [asset] = assets_of(face_a(headers=forged))
    assert ADDRESS.match(asset["data"]["url"])


def test_an_address_stands_under_the_public_one(face_a, order, settings):
    settings.PUBLIC_BASE_URL = "https://downloads.example/shop"
    make_file_grant(order=order)
    [asset] = assets_of(face_a())
    assert asset["data"]["url"].startswith("https://downloads.example/shop/downloads/")


def test_a_link_is_shown_as_it_is(face_a, order):
    GrantFactory(order=order, asset__link="https://example.com/a?b=c&d=é#e")
    [asset] = assets_of(face_a())
    assert asset["data"]["url"] == "https://example.com/a?b=c&d=é#e"
    assert (asset["data"]["is_file"], asset["data"]["is_link"]) == (False, True)


def test_a_counted_link_is_a_signed_address(client, face_a, order):
    order.shop.link_urls = "counted"
    order.shop.save()
    grant = GrantFactory(order=order, asset__link=LINK)
    [asset] = assets_of(face_a())
    assert int(ADDRESS.match(asset["data"]["url"])[1]) == grant.pk
    assert client.get(asset["data"]["url"])["Location"] == LINK
    [asset] = assets_of(face_a())
    assert asset["limits"] == {"downloaded": 1, "limit": 10}


@pytest.mark.parametrize("link_urls", ["direct", "counted"])
def test_a_link_without_a_download_left_has_no_address(face_a, order, link_urls):
    order.shop.link_urls = link_urls
    order.shop.save()
    GrantFactory(order=order, limit=2, used=2)
    [asset] = assets_of(face_a())
    assert asset["limits"] == {"downloaded": 2, "limit": 2}
    assert asset["data"]["url"] is None


def test_a_link_of_unknown_size_has_none(face_a, order):
    GrantFactory(order=order, asset__size_bytes=None)
    [asset] = assets_of(face_a())
    assert asset["data"]["size"] is None


@pytest.mark.slow
@pytest.mark.parametrize("link_urls", ["direct", "counted"])
@pytest.mark.parametrize(
    "facts",
    [{"payment": "pending"}, {"payment": "refunded"}, {"cancelled_at": NOW}],
    ids=["unpaid", "refunded", "cancelled"],
)
def test_a_closed_order_is_listed_with_its_numbers_and_no_address(face_a, order, facts, link_urls):
    order.shop.link_urls = link_urls
    order.shop.save()
    make_file_grant(order=order, limit=3, used=1)
    GrantFactory(order=order, limit=None, used=4)
    GrantFactory(order=order, line=None, limit=5, used=2)
    for name, value in facts.items():
        setattr(order, name, value)
    order.save()
    fulfilment.settle(order, at=NOW)
    assets = assets_of(face_a())
    assert [asset["limits"] for asset in assets] == [
        {"downloaded": 1, "limit": 3},
        {"downloaded": 4, "limit": None},
        {"downloaded": 2, "limit": 5},
    ]
    assert [asset["data"]["url"] for asset in assets] == [None, None, None]


def expire(grant):
    grant.expires_at = NOW
    grant.save()


def withdraw(grant):
    fulfilment.revoke(grant, at=NOW)


def withdraw_asset(grant):
    fulfilment.withdraw_asset(grant.asset, at=NOW)


@pytest.mark.parametrize("close", [expire, withdraw, withdraw_asset])
def test_a_closed_download_has_no_address_while_its_neighbour_keeps_one(face_a, order, close):
    closed, _open = GrantFactory(order=order, used=1), GrantFactory(order=order, asset__link=LINK)
    close(closed)
    first, second = assets_of(face_a())
    assert (first["limits"], first["data"]["url"]) == ({"downloaded": 1, "limit": 10}, None)
    assert (second["limits"], second["data"]["url"]) == ({"downloaded": 0, "limit": 10}, LINK)


def test_a_limit_is_what_cancellations_leave(face_a, order):
    order.platform_id = 70
    order.save()
    line = LineFactory(order=order, quantity=3, platform_id=7)
    other = LineFactory(order=order, platform_id=8)
    for bought in (line, other):
        AttachmentFactory(product=bought.product, limit=2)
    fulfilment.settle(order, at=NOW)
    fulfilment.record_refund(order.shop, 70, RefundReport(1, NOW, {7: 1}), at=NOW)
    first, second = assets_of(face_a())
    assert (first["limits"], first["data"]["url"]) == ({"downloaded": 0, "limit": 4}, LINK)
    fulfilment.record_refund(order.shop, 70, RefundReport(2, NOW, {7: 2}), at=NOW)
    first, second = assets_of(face_a())
    assert (first["limits"], first["data"]["url"]) == ({"downloaded": 0, "limit": 0}, None)
    assert (second["limits"], second["data"]["url"]) == ({"downloaded": 0, "limit": 2}, LINK)


def test_a_limit_below_what_was_canceled_is_no_negative(face_a, order):
    GrantFactory(order=order, limit=2, bought=2, canceled=5, used=1)
    [asset] = assets_of(face_a())
    assert asset["limits"] == {"downloaded": 1, "limit": 0}


def test_unlimited_is_null(face_a, order):
    GrantFactory(order=order, limit=None, used=1_000, asset__link=LINK)
    [asset] = assets_of(face_a())
    assert (asset["limits"], asset["data"]["url"]) == ({"downloaded": 1_000, "limit": None}, LINK)


def test_a_line_stands_in_its_place_also_without_files(face_a, order):
    names = ["Third", "First", "Second"]
    for position, name in zip((3, 1, 2), names, strict=True):
        LineFactory(order=order, position=position, product__name=name)
    GrantFactory(order=order, line=order.lines.get(position=2))
    lines = face_a()["lines"]
    assert [line["product"]["name"] for line in lines] == ["First", "Second", "Third"]
    assert [len(line["assets"]) for line in lines] == [0, 1, 0]


def test_the_same_product_on_two_lines_is_two_lines(face_a, order):
    product = ProductFactory(shop=order.shop)
    AttachmentFactory(product=product)
    for _ in range(2):
        LineFactory(order=order, product=product)
    fulfilment.settle(order, at=NOW)
    lines = face_a()["lines"]
    assert [line["product"]["id"] for line in lines] == [str(product.pk)] * 2
    assert [len(line["assets"]) for line in lines] == [1, 1]


def test_an_orders_own_asset_stands_beside_the_lines(face_a, order):
    asset = LinkFactory(shop=order.shop, title="Thanks")
    fulfilment.attach_to_order(order, asset, limit=4, at=NOW)
    body = face_a()
    assert body["lines"] == []
    assert body["assets"] == [
        {
            "limits": {"downloaded": 0, "limit": 4},
            "data": {
                "id": str(asset.pk),
                "filename": "Thanks",
                "size": "10MB",
                "is_file": False,
                "is_link": True,
                "url": LINK,
            },
        }
    ]


def test_an_empty_order_is_whole_all_the_same(face_a, order):
    assert face_a() == {
        "order_number": 1050,
        "lines": [],
        "assets": [],
        "text": {"title": "Download files for your orders", "text": None},
    }


def test_the_text_is_the_shops_own(face_a, order):
    order.shop.page_title, order.shop.page_text = "Your <b>files</b>", "Enjoy!\n"
    order.shop.save()
    assert face_a()["text"] == {"title": "Your <b>files</b>", "text": "Enjoy!\n"}


def test_what_a_product_lacks_is_null_and_tags_are_a_list(face_a, order):
    line = LineFactory(order=order, product__name="Scarf", product__variant_id=None)
    [shown] = face_a()["lines"]
    assert shown["product"] == {
        "id": str(line.product_id),
        "name": "Scarf",
        "variant_name": None,
        "sku": None,
        "product_id": None,
        "variant_id": None,
        "vendor": None,
        "tags": [],
    }


def test_numbers_above_2_to_the_53_stay_exact(client, order):
    order.number = 2**63 - 1
    order.save()
    LineFactory(order=order, product__product_id=2**53 + 1, product__variant_id=2**63 - 1)
    content = client.get(FACE_A, {"id": TOKEN}).content
    assert b'"order_number":9223372036854775807,' in content
    assert b'"product_id":9007199254740993,"variant_id":9223372036854775807,' in content


def test_names_keep_every_letter(face_a, order):
    name = 'Ünïcode “quotes” <script> "\\/\b  🧶'
    LineFactory(order=order, product__name=name, product__tags=[name])
    [line] = face_a()["lines"]
    assert (line["product"]["name"], line["product"]["tags"]) == (name, [name])


def test_another_orders_assets_are_nowhere_in_it(face_a, order):
    shop = order.shop
    ours = GrantFactory(order=order)
    GrantFactory(order=OrderFactory(shop=shop, customer=order.customer))
    GrantFactory(order=OrderFactory(shop=ShopFactory()))
    assert [asset["data"]["id"] for asset in assets_of(face_a())] == [str(ours.asset_id)]


def test_a_file_that_is_gone_is_listed_until_it_is_asked_for(client, face_a, order):
    asset = make_file(order.shop)
    fulfilment.attach_to_order(order, asset, limit=1, at=NOW)
    asset.file.storage.delete(asset.file.name)
    [shown] = assets_of(face_a())
    assert client.get(shown["data"]["url"]).status_code == 503
    assert assets_of(face_a())[0]["limits"] == {"downloaded": 0, "limit": 1}


def test_the_schema_says_what_is_answered(order):
    line = LineFactory(order=order, product__tags=["a", "b"], product__sku="B-1")
    LineFactory(order=order)
    GrantFactory(order=order, line=line, used=2)
    make_file_grant(order=order, line=line)
    GrantFactory(order=order, line=None, bought=None, limit=None)
    opened = lookups.order_for_storefront(TOKEN)
    source, context = {"order": opened}, {"at": NOW, "shop": opened.order.shop}
    documented = CustomerAccountOrderSerializer(source, context=context).data
    assert unsigned(shape_of(opened, at=NOW)) == unsigned(documented)


def unsigned(body):
    """Return a body as text, without what each reading signs anew."""
    return re.sub(r"/[\w-]{22}/[\w-]{43}", "", json.dumps(body))
