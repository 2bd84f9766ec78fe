from django.apps import AppConfig
from django.utils.module_loading import import_string

from downloads import checks, mail_checks


class DownloadsConfig(AppConfig):
    name = "downloads"
    verbose_name = "Downloads"

    def ready(self) -> None:
        checks.register_all()
        mail_checks.register_all()
        # By its name: it stands on the models, which are not there yet when this file is read.
        import_string("downloads.watching.watch")()
