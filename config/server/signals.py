"""Django's receivers at the begin and end of each request, without those with nothing to do."""

from django.conf import settings
from django.core.cache import caches, close_caches
from django.core.cache.backends.base import BaseCache
from django.core.signals import request_finished, request_started
from django.db import reset_queries


def disconnect_idle_receivers() -> None:
    """Disconnect what would look through connections for nothing, with every request.

    Queries are recorded for debug pages alone; neither a cache in the process nor Redis is closed
    after a request.
    """
    if not settings.DEBUG:
        request_started.disconnect(reset_queries)
    if all(type(caches[alias]).close is BaseCache.close for alias in settings.CACHES):
        request_finished.disconnect(close_caches)
