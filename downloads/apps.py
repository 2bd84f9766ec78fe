"""App configuration: connects the audit trail's signals at start."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class DownloadsConfig(AppConfig):
    name = "downloads"
    verbose_name = "Downloads"

    def ready(self) -> None:
        # By its name: it stands on the models, which are not there yet when this file is read.
        import_string("downloads.audit.signals.watch")()
