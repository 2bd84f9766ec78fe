"""Which tests run on PostgreSQL besides SQLite, and why: what can differ there.

Whatever lies below one of these paths is marked `both_databases`; tests of processes name the mark
themselves. The others ask of a database no more than that it keeps a row: what they prove is in
Python. `make test-postgres` runs all of them there nevertheless.
"""

from pathlib import Path

import pytest

HERE = Path(__file__).parent

WHY = {
    "downloads": "the domain: its SQL, locks and constraints, and what a column takes",
    "invariants": "the promises themselves",
    "storefront/models": "constraints, and what a column takes",
    "storefront/platforms": "texts and numbers of strangers, stored",
    "storefront/webhooks": "bodies of strangers, stored; two that arrive at once",
    "storefront/management": "deletes in batches, the worker's locks, each engine's own backup",
    "storefront/rest": "prepared statements, and exact counts of queries, differ by engine",
    "storefront/admin/search": "SQL of its own, compared by the database's own rules",
    "storefront/admin/test_base_lists.py": "sorting, filtering and searching by any column",
    "storefront/admin/test_products.py": "two forms saved at once",
    "storefront/graphql_api/test_ahead.py": "round trips, which a server alone makes",
    "storefront/graphql_api/test_schema.py": "exact counts of queries, by prepared statements",
    "storefront/graphql_api/test_view_requests.py": "a database that fails in the midst",
    "storefront/http/test_account_lockout.py": "counters moved by many at once",
    "storefront/http/test_requests_hostile.py": "what PostgreSQL refuses and SQLite stores",
    "storefront/pages/test_outages.py": "the driver's errors when the database is gone",
    "storefront/staff/mailed": "texts of strangers looked up; rows that several workers lock",
    "storefront/staff/test_lockout.py": "counters moved by many at once",
    "storefront/staff/test_lockout_racing.py": "threads with connections of their own",
    "storefront/staff/start": "rows of many kinds, united in one query",
    "storefront/staff/test_session_store.py": "rows written by two requests at once",
    "storefront/test_inbox.py": "rows that several workers lock",
    "storefront/test_migrations.py": "each engine alters tables in its own way",
}


def mark(items: list[pytest.Item]) -> None:
    """Mark what runs on both databases."""
    places = tuple(str(HERE / name) for name in WHY)
    for item in items:
        if str(item.path).startswith(places):
            item.add_marker(pytest.mark.both_databases)
