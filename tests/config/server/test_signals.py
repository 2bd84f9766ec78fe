"""With each request Django looks through no more than there is."""

import pytest
from django.core.cache import close_caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from config.server.signals import disconnect_idle_receivers


class Closing(LocMemCache):
    """A cache with connections of its own."""

    def close(self, **kwargs):
        """Close them."""


@pytest.fixture
def left(monkeypatch):
    """Return a function that says which receivers are left; the others come back."""
    for signal in (request_started, request_finished):
        monkeypatch.setattr(signal, "receivers", list(signal.receivers))
        signal.sender_receivers_cache.clear()
    # A process that has loaded the service for another test has left them out already.
    request_started.connect(reset_queries)
    request_finished.connect(close_caches)

    def ask():
        disconnect_idle_receivers()
        return {
            receiver
            for signal in (request_started, request_finished)
            for receiver in signal._live_receivers(None)[0]
        }

    yield ask
    for signal in (request_started, request_finished):
        signal.sender_receivers_cache.clear()


def test_old_connections_are_closed_and_nothing_else(left):
    assert close_old_connections in left()
    assert not {close_caches, reset_queries} & left()


def test_a_cache_that_has_to_be_closed_is(left, settings):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.Closing"}}
    assert close_caches in left()


def test_queries_are_forgotten_where_they_are_recorded(left, settings):
    settings.DEBUG = True
    assert reset_queries in left()
