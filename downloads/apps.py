"""App configuration: connects the audit trail's signals, and what keeps the indexes of search."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class DownloadsConfig(AppConfig):
    name = "downloads"
    verbose_name = _("Downloads")

    def ready(self) -> None:
        # By its name: it stands on the models, which are not there yet when this file is read.
        import_string("downloads.audit.signals.watch")()
        pre_migrate.connect(
            import_string("downloads.search.indexes.drop_triggers"),
            sender=self,
            dispatch_uid="triggers of search",
        )
        post_migrate.connect(
            import_string("downloads.search.indexes.keep_indexes"),
            sender=self,
            dispatch_uid="indexes of search",
        )
