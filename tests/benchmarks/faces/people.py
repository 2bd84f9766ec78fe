"""Who asks: customers with bearers, and an account at each shop."""

from django.utils import timezone

from downloads import fulfilment
from downloads.models import Account, Customer, Shop
from storefront.models import CustomerToken
from tests.benchmarks.faces import known


def register_owners() -> None:
    """Make an account at each shop, whose owner has followed the link in the mail."""
    at = timezone.now()
    given = {"email": known.EMAIL, "password": known.PASSWORD}
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    for shop in Shop.objects.all():
        fulfilment.register(shop, at=at, **given, **names)
        account = Account.objects.get(shop=shop)
        state = account.state
        fulfilment.choose_password(account.pk, state=state, password=known.PASSWORD, at=at)


def let_in(orders: int) -> dict[str, str]:
    """Return a bearer of the customer of each order that is walked over, by order."""
    by_customer: dict[int, str] = {}
    bearers = {}
    for order in known.walked(orders):
        number = known.customer_of(order)
        if number not in by_customer:
            secret = known.bearer_secret(number)
            customer = Customer(pk=number)
            by_customer[number] = CustomerToken.issue(customer, at=timezone.now(), secret=secret)[1]
        bearers[str(order)] = by_customer[number]
    return bearers
