import re

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def staff(db):
    """A signed-in merchant."""
    client = Client()
    client.force_login(User.objects.create_superuser("merchant"))
    return client


@pytest.fixture
def messages_of():
    """Return a function that reads the notes at the head of an admin page."""

    def read(response):
        html = response.content.decode()
        notes = re.findall(r'<li class="(?:success|error|warning|info)">(.*?)</li>', html)
        return [note.replace("&quot;", '"').replace("&#x27;", "'") for note in notes]

    return read


@pytest.fixture
def errors_of():
    """Return a function that reads every error of an admin form."""

    def read(response):
        html = response.content.decode()
        lists = re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', html, re.DOTALL)
        return [
            error.replace("&#x27;", "'").replace("&quot;", '"')
            for each in lists
            for error in re.findall(r"<li>(.*?)</li>", each)
        ]

    return read
