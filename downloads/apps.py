from django.apps import AppConfig

from downloads import checks, mail_checks


class DownloadsConfig(AppConfig):
    name = "downloads"
    verbose_name = "Downloads"

    def ready(self) -> None:
        checks.register_all()
        mail_checks.register_all()
