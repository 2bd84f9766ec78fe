"""What the tests of stopped runs ask of a shop in a database of its own, by name."""

from downloads.models import Order, Shop
from storefront.models import PlatformAccess
from tests.invariants.messages.states import state_of
from tests.invariants.reconciliation.conftest import give_access, open_shop


def prepare(source: str, address: str) -> str:
    """Make a shop that has heard nothing yet and its access to a stand-in; return its domain."""
    shop = open_shop()
    give_access(shop, source, address)
    return shop.domain


def end() -> dict:
    """Tell what the shop has come to, and how its last run ended."""
    statuses = {str(order.number): order.status for order in Order.objects.all()}
    summary = PlatformAccess.objects.get().last_summary.partition("\n")[0]
    return {
        "state": state_of(Shop.objects.get(), has_ranks=False),
        "statuses": statuses,
        "summary": summary,
    }
