"""A shop whose worker lives, and the start page as the browser shows it."""

import pytest
from django.utils import timezone

from downloads import figures, fulfilment
from tests.factories import ShopFactory


@pytest.fixture
def shop(db):
    fulfilment.beat("one", at=timezone.now())
    return ShopFactory(name="My store")


@pytest.fixture
def start(django_app):
    """Return a function that counts the figures and opens the start page."""

    def start(query=""):
        figures.rebuild(at=timezone.now())
        return django_app.get(f"/admin/{query}")

    return start
