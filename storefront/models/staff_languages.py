"""The language that a person of the staff has chosen for the admin."""

from django.conf import settings
from django.db import models

from downloads.models.shops import LANGUAGES
from downloads.tenancy import INSTALLATION


class StaffLanguage(models.Model):
    """What somebody reads the admin in. Who has no row reads it in `LANGUAGE_CODE`."""

    shop_path = INSTALLATION

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chosen_language"
    )
    language = models.CharField(max_length=7, choices=LANGUAGES)
