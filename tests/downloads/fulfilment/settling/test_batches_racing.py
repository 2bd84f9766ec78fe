"""Orders that change while many of them are settled at once."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.models import AttachmentRule, Grant, Mail, Order
from tests.downloads.reported import dispute_report, line_report, order_report, refund_report
from tests.factories import NOW, LinkFactory, ProductFactory, ShopFactory
from tests.racing import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.both_databases,
    pytest.mark.slow,
]
NUMBERS = range(7001, 7013)


LATER = NOW + timedelta(days=1)


def report(number, *, quantity=3, at=NOW):
    line = line_report(1, quantity=quantity)
    return order_report(line, platform_id=number, number=number, at=at)


@pytest.mark.parametrize("attempt", range(3))
def test_what_changes_meanwhile_ends_as_it_would_have(attempt):
    shop = ShopFactory()
    ProductFactory(shop=shop, variant_id=1001, product_id=9)
    for number in NUMBERS:
        fulfilment.record_order(shop, report(number), at=NOW)
    asset = LinkFactory(shop=shop)
    rule = AttachmentRule(shop=shop, asset=asset, product_number=9, limit=10)
    fulfilment.rules.save_rule(rule)
    orders = fulfilment.rules.orders_lacking(asset, after=0, at_most=50)
    assert len(orders) == len(NUMBERS)

    def give():
        return fulfilment.rules.give_to_past_orders(asset, orders, at=NOW).given

    def give_back(number):
        return lambda: fulfilment.record_refund(shop, number, refund_report(1, {1: 1}), at=NOW)

    given = at_once(
        give,
        give,
        *[give_back(number) for number in (7012, 7006, 7001)],
        lambda: fulfilment.record_dispute(shop, 7003, dispute_report("open"), at=NOW),
        lambda: fulfilment.record_order(shop, report(7004, quantity=4, at=LATER), at=NOW),
    )
    # None of it twice.
    assert sum(given[:2]) <= len(NUMBERS) == Grant.objects.filter(asset=asset).count()
    canceled = Grant.objects.filter(canceled=10).values_list("order__platform_id", flat=True)
    assert sorted(canceled) == [7001, 7006, 7012]
    assert Order.objects.get(platform_id=7003).hold == "dispute"
    assert Grant.objects.get(order__platform_id=7004).bought == 40
    assert Mail.objects.filter(kind="order").count() in (len(NUMBERS) - 1, len(NUMBERS))
    before = sorted(Grant.objects.values_list("pk", "bought", "canceled", "expires_at"))
    for order in Order.objects.all():
        fulfilment.settle(order, at=NOW)
    assert sorted(Grant.objects.values_list("pk", "bought", "canceled", "expires_at")) == before
