"""What a seeded database holds, by number: both the seed and the load compute it.

So a load can ask for any order without asking the database first.
"""

from hashlib import sha256
from uuid import UUID

from downloads.tokens import with_checksum

SHOPS = 8
PRODUCTS = 128
# Of one customer, each in the same shop.
ORDERS_EACH = 5
# Whose orders a load walks over.
CUSTOMERS = 52
FILE_BYTES = 1024
WEBHOOK_SECRET = "shpss_benchmark_0123456789abcdef"
EMAIL = "ada@example.com"
PASSWORD = "seventeen blue horses"


def token(order: int) -> str:
    """Return the order-status token of an order."""
    return sha256(f"order {order}".encode()).hexdigest()[:32]


def shop_of(order: int) -> int:
    """Return the shop's number of an order, from 0."""
    return (order - 1) % SHOPS


def customer_of(order: int) -> int:
    """Return the customer's key of an order."""
    return (order - 1) // (ORDERS_EACH * SHOPS) * SHOPS + shop_of(order) + 1


def orders_beside(order: int) -> list[int]:
    """Return all orders of the customer of an order."""
    block = (order - 1) // (ORDERS_EACH * SHOPS) * ORDERS_EACH * SHOPS
    return [block + each * SHOPS + shop_of(order) + 1 for each in range(ORDERS_EACH)]


def file_grant(order: int, *, lines: int) -> int:
    """Return the key of the grant on the first line's file; the one behind it is on a link."""
    return (order - 1) * (2 * lines + 1) + 1


def key(shop: int) -> str:
    """Return the storefront key of a shop."""
    return with_checksum("pk_storefront_" + sha256(f"key {shop}".encode()).hexdigest()[:43])


def bearer_secret(customer: int) -> str:
    """Return what stands behind the number in a customer's bearer."""
    return with_checksum(sha256(f"bearer {customer}".encode()).hexdigest()[:43])


def domain(shop: int) -> str:
    """Return a shop's domain."""
    return f"shop-{shop}.example"


def row_key(number: int) -> UUID:
    """Return the key of a product or asset."""
    return UUID(f"00000000-0000-4000-8000-{number:012x}")


def own_asset(shop: int) -> int:
    """Return the number of the asset that each order of a shop has itself."""
    return 1_000_000 + shop


def walked(orders: int) -> list[int]:
    """Return the orders that a load walks over: all of some customers, evenly from all there are.

    Of a few customers, for the first request of each in a minute is noted in the database.
    """
    block = ORDERS_EACH * SHOPS
    first = [
        number * (orders // block) // CUSTOMERS * block + number % SHOPS + 1
        for number in range(CUSTOMERS)
    ]
    return [order + each * SHOPS for each in range(ORDERS_EACH) for order in first]
