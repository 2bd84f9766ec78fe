from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.downloads.there_and_back import Walk, walk
from tests.prepared_database import begin_from, drop_kept, restore


@pytest.fixture(scope="session")
def walked(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    """The walk through every migration, made once in each process that asks."""
    with django_db_blocker.unblock():
        try:
            made = walk(tmp_path_factory.mktemp("kept"))
        finally:
            restore(connection)
    yield made
    with django_db_blocker.unblock():
        for kept in (made.newest, made.newest_again):
            drop_kept(connection, kept)


@pytest.fixture
def newest(walked: Walk, transactional_db: None) -> Walk:
    """Rows of each time, in the newest tables."""
    begin_from(connection, walked.newest)
    return walked


@pytest.fixture
def newest_again(walked: Walk, transactional_db: None) -> Walk:
    """Rows of each time, there and back and there again."""
    begin_from(connection, walked.newest_again)
    return walked
