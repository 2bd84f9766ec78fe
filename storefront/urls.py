"""URLconf of all public paths: each is open by design, or asks for a credential."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from storefront.brand import views as brand
from storefront.delivery import views as delivery
from storefront.docs.views import document
from storefront.graphql_api.graphiql import graphiql
from storefront.graphql_api.schema import schema
from storefront.graphql_api.view import StorefrontGraphQL
from storefront.mail import bounces
from storefront.pages import accounts, health, home, invitations, links, orders
from storefront.rest.customer_account_orders import CustomerAccountOrders
from storefront.rest.customer_tokens import CustomerTokens
from storefront.rest.downloadable_products import (
    Downloadable,
    DownloadableDownload,
    Downloadables,
    PurchasedDownload,
)
from storefront.webhooks import views as webhooks

BOUGHT = "api/shop/customer-downloadable-products"

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # Order-status token
    path("api/v2/customer-account-orders", CustomerAccountOrders.as_view(), name="face-a"),
    # Storefront key, and a customer's bearer
    path("api/graphql", csrf_exempt(StorefrontGraphQL.as_view(schema=schema)), name="face-b"),
    path(BOUGHT, Downloadables.as_view(), name="downloadables"),
    path(f"{BOUGHT}/<str:number>", Downloadable.as_view(), name="downloadable"),
    path(
        f"{BOUGHT}/<str:number>/download",
        DownloadableDownload.as_view(),
        name="downloadable-download",
    ),
    path(
        "downloadable/download/purchased/<str:number>",
        PurchasedDownload.as_view(),
        name="purchased-download",
    ),
    # Secret key
    path("api/v1/customer-tokens", CustomerTokens.as_view(), name="customer-tokens"),
    # None
    path("api/schema/", SpectacularAPIView.as_view(), name="openapi"),
    # None; there by setting alone
    path("api/graphiql", graphiql, name="graphiql"),
    path("docs", csrf_exempt(RedirectView.as_view(pattern_name="docs")), name="docs-folder"),
    path("docs/", document, name="docs"),
    path("docs/<path:name>", document, name="document"),
    # The shop's own signature
    path("webhooks/<slug:source>", webhooks.receive, name="webhook"),
    path("webhooks/<slug:source>/<str:shop_domain>", webhooks.receive, name="shop-webhook"),
    # None
    path("links", links.ask_again, name="links"),
    # The name, by chance; the signature
    path("brand/logos/<str:name>.png", brand.logo, name="brand-logo"),
    path("brand/<str:signed>.css", brand.sheet, name="brand-sheet"),
    # What the mail provider was given
    path("mail/bounces/<slug:provider>", bounces.receive, name="bounces"),
    # Order-status token or ticket
    path("orders/<str:token_or_ticket>", orders.order, name="order"),
    # Ticket
    path("accounts/<str:ticket>", accounts.choose_password, name="account"),
    # Invitation
    path("invitations/<str:token>", invitations.accept, name="invitation"),
    # Signature
    path("downloads/<path:signed>", delivery.download, name="download"),
    path("clicks/<path:signed>", delivery.click, name="click"),
]
