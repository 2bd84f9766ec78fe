"""Find rows by a part of a text, their own or of what they belong to, newest first and bounded."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from downloads.models import (
    Account,
    Asset,
    Attachment,
    Customer,
    DownloadEvent,
    Grant,
    LineItem,
    Mail,
    Order,
    Product,
    Shop,
)
from downloads.search.text import is_numbered, with_text
from downloads.tenancy import of_shops

Keys = list[Any]
# Words that are looked for apart, where no row has them all.
MOST_APART = 3
LARGEST = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,19}\Z")


@dataclass
class Found:
    """The keys that were found; `is_cut` where there may be others, older ones."""

    keys: Keys = field(default_factory=list)
    is_cut: bool = False


class Search:
    """One text, looked for in some shops; in all of them where `shops` is none."""

    def __init__(self, text: str, shops: Iterable[int] | None) -> None:
        self.text = text
        self.shops = None if shops is None else list(shops)
        self.most = settings.SEARCH_MOST_ROWS
        self.is_cut = False
        is_number = _DIGITS.match(text) and int(text) <= LARGEST
        self.number = int(text) if is_number else None
        self._kept: dict[Any, Keys] = {}

    def keys_of(self, way: Callable[["Search"], Iterable[Keys]]) -> Keys:
        """Return the keys that a way finds, each once."""
        return list(dict.fromkeys(key for keys in way(self) for key in keys))

    def newest(self, rows: QuerySet[Any], key: str = "pk") -> Keys:
        """Return the keys of the newest of some rows, as many as are found at most."""
        # Some keys are made by chance, and say nothing of age.
        is_counted = key != "pk" or is_numbered(rows.model)
        order = f"-{key}" if is_counted else "-created_at"
        found = list(rows.order_by(order).values_list(key, flat=True)[: self.most + 1])
        self.is_cut |= len(found) > self.most
        return found[: self.most]

    def of_text(self, model: Any) -> Keys:
        """Return the rows of a model with this text of their own. One query, asked once."""
        if model not in self._kept:
            self._kept[model] = self.newest(with_text(self.own(model), self.text))
        return self._kept[model]

    def own(self, model: Any) -> QuerySet[Any]:
        """Return the rows of a model in these shops."""
        rows = model._default_manager.all()
        return rows if self.shops is None else of_shops(rows, self.shops)

    def numbered(self, model: Any, column: str) -> Keys:
        """Return the rows with this number, by an index that begins with the shop."""
        if self.number is None:
            return []
        shops = Shop.objects.order_by().values("pk") if self.shops is None else self.shops
        return self.newest(self.own(model).filter(**{"shop__in": shops, column: self.number}))

    def among(self, model: Any, column: str, keys: Keys, key: str = "pk") -> Keys:
        """Return the rows that point to one of these."""
        return self.newest(model.objects.filter(**{f"{column}__in": keys}), key) if keys else []


def _orders_of_buyer(search: Search) -> Iterable[Keys]:
    yield search.numbered(Order, "number")
    yield search.of_text(Order)
    yield search.among(Order, "customer", search.of_text(Customer))


def _orders(search: Search) -> Iterable[Keys]:
    yield from _orders_of_buyer(search)
    yield search.among(LineItem, "product", search.of_text(Product), "order_id")
    yield search.among(Grant, "asset", search.of_text(Asset), "order_id")


def _grants(search: Search) -> Iterable[Keys]:
    yield search.among(Grant, "order", search.keys_of(_orders_of_buyer))
    yield search.among(Grant, "asset", search.of_text(Asset))
    products = search.of_text(Product)
    yield search.among(Grant, "product", products)
    yield search.among(Grant, "line__product", products)


def _events(search: Search) -> Iterable[Keys]:
    grants = search.among(Grant, "order", search.keys_of(_orders_of_buyer))
    grants += search.among(Grant, "asset", search.of_text(Asset))
    yield search.among(DownloadEvent, "grant", grants)


def _mails(search: Search) -> Iterable[Keys]:
    yield search.of_text(Mail)
    orders = [*search.numbered(Order, "number"), *search.of_text(Order)]
    yield search.among(Mail, "order", orders)


def _products(search: Search) -> Iterable[Keys]:
    yield search.of_text(Product)
    if search.number is not None:
        is_numbered = Q(variant_id=search.number) | Q(product_id=search.number)
        yield search.newest(search.own(Product).filter(is_numbered))
    yield search.among(Attachment, "asset", search.of_text(Asset), "product_id")


def _customers(search: Search) -> Iterable[Keys]:
    yield search.numbered(Customer, "platform_id")
    yield search.of_text(Customer)


WAYS: dict[Any, Callable[[Search], Iterable[Keys]]] = {
    Order: _orders,
    Grant: _grants,
    DownloadEvent: _events,
    Mail: _mails,
    Product: _products,
    Customer: _customers,
    Asset: lambda search: [search.of_text(Asset)],
    Account: lambda search: [search.of_text(Account)],
}


def find_rows(model: Any, text: str, *, shops: Iterable[int] | None) -> Found:
    """Find the rows of a model by a part of a text, in some shops; None for all of them.

    A bounded number of queries, each by an index, each of at most `SEARCH_MOST_ROWS` rows.
    """
    search = Search(text, shops)
    keys = search.keys_of(WAYS[model])
    words = text.split()
    if keys or not 1 < len(words) <= MOST_APART:
        return Found(keys, search.is_cut)
    # Each word may be of something else: of a buyer the one, of what they bought the other.
    searches = [Search(word, shops) for word in words]
    first, *others = (each.keys_of(WAYS[model]) for each in searches)
    common = set(first).intersection(*others)
    keys = [key for key in first if key in common]
    return Found(keys, any(each.is_cut for each in searches))


__all__ = ["WAYS", "Found", "Search", "find_rows"]
