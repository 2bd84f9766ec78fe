from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = "Storefront access"

    def ready(self) -> None:
        # Beside `admin`, which Django finds by itself.
        autodiscover_modules("access_admin", "staff_admin")
