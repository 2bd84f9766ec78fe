"""Classify exceptions as outages: database or cache gone, or migrations pending."""

from django.db import InterfaceError, OperationalError, ProgrammingError
from redis.exceptions import RedisError

from downloads.upgrades import pending_migrations

# What our parts raise when they are gone, restarted, or too busy to answer.
OUTAGES = (OperationalError, InterfaceError, RedisError)
# What may be an outage: PostgreSQL says so of tables that a migration is still to make.
DOUBTFUL = (*OUTAGES, ProgrammingError)


def is_outage(error: BaseException | None) -> bool:
    """Say whether an exception is an outage, and no fault of the code.

    A missing table or column is asked about: the database may wait for its migrations.
    """
    return pending_migrations.explain(error) or isinstance(error, OUTAGES)
