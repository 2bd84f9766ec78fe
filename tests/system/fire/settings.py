"""The service's own settings, on a storage that stops or fails as long as a test wants it to."""

from config.settings import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "tests.system.fire.storage.TroubledStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
