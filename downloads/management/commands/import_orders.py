"""`manage.py import_orders FILE… --shop DOMAIN`: take in orders of a shop."""

from typing import Any

from django.utils import timezone

from downloads import fulfilment
from downloads.fulfilment import Outcome
from downloads.management.importing import ImportCommand
from storefront import shopify


class Command(ImportCommand):
    help = (
        'Import orders from files of Shopify\'s Admin API: {"order": …}, {"orders": […]}, or one '
        "order a line. Each order is taken in whole or refused; twice changes nothing."
    )
    noun = "order"

    def rows_in(self, document: Any) -> list[Any]:
        return shopify.orders_in(document)

    def record(self, payload: Any) -> Outcome:
        report = shopify.read_order(payload)
        return fulfilment.record_order(self.shop, report, at=timezone.now()).outcome
