"""App configuration: registers the system checks at start, and names the columns."""

from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from storefront.checks import mail, settings


class StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = _("Storefront access")

    def ready(self) -> None:
        settings.register_all()
        mail.register_all()
        # By its name: the admin stands on the models, which are not there yet.
        import_string("storefront.admin.column_names.name_columns")("downloads", "storefront")
