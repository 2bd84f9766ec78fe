"""App configuration: registers the system checks at start."""

from django.apps import AppConfig

from storefront.checks import mail, settings


class StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = "Storefront access"

    def ready(self) -> None:
        settings.register_all()
        mail.register_all()
