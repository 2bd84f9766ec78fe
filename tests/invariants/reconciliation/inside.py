"""A shop in a database of its own, in a process of its own.

With `python -m tests.invariants.reconciliation.inside`,
`prepare PLATFORM ADDRESS` makes a shop that has heard nothing yet; `end` tells what it has come to.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from downloads.models import Order, Shop  # noqa: E402
from storefront.models import PlatformAccess  # noqa: E402
from tests.invariants.messages.states import state_of  # noqa: E402
from tests.invariants.reconciliation.conftest import give_access, open_shop  # noqa: E402


def prepare(source: str, address: str) -> str:
    """Make the tables, a shop and its access to a stand-in; return the shop's domain."""
    call_command("migrate", verbosity=0)
    shop = open_shop()
    give_access(shop, source, address)
    return shop.domain


def end() -> dict:
    """Tell what the shop has come to, and how its last run ended."""
    statuses = {str(order.number): order.status for order in Order.objects.all()}
    said = PlatformAccess.objects.get().last_summary.partition("\n")[0]
    return {"state": state_of(Shop.objects.get()), "statuses": statuses, "said": said}


if __name__ == "__main__":
    word, *given = sys.argv[1:]
    json.dump({"prepare": prepare, "end": end}[word](*given), sys.stdout)
