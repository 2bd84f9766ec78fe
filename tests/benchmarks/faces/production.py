"""The servers beside each other, all started alike, ours as the docs say for production."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.system.harness.databases import database
from tests.system.harness.processes import Inside
from tests.system.harness.servers import redis
from tests.system.harness.service import Service

SECRET_KEY = "benchmark-only-Zk3vQ8m1Xy7Rt5Lw9Bn2Pd4Gh6Js0Fc-aEuIoYq-Ke1Uw7"
SETTINGS = {
    "PRODUCTION": "true",
    "SECRET_KEY": SECRET_KEY,
    "ENCRYPTION_KEYS": "YmVuY2htYXJrLW9ubHktbm90LWEtc2VjcmV0LTAwMDA=",
    "PUBLIC_BASE_URL": "https://downloads.example",
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "MAIL_FROM": "downloads@downloads.example",
    "TRUSTED_PROXIES": "1",
    # One visitor asks all of it here.
    "SIGN_INS_PER_MINUTE": "1000000000",
}
WORKERS, THREADS = 2, 16
FLOOR = "tests.benchmarks.faces.floor"
NAIVE = {
    "DJANGO_SETTINGS_MODULE": "tests.benchmarks.faces.naive_settings",
    "SECURE_SSL_REDIRECT": "false",
}


@dataclass(frozen=True)
class Stand:
    """Three servers on one database, and what was seeded there."""

    environment: dict[str, str]
    orders: int
    lines: int
    bearers: dict[str, str]
    seeded_seconds: float
    servers: dict[str, Service]

    @property
    def database(self) -> str:
        """What the database is called."""
        return "PostgreSQL" if "DATABASE_URL" in self.environment else "SQLite"


@contextlib.contextmanager
def standing(
    url: str | None, *, orders: int, lines: int, workers: int = WORKERS, only_ours: bool = False
) -> Iterator[Stand]:
    """Yield floor, ours and the naive views on a database with so many orders of so many lines."""
    with redis() as cache, database(url) as environment, contextlib.ExitStack() as stack:
        environment = environment | SETTINGS | {"CACHE_URL": cache}
        inside = Inside(environment, "tests.benchmarks.faces.seed")
        stack.callback(inside.stop)
        seeded = inside.ask("fill", orders=orders, lines=lines)
        inside.stop()
        given = {"workers": workers, "threads": THREADS}
        servers = {"ours": Service(environment, **given)}
        if not only_ours:
            application = "django.core.wsgi:get_wsgi_application()"
            servers |= {
                "floor": Service(environment, application=FLOOR, **given),
                "naive": Service(environment | NAIVE, application=application, **given),
            }
        for server in servers.values():
            stack.callback(server.stop)
        with ThreadPoolExecutor(len(servers)) as pool:
            list(pool.map(Service.start, servers.values()))
        yield Stand(environment, orders, lines, seeded["bearers"], seeded["seconds"], servers)
