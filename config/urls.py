"""Root URLconf: the admin beside the faces; `storefront.urls` lists every public path."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("storefront.urls")),
]

handler400 = "storefront.pages.handlers.bad_request"
handler403 = "storefront.pages.handlers.forbidden"
handler404 = "storefront.pages.handlers.not_found"
handler500 = "storefront.pages.handlers.server_error"
