"""Whether time tells a known mail address: `python -m tests.benchmarks.sign_in`.

Milliseconds of whole requests to face B, with the hasher of production, on `DATABASE_URL` or
SQLite: sign-ins with a wrong password of an address that has an account and of one that has none,
and registrations of an address that has one and of a new one. The two of a pair take turns, each
as often first, so that whatever else the machine does falls on both; their ratio is what counts.
What a sign-in takes of memory is the growth of the process with its first hash.
"""

import itertools
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import django

FOLDER = tempfile.TemporaryDirectory(prefix="sign-in-")
os.environ["DATA_DIR"] = FOLDER.name
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

from downloads import fulfilment  # noqa: E402
from downloads.models import Shop  # noqa: E402
from storefront.models import StorefrontKey  # noqa: E402

ROUNDS = 201
PASSWORD = "seventeen blue horses"
NAMES = {"firstName": "Ada", "lastName": "Lovelace"}
LOGIN = """mutation ($input: CreateCustomerLoginInput!) {
  createCustomerLogin(input: $input) { customerLogin { success } } }"""
REGISTER = """mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { email } } }"""
NUMBERS = itertools.count()


def milliseconds(client: Client, query: str, expected: dict, **entered: str) -> float:
    """Return how long one request took, which must be answered as expected."""
    body = json.dumps({"query": query, "variables": {"input": entered}})
    begun = time.perf_counter()
    response = client.post("/api/graphql", body, content_type="application/json")
    taken = (time.perf_counter() - begun) * 1000
    if response.json() != {"data": expected}:
        raise SystemExit(response.content.decode())
    return taken


def signing_in(client: Client, email: str) -> float:
    refused = {"createCustomerLogin": {"customerLogin": {"success": False}}}
    return milliseconds(client, LOGIN, refused, email=email, password=PASSWORD + "!")


def registering(client: Client, email: str) -> float:
    entered = NAMES | {"email": email, "password": PASSWORD, "confirmPassword": PASSWORD}
    made = {"createCustomer": {"customer": {"email": email}}}
    return milliseconds(client, REGISTER, made, **entered)


def compare(client: Client, ask: Callable[[Client, str], float], title: str) -> None:
    """Print the medians of a known and a new address, and their ratio."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        addresses = ("ada@example.com", f"{next(NUMBERS):09}@example.com")
        for which in (0, 1) if number % 2 else (1, 0):
            taken[which].append(ask(client, addresses[which]))
    known, new = (statistics.median(times) for times in taken)
    sys.stdout.write(f"{title:32}{known:10.2f}{new:10.2f}{known / new:10.3f}\n")


def first_hash() -> str:
    """Return what the first hash of this process added to its largest size, in MiB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    make_password(PASSWORD)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return f"{grown / 1024:.1f} MiB"


def main() -> None:
    """Print a row for each pair, and what a sign-in takes of memory."""
    settings.SIGN_INS_PER_MINUTE = 1_000_000
    sys.stdout.write(f"A sign-in takes {first_hash()} while it lasts\n\n")
    shop = Shop.objects.create(name="My store", domain="my-store.example")
    key = StorefrontKey.issue(shop, name="benchmark")[1]
    StorefrontKey.objects.update(rate_per_minute=1_000_000)
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    fulfilment.register(
        shop, at=timezone.now(), email="ada@example.com", password=PASSWORD, **names
    )
    client = Client(headers={"X-Storefront-Key": key})
    signing_in(client, "ada@example.com")
    sys.stdout.write(f"{connection.vendor:32}{'known ms':>10}{'new ms':>10}{'ratio':>10}\n")
    compare(client, signing_in, "sign-in, wrong password")
    compare(client, registering, "registration")


if __name__ == "__main__":
    setup_test_environment()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        main()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()
