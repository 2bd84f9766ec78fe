"""`manage.py import_products FILE… --shop DOMAIN`: take in products of a shop."""

from typing import Any

from downloads import fulfilment
from downloads.fulfilment import Outcome
from storefront.management.import_command import ImportCommand
from storefront.platforms.shopify.documents import products_in
from storefront.platforms.shopify.reports import read_product


class Command(ImportCommand):
    help = (
        'Import products from files of Shopify\'s Admin API: {"product": …}, {"products": […]}, '
        "or one product a line. Each is taken in whole or refused; twice changes nothing."
    )
    noun = "product"

    def rows_in(self, document: Any) -> list[Any]:
        return products_in(document)

    def record(self, payload: Any) -> Outcome:
        return fulfilment.record_product(self.shop, read_product(payload))
