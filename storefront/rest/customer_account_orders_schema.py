"""The shape of face A. Names and order of keys are the document's own (CONTRACTS, face A).

`shape_of` writes it; the serializers say the same to the schema, and tests hold the two to each
other. They are not asked at each request: it would cost six times what the database takes.
"""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from downloads.lookups import OpenedLine, OpenedOrder
from downloads.models import Asset, Grant
from storefront.formats import size_text
from storefront.signed_urls import AssetUrls, asset_url


class ProductSerializer(serializers.Serializer):
    """What was bought. `product_id` and `variant_id` may exceed 2^53."""

    id = serializers.CharField()
    name = serializers.CharField()
    variant_name = serializers.CharField(allow_null=True)
    sku = serializers.CharField(allow_null=True)
    product_id = serializers.IntegerField(allow_null=True)
    variant_id = serializers.IntegerField(allow_null=True)
    vendor = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())


class LimitsSerializer(serializers.Serializer):
    downloaded = serializers.IntegerField(source="used", min_value=0)
    limit = serializers.IntegerField(
        source="allowed", min_value=0, allow_null=True, help_text="null: unlimited."
    )


# Source: a Grant. Context: `shop` and `at`.
class DataSerializer(serializers.Serializer):
    """A file or a link."""

    id = serializers.CharField(source="asset.id")
    filename = serializers.CharField(source="asset.title", help_text="Its title, for people.")
    size = serializers.SerializerMethodField(help_text='For people, as "10MB"; null: not known.')
    is_file = serializers.SerializerMethodField()
    is_link = serializers.SerializerMethodField(help_text="Always the opposite.")
    url = serializers.SerializerMethodField(
        help_text="A file's is signed, counted, good for a day and fresh at each reading. null "
        "unless it may be downloaded now."
    )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_size(self, grant: Grant) -> str | None:
        return size_text(grant.asset.size_bytes)

    def get_is_file(self, grant: Grant) -> bool:
        return grant.asset.kind == Asset.FILE

    def get_is_link(self, grant: Grant) -> bool:
        return grant.asset.kind == Asset.LINK

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_url(self, grant: Grant) -> str | None:
        return asset_url(grant, self.context["shop"], at=self.context["at"])


class AssetSerializer(serializers.Serializer):
    limits = LimitsSerializer(source="*")
    data = DataSerializer(source="*")  # type: ignore[assignment]  # the document's name


class LineSerializer(serializers.Serializer):
    """One line of the order, also one with nothing to download."""

    product = ProductSerializer()
    assets = AssetSerializer(many=True, source="grants")


class TextSerializer(serializers.Serializer):
    """What the shop says above its downloads."""

    title = serializers.CharField(source="page_title")
    text = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_text(self, shop: Any) -> str | None:
        return shop.page_text or None


class OpenedOrderSerializer(serializers.Serializer):
    order_number = serializers.IntegerField(source="order.number")
    lines = LineSerializer(many=True)
    assets = AssetSerializer(many=True, source="grants", help_text="Of the order itself.")
    text = TextSerializer(source="order.shop")


# Source: `{"order": OpenedOrder}`.
class CustomerAccountOrderSerializer(serializers.Serializer):
    """An order with its downloads."""

    order = OpenedOrderSerializer()


def shape_of(opened: OpenedOrder, *, at: datetime, title: str = "") -> dict[str, Any]:
    """Return face A's body: an order's lines with their downloads, and the order's own.

    `title` stands in the place of the shop's own.
    """
    shop = opened.order.shop
    urls = AssetUrls(shop, at=at)
    return {
        "order": {
            "order_number": opened.order.number,
            "lines": [_line(line, urls) for line in opened.lines],
            "assets": [_asset(grant, urls) for grant in opened.grants],
            "text": {"title": title or shop.page_title, "text": shop.page_text or None},
        }
    }


def _line(line: OpenedLine, urls: AssetUrls) -> dict[str, Any]:
    product = line.product
    return {
        "product": {
            "id": str(product.id),
            "name": product.name,
            "variant_name": product.variant_name,
            "sku": product.sku,
            "product_id": product.product_id,
            "variant_id": product.variant_id,
            "vendor": product.vendor,
            "tags": product.tags,
        },
        "assets": [_asset(grant, urls) for grant in line.grants],
    }


def _asset(grant: Grant, urls: AssetUrls) -> dict[str, Any]:
    asset = grant.asset
    is_file = asset.kind == Asset.FILE
    return {
        "limits": {"downloaded": grant.used, "limit": grant.allowed},
        "data": {
            "id": str(asset.id),
            "filename": asset.title,
            "size": size_text(asset.size_bytes),
            "is_file": is_file,
            "is_link": not is_file,
            "url": urls.of(grant),
        },
    }
