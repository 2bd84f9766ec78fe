"""All public paths on one page. Each is open to strangers by design, or asks for a credential."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView

from storefront import delivery, pages, webhooks
from storefront.graph import StorefrontGraphQL
from storefront.rest import CustomerAccountOrders
from storefront.schema import schema

urlpatterns = [
    path("", pages.home, name="home"),
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    # Order-status token
    path("api/v2/customer-account-orders", CustomerAccountOrders.as_view(), name="face-a"),
    # Storefront key, and a customer's bearer
    path("api/graphql", csrf_exempt(StorefrontGraphQL.as_view(schema=schema)), name="face-b"),
    path("api/schema/", SpectacularAPIView.as_view(), name="openapi"),
    # The shop's own signature
    path("webhooks/<slug:source>", webhooks.receive, name="webhook"),
    # Order-status token or ticket
    path("orders/<str:token_or_ticket>", pages.order, name="order"),
    # Signature
    path("downloads/<path:signed>", delivery.download, name="download"),
    path("clicks/<path:signed>", delivery.click, name="click"),
]
