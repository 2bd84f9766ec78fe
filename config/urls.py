"""The admin beside the faces; `storefront.urls` lists every public path."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("storefront.urls")),
]

handler400 = "storefront.pages.orders.bad_request"
handler403 = "storefront.pages.orders.forbidden"
handler404 = "storefront.pages.orders.not_found"
handler500 = "storefront.pages.orders.server_error"
