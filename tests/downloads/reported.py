"""Reports of a shop for tests, each field with a plain default."""

from datetime import datetime
from itertools import permutations
from typing import Any

from downloads.incoming import (
    CustomerReport,
    DisputeReport,
    LineReport,
    OrderReport,
    ProductReport,
    RefundReport,
    RiskReport,
)
from downloads.tokens import hash_token
from tests.factories import NOW

BUYER = CustomerReport(platform_id=501, email="buyer@example.com", first_name="Ada")


def in_any_order(*told: Any) -> list[tuple]:
    """Return what is told in every order in which it may arrive."""
    return list(permutations(told))


def line_report(number: int = 1, quantity: int = 1, current: int | None = None) -> LineReport:
    """A line `number` of the variant `1000 + number`."""
    product = ProductReport(name=f"Book {number}", product_id=900, variant_id=1000 + number)
    return LineReport(number, product, quantity=quantity, current_quantity=current)


def refund_report(number: int, units: dict[int, int]) -> RefundReport:
    return RefundReport(platform_id=number, refunded_at=NOW, units=units)


def dispute_report(
    state: str, number: int = 801, opened: datetime = NOW, decided: datetime | None = None
) -> DisputeReport:
    return DisputeReport(platform_id=number, state=state, opened_at=opened, decided_at=decided)


def risk_report(*, is_high: bool = True, at: datetime = NOW) -> RiskReport:
    return RiskReport(is_high=is_high, assessed_at=at)


def order_report(
    *lines: LineReport, at: datetime = NOW, token: str | None = None, **fields: Any
) -> OrderReport:
    """A paid order 1050 with these lines (one line of one unit if none), as it stood at `at`.

    Its contact address is its customer's, unless `email` says otherwise.
    """
    customer = fields.get("customer", BUYER)
    return OrderReport(
        **{
            "platform_id": 7001,
            "number": 1050,
            "payment": "paid",
            "placed_at": NOW,
            "reported_at": at,
            "lines": lines or (line_report(),),
            "customer": BUYER,
            "email": customer and customer.email,
            "token_hash": hash_token(token) if token else None,
        }
        | fields
    )
