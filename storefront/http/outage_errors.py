"""Which exceptions are outages: a part we stand on is gone, or behind the code."""

from django.db import InterfaceError, OperationalError, ProgrammingError
from redis.exceptions import RedisError

from downloads.upgrades import pending_migrations

# What our parts raise when they are gone, restarted, or too busy to answer.
OUTAGES = (OperationalError, InterfaceError, RedisError)
# What may be an outage: PostgreSQL says so of tables that a migration is still to make.
DOUBTFUL = (*OUTAGES, ProgrammingError)


def is_outage(error: BaseException | None) -> bool:
    """Say whether an exception means that we cannot answer now, and is no fault of the code.

    A missing table or column is asked about: the database may wait for its migrations.
    """
    return pending_migrations.explain(error) or isinstance(error, OUTAGES)
