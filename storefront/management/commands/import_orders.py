"""`manage.py import_orders FILE… --shop DOMAIN`: take in orders of a shop."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from downloads import fulfilment
from downloads.fulfilment import Outcome
from storefront.management.import_command import ImportCommand
from storefront.platforms.shopify.documents import orders_in
from storefront.platforms.shopify.reports import read_order


class Command(ImportCommand):
    help = (
        'Import orders from files of Shopify\'s Admin API: {"order": …}, {"orders": […]}, or one '
        "order a line. Each order is taken in whole or refused; twice changes nothing."
    )
    noun = "order"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--mail",
            action="store_true",
            help="send buyers the mail that a new order brings; without it nobody is written to",
        )

    def handle(self, **options: Any) -> None:
        self.mails_buyer = options.pop("mail")
        super().handle(**options)

    def rows_in(self, document: Any) -> list[Any]:
        return orders_in(document)

    def record(self, payload: Any) -> Outcome:
        report = read_order(payload)
        recorded = fulfilment.record_order(
            self.shop, report, at=timezone.now(), mails_buyer=self.mails_buyer
        )
        return recorded.outcome
