"""What one request costs inside its process: a question to ask in a service's environment.

Statements and round trips are counted on the lines to the database and to the cache, apart.
"""

import dataclasses
import itertools
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection

from tests.benchmarks.faces import known, loads
from tests.benchmarks.faces.wrk import Asked
from tests.invariants.costs.measuring import Sent, measure
from tests.invariants.costs.wire import CountingProxy, counting


def count(
    orders: int, lines: int, bearers: dict[str, str], *, is_ours: bool
) -> dict[str, dict[str, Any]]:
    """Return the cost of each kind of request."""
    with ExitStack() as stack:
        database, cache = _database_line(stack), _cache_line(stack)
        if is_ours:
            application = import_module("config.wsgi").application
        else:
            application = get_wsgi_application()
        return {
            name: dataclasses.asdict(
                measure(application, _walking(asked), database=database, cache=cache)
            )
            for name, asked in _requests(orders, lines, bearers, is_ours=is_ours).items()
        }


def _requests(
    orders: int, lines: int, bearers: dict[str, str], *, is_ours: bool
) -> dict[str, list[Asked]]:
    compared = {
        "face A": loads.face_a(orders),
        "face B": loads.face_b_of_one(known.walked(orders)[0], lines=lines, bearers=bearers),
    }
    if not is_ours:
        return compared
    return compared | {
        "page": loads.page(orders),
        "click on a file": loads.clicks(loads.file_grants(orders, lines=lines), 100, is_link=False),
        "click on a link": loads.clicks(loads.link_grants(orders, lines=lines), 100, is_link=True),
        "webhook": loads.webhooks()[:1],
    }


def _walking(asked: list[Asked]) -> Callable[[], Sent]:
    each = itertools.cycle(asked)
    return lambda: _sent(next(each))


_numbers = itertools.count(1)


def _sent(asked: Asked) -> Sent:
    fresh = f"counted-{next(_numbers)}"
    headers = {name: value.replace("{fresh}", fresh) for name, value in asked.headers.items()}
    return Sent(asked.path, asked.method, headers, asked.body.encode(), asked.status)


def _database_line(stack: ExitStack) -> CountingProxy | None:
    if connection.vendor == "sqlite":
        return None
    place = connection.settings_dict
    host, port = place["HOST"] or "127.0.0.1", int(place["PORT"] or 5432)
    proxy = stack.enter_context(counting(host, port, is_postgresql=True))
    stack.callback(connection.close)
    place.update(HOST="127.0.0.1", PORT=proxy.port)
    return proxy


def _cache_line(stack: ExitStack) -> CountingProxy:
    # Nobody has asked the cache in this process yet.
    place = settings.CACHES["default"]
    address = urlsplit(place["LOCATION"])
    assert address.hostname is not None
    proxy = stack.enter_context(
        counting(address.hostname, address.port or 6379, is_postgresql=False)
    )
    place["LOCATION"] = address._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()
    return proxy
