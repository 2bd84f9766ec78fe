"""Find rows by a part of a text, their own or of what they belong to, newest first and bounded."""

import re
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from itertools import chain
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
from downloads.search.parts import Part, read_parts
from downloads.search.text import with_text
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
        is_number = _DIGITS.match(text) and int(text) <= LARGEST
        self.number = int(text) if is_number else None
        # What several ways ask for is one part, and read once.
        self._parts: dict[Any, Part] = {}

    def newest(self, rows: QuerySet[Any], key: str = "pk") -> Part:
        """Ask for the keys of the newest of some rows, as many as are found at most."""
        return Part(rows, key, self.most)

    def of_text(self, model: Any) -> Part:
        """Ask for the rows of a model with this text of their own."""
        return self._once(model, lambda: with_text(self.own(model), self.text))

    def _once(self, name: Any, rows: Callable[[], QuerySet[Any]], key: str = "pk") -> Part:
        if name not in self._parts:
            self._parts[name] = self.newest(rows(), key)
        return self._parts[name]

    def own(self, model: Any) -> QuerySet[Any]:
        """Return the rows of a model in these shops."""
        rows = model._default_manager.all()
        return rows if self.shops is None else of_shops(rows, self.shops)

    def numbered(self, model: Any, column: str) -> Part | None:
        """Ask for the rows with this number, by an index that begins with the shop."""
        if self.number is None:
            return None
        shops = Shop.objects.order_by().values("pk") if self.shops is None else self.shops
        such = {"shop__in": shops, column: self.number}
        return self._once((model, column), lambda: self.own(model).filter(**such))

    def among(self, model: Any, column: str, keys: Keys, key: str = "pk") -> Part | None:
        """Ask for the rows that point to one of these."""
        if not keys:
            return None
        name = (model, column, key, tuple(keys))
        return self._once(name, lambda: model.objects.filter(**{f"{column}__in": keys}), key)


# A way asks for parts, as many as do not depend on each other, is given their keys, and so on; in
# the end it returns what it has found.
Way = Generator[list[Part | None], list[Keys], Keys]


def _orders(search: Search) -> Way:
    models = (Order, Customer, Product, Asset)
    own = [search.numbered(Order, "number"), *map(search.of_text, models)]
    numbered, orders, customers, products, assets = yield own
    found = yield [
        search.among(Order, "customer", customers),
        search.among(LineItem, "product", products, "order_id"),
        search.among(Grant, "asset", assets, "order_id"),
    ]
    return [*numbered, *orders, *chain.from_iterable(found)]


def _grants(search: Search) -> Way:
    models = (Order, Customer, Product, Asset)
    own = [search.numbered(Order, "number"), *map(search.of_text, models)]
    numbered, orders, customers, products, assets = yield own
    theirs, *of_things = yield [
        search.among(Order, "customer", customers),
        search.among(Grant, "asset", assets),
        search.among(Grant, "product", products),
        search.among(Grant, "line__product", products),
    ]
    (of_orders,) = yield [search.among(Grant, "order", [*numbered, *orders, *theirs])]
    return [*of_orders, *chain.from_iterable(of_things)]


def _events(search: Search) -> Way:
    own = [search.numbered(Order, "number"), *map(search.of_text, (Order, Customer, Asset))]
    numbered, orders, customers, assets = yield own
    theirs, of_assets = yield [
        search.among(Order, "customer", customers),
        search.among(Grant, "asset", assets),
    ]
    (of_orders,) = yield [search.among(Grant, "order", [*numbered, *orders, *theirs])]
    (events,) = yield [search.among(DownloadEvent, "grant", [*of_orders, *of_assets])]
    return events


def _mails(search: Search) -> Way:
    own = [search.of_text(Mail), search.numbered(Order, "number"), search.of_text(Order)]
    mails, numbered, orders = yield own
    (of_orders,) = yield [search.among(Mail, "order", [*numbered, *orders])]
    return [*mails, *of_orders]


def _products(search: Search) -> Way:
    number = search.number
    is_numbered = Q(variant_id=number) | Q(product_id=number)
    products, numbered, assets = yield [
        search.of_text(Product),
        None if number is None else search.newest(search.own(Product).filter(is_numbered)),
        search.of_text(Asset),
    ]
    (with_files,) = yield [search.among(Attachment, "asset", assets, "product_id")]
    return [*products, *numbered, *with_files]


def _customers(search: Search) -> Way:
    found = yield [search.numbered(Customer, "platform_id"), search.of_text(Customer)]
    return [*chain.from_iterable(found)]


def _of_text(model: Any) -> Callable[[Search], Way]:
    def way(search: Search) -> Way:
        (found,) = yield [search.of_text(model)]
        return found

    return way


WAYS: dict[Any, Callable[[Search], Way]] = {
    Order: _orders,
    Grant: _grants,
    DownloadEvent: _events,
    Mail: _mails,
    Product: _products,
    Customer: _customers,
    Asset: _of_text(Asset),
    Account: _of_text(Account),
}


def find_rows(model: Any, text: str, *, shops: Iterable[int] | None) -> Found:
    """Find the rows of a model by a part of a text, in some shops; None for all of them.

    At most four queries, and as many again where no row has all of several words: each reads by
    indexes, at most `SEARCH_MOST_ROWS` rows of a kind.
    """
    return find_kinds({model: shops}, text)[model]


def find_kinds(kinds: dict[Any, Iterable[int] | None], text: str) -> dict[Any, Found]:
    """Find the rows of several models at once, each in its shops, in as many queries as of one."""
    shops = {model: None if each is None else tuple(each) for model, each in kinds.items()}
    found = dict(zip(kinds, _walk([(model, text, shops[model]) for model in kinds]), strict=True))
    words = text.split()
    bare = [model for model, each in found.items() if not each.keys]
    if not bare or not 1 < len(words) <= MOST_APART:
        return found
    # Each word may be of something else: of a buyer the one, of what they bought the other.
    apart = iter(_walk([(model, word, shops[model]) for model in bare for word in words]))
    for model in bare:
        first, *others = (next(apart) for _word in words)
        common = set(first.keys).intersection(*(each.keys for each in others))
        keys = [key for key in first.keys if key in common]
        found[model] = Found(keys, any(each.is_cut for each in (first, *others)))
    return found


def _walk(questions: list[tuple[Any, str, tuple[int, ...] | None]]) -> list[Found]:
    """Go several ways side by side: what they ask for at the same step is read at once."""
    searches = {(text, shops): Search(text, shops) for _model, text, shops in questions}
    ways = [WAYS[model](searches[text, shops]) for model, text, shops in questions]
    found = [Found() for _way in ways]
    answers: dict[int, list[Keys] | None] = dict.fromkeys(range(len(ways)))
    while answers:
        steps: dict[int, list[Part | None]] = {}
        for number, answer in answers.items():
            try:
                way = ways[number]
                steps[number] = next(way) if answer is None else way.send(answer)
            except StopIteration as end:
                found[number].keys = list(dict.fromkeys(end.value))
        read = read_parts(part for parts in steps.values() for part in parts)
        for number, parts in steps.items():
            found[number].is_cut |= any(part and len(read[part]) > part.most for part in parts)
        answers = {
            number: [read[part][: part.most] if part else [] for part in parts]
            for number, parts in steps.items()
        }
    return found


__all__ = ["WAYS", "Found", "Search", "find_kinds", "find_rows"]
