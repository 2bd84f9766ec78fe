"""Which of a shop's products and lines a table means, that names none by the platform's number.

A product by its number, else by its SKU, else by its name; each only where one alone has it. What
is found so keeps the words that the shop has for it. What is not is known by its words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.db.models import Max, Q

from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import LineItem, Product, Shop

BETWEEN = " - "
MOST_SPLITS = 10


def matched(shop: Shop, report: OrderReport) -> OrderReport:
    """Return a report whose lines name the shop's own products, and lines that it has by now."""
    products = _Products(shop, [line.product for line in report.lines])
    of_order = LineItem.objects.filter(order__shop=shop, order__platform_id=report.platform_id)
    rows = list(of_order.select_related("product").order_by("position", "platform_id"))
    present = {row.platform_id: row.product for row in rows}
    lines = []
    for line in report.lines:
        # What two products may be by now is still the one that it was.
        row = products.find(line.product) or present.get(line.platform_id)
        lines.append(line if row is None else replace(line, product=_as_known(row)))
    numbered = [row for row in rows if row.platform_id is not None and row.platform_id > 0]
    return replace(report, lines=tuple(_with_known_numbers(numbered, lines)))


def with_counts(shop: Shop, report: OrderReport) -> OrderReport:
    """Return a report by a platform's numbers, with what was counted of lines without any.

    A table of counts may have brought the order before: its lines are replaced by these.
    """
    before = LineItem.objects.filter(
        order__shop=shop, order__platform_id=report.platform_id, platform_id__lt=0
    )
    rows = before.annotate(spent=Max("grants__used")).values_list("product__variant_id", "spent")
    spent: dict[int | None, int | None] = {
        variant: used for variant, used in rows if variant and used
    }
    if not spent:
        return report
    lines = (
        replace(line, used=spent.get(line.product.variant_id, line.used)) for line in report.lines
    )
    return replace(report, lines=tuple(lines))


class _Products:
    """The products of a shop that some words may mean. Two questions at most."""

    def __init__(self, shop: Shop, reports: list[ProductReport]) -> None:
        variants = {each.variant_id for each in reports if each.variant_id}
        numbers = {each.product_id for each in reports if each.product_id}
        skus = {each.sku for each in reports if each.sku}
        names = {name for each in reports for name, _variant in _readings(each)}
        meant = Q(variant_id__in=variants) | Q(product_id__in=numbers)
        meant |= Q(sku__in=skus) | Q(name__in=names)
        self._rows = list(Product.objects.filter(meant, shop=shop).order_by("created_at", "pk"))

    def find(self, report: ProductReport) -> Product | None:
        """Return the product that a line means; null where that is not one alone."""
        rows = self._rows
        if report.variant_id is not None:
            return _only(row for row in rows if row.variant_id == report.variant_id)
        found = None
        if report.product_id is not None:
            numbers = ((row, (row.product_id, row.variant_id)) for row in rows)
            found = _only(row for row, known in numbers if report.product_id in known)
        if found is None and report.sku:
            found = _only(row for row in rows if row.sku == report.sku)
        return found or self._by_words(report)

    def _by_words(self, report: ProductReport) -> Product | None:
        # Another SKU is another product, whatever it is called.
        free = [row for row in self._rows if not (row.sku and report.sku) or row.sku == report.sku]
        named = [(row, (row.name, row.variant_name or None)) for row in free]
        found = (
            _only(row for row, words in named if words == reading) for reading in _readings(report)
        )
        return next(filter(None, found), None)


def _readings(report: ProductReport) -> list[tuple[str, str | None]]:
    """Return what a name may say: a product's, or one's and its variant's with a dash between."""
    readings: list[tuple[str, str | None]] = [(report.name, report.variant_name)]
    if report.variant_name is None:
        parts = report.name.split(BETWEEN)[:MOST_SPLITS]
        for place in range(len(parts) - 1, 0, -1):
            name = BETWEEN.join(parts[:place])
            readings.append((name, report.name[len(name) + len(BETWEEN) :]))
    return readings


def _only(rows: Iterable[Product]) -> Product | None:
    found = list(rows)
    return found[0] if len(found) == 1 else None


def _as_known(row: Product) -> ProductReport:
    return ProductReport(
        name=row.name,
        product_id=row.product_id,
        variant_id=row.variant_id,
        variant_name=row.variant_name,
        sku=row.sku,
        vendor=row.vendor,
        # As of what was entered by a line's words, so that it reads the same once more.
        tags=tuple(row.tags) or None,
    )


def _with_known_numbers(rows: list[LineItem], lines: list[LineReport]) -> Iterator[LineReport]:
    """Yield the lines, each with the number of the order's own line of that product, if any.

    Where there are as many lines as the order has, those of products called otherwise by now are
    the remaining ones of the order, in turn: they would stand there twice.
    """
    free, found = list(rows), []
    for line in lines:
        row = next((row for row in free if _as_known(row.product) == line.product), None)
        found.append(row)
        if row is not None:
            free.remove(row)
    rest = iter(free if len(rows) == len(lines) else ())
    for line, own in zip(lines, found, strict=True):
        row = own or next(rest, None)
        if row is None or row.platform_id is None:
            yield line
        else:
            yield replace(line, platform_id=row.platform_id, product=_as_known(row.product))
