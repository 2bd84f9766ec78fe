"""Faces A and B as the libraries' first pages write them, on our tables: a yardstick.

`ModelSerializer`s over `prefetch_related`, and a `DjangoObjectType` in graphene-django's own view.
They sign and judge as ours do, and neither counts nor limits anybody.
"""

from typing import Any

import graphene
from django.http import JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from graphene_django import DjangoObjectType
from graphene_django.views import GraphQLView
from rest_framework import generics, serializers

from downloads.models import Asset, Grant, LineItem, Order, Product, Shop
from downloads.tokens import hash_token
from storefront.formats import size_text
from storefront.models import CustomerToken, StorefrontKey
from storefront.signed_urls import asset_url, new_click


class ProductSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = (
            *("id", "name", "variant_name", "sku", "product_id", "variant_id", "vendor", "tags"),
        )


class LimitsSerializer(serializers.ModelSerializer):
    downloaded = serializers.IntegerField(source="used")
    limit = serializers.IntegerField(source="allowed")

    class Meta:
        model = Grant
        fields = ("downloaded", "limit")


class DataSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="asset.id")
    filename = serializers.CharField(source="asset.title")
    size = serializers.SerializerMethodField()
    is_file = serializers.SerializerMethodField()
    is_link = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Grant
        fields = ("id", "filename", "size", "is_file", "is_link", "url")

    def get_size(self, grant: Grant) -> str | None:
        return size_text(grant.asset.size_bytes)

    def get_is_file(self, grant: Grant) -> bool:
        return grant.asset.kind == Asset.FILE

    def get_is_link(self, grant: Grant) -> bool:
        return grant.asset.kind == Asset.LINK

    def get_url(self, grant: Grant) -> str | None:
        return asset_url(grant, grant.order.shop, at=timezone.now())


class AssetSerializer(serializers.ModelSerializer):
    limits = LimitsSerializer(source="*")
    data = DataSerializer(source="*")

    class Meta:
        model = Grant
        fields = ("limits", "data")


class LineSerializer(serializers.ModelSerializer):
    product = ProductSerializer()
    assets = AssetSerializer(many=True, source="grants")

    class Meta:
        model = LineItem
        fields = ("product", "assets")


class TextSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="page_title")
    text = serializers.SerializerMethodField()

    class Meta:
        model = Shop
        fields = ("title", "text")

    def get_text(self, shop: Shop) -> str | None:
        return shop.page_text or None


class OrderSerializer(serializers.ModelSerializer):
    order_number = serializers.IntegerField(source="number")
    lines = LineSerializer(many=True)
    assets = serializers.SerializerMethodField()
    text = TextSerializer(source="shop")

    class Meta:
        model = Order
        fields = ("order_number", "lines", "assets", "text")

    def get_assets(self, order: Order) -> Any:
        own = [grant for grant in order.grants.all() if grant.line_id is None]
        return AssetSerializer(own, many=True).data


class CustomerAccountOrder(generics.RetrieveAPIView):
    """Face A."""

    serializer_class = OrderSerializer
    queryset = Order.objects.select_related("shop__plan").prefetch_related(
        "lines__product", "lines__grants__asset", "lines__grants__order__shop", "grants__asset"
    )

    def get_object(self) -> Order:
        token = hash_token(self.request.query_params["id"])
        return generics.get_object_or_404(self.get_queryset(), token_hash=token)

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().retrieve(request, *args, **kwargs)
        response.data = {"order": response.data}
        return response


class CustomerDownloadableProduct(DjangoObjectType):
    """Face B's type, by the model's own names where they serve."""

    _id = graphene.Int(name="_id")
    product_name = graphene.String()
    name = graphene.String()
    file_name = graphene.String()
    type = graphene.String()
    download_bought = graphene.Int()
    download_used = graphene.Int()
    status = graphene.String()
    remaining_downloads = graphene.Int()
    download_url = graphene.String()

    class Meta:
        model = Grant
        fields = ("created_at", "updated_at")

    def resolve__id(self: Grant, info: Any) -> int:
        return self.pk

    def resolve_product_name(self: Grant, info: Any) -> str:
        return self.line.product.name if self.line else self.asset.title

    def resolve_name(self: Grant, info: Any) -> str:
        return self.asset.title

    def resolve_file_name(self: Grant, info: Any) -> str | None:
        return self.asset.file_name or None

    def resolve_type(self: Grant, info: Any) -> str:
        return "file" if self.asset.kind == Asset.FILE else "url"

    def resolve_download_bought(self: Grant, info: Any) -> int:
        return self.bought or 0

    def resolve_download_used(self: Grant, info: Any) -> int:
        return self.used

    def resolve_status(self: Grant, info: Any) -> str:
        return self.status(timezone.now())

    def resolve_remaining_downloads(self: Grant, info: Any) -> int | None:
        return self.remaining

    def resolve_download_url(self: Grant, info: Any) -> str:
        return new_click(self, at=timezone.now()).url


class Query(graphene.ObjectType):
    """The document's own query."""

    customer_downloadable_product = graphene.Field(
        CustomerDownloadableProduct, id=graphene.ID(required=True)
    )

    @staticmethod
    def resolve_customer_downloadable_product(root: None, info: Any, id: str) -> Grant:
        at = timezone.now()
        key = StorefrontKey.objects.usable(at).get(
            key_hash=hash_token(info.context.headers["X-Storefront-Key"])
        )
        number, secret = info.context.headers["Authorization"].removeprefix("Bearer ").split("|")
        token = CustomerToken.objects.usable(at).get(
            pk=number, secret_hash=hash_token(secret), customer__shop=key.shop_id
        )
        rows = Grant.objects.select_related("order", "asset", "line__product")
        return rows.get(pk=id.rpartition("/")[2], order__customer=token.customer_id)


schema = graphene.Schema(query=Query)
urlpatterns = [
    path("healthz", lambda request: JsonResponse({})),
    path("api/v2/customer-account-orders", CustomerAccountOrder.as_view()),
    # Signed, never asked.
    path("downloads/<path:signed>", lambda request, signed: JsonResponse({}), name="download"),
    path("api/graphql", csrf_exempt(GraphQLView.as_view())),
]
