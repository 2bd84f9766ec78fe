"""What the demo's busy shop sells: products with their variants, and the files of each."""

from datetime import datetime
from typing import NamedTuple

from django.core.files.base import ContentFile

from downloads import fulfilment
from downloads.models import Asset, Product, Shop
from storefront.demo import contents

# The platform's numbers of all that the busy shop has begin at it.
FIRST_NUMBER = 60_000_000

FIRST_NAMES = (
    *("Ada", "Grace", "Mary", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Katherine"),
    *("Noor", "Łukasz", "Zoë", "José", "Aiko", "Fatima", "Ōtsuka", "Björn", "Chloé", "Ngozi"),
    *("יעל", "ليلى", "Σοφία", "Dmitri", "Mei"),
)
LAST_NAMES = (
    *("Byron", "Hopper", "Somerville", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman"),
    *("Thompson", "Johnson", "Haddad", "Nowak", "van den Berg", "García", "Tanaka", "Rahman"),
    *("Kenji", "Sjöberg", "Lefèvre", "Okafor", "לוי", "حداد", "Παππά", "Ivanov", "Chen"),
)


class Goods(NamedTuple):
    """A file (`tone` or `guide` is its content) or a link, where `content` is empty."""

    title: str
    file_name: str
    content: str


class Sold(NamedTuple):
    """A product: its variants by name, its files by title, how often each may be fetched."""

    name: str
    variants: tuple[str, ...]
    files: tuple[str, ...]
    limit: int | None
    price: int
    weight: int
    # Variants that came later, and got no files.
    bare: tuple[str, ...] = ()


GOODS = (
    Goods("Night train, album", "night-train.wav", "tone"),
    Goods("Night train, booklet", "night-train.zip", "guide"),
    Goods("Rain on the roof", "rain.wav", "tone"),
    Goods("Sewing pattern A4", "pattern-a4.zip", "guide"),
    Goods("Sewing pattern, large sheet", "pattern-a0.zip", "guide"),
    Goods("Photo presets, vol. 2", "presets.zip", "guide"),
    Goods("Watercolour course", "", ""),
    Goods("Sourdough handbook", "sourdough.zip", "guide"),
    Goods("Type family, all weights", "type.zip", "guide"),
)
SOLD = (
    Sold("Night train", ("Album", "Album and booklet"), (GOODS[0].title, GOODS[1].title), 5, 12, 9),
    Sold("Rain on the roof", ("WAV",), (GOODS[2].title,), 3, 4, 7),
    Sold(
        *("Sewing pattern", ("S", "M", "L", "XL"), (GOODS[3].title, GOODS[4].title), 10, 9, 12),
        bare=("XXL",),
    ),
    Sold("Photo presets", ("Desktop", "Mobile"), (GOODS[5].title,), 5, 19, 6),
    Sold("Watercolour course", ("Lifetime",), (GOODS[6].title,), None, 49, 4),
    Sold("Sourdough handbook", ("English", "Deutsch"), (GOODS[7].title,), 5, 15, 8),
    Sold("Type family", ("Personal", "Commercial"), (GOODS[8].title,), 10, 79, 2),
)


def make_goods(shop: Shop, *, at: datetime) -> tuple[list[tuple[Product, int]], list[Product]]:
    """Make them; return the products with their weights, and those without files."""
    assets = {goods.title: _make_asset(shop, *goods) for goods in GOODS}
    products, bare = [], []
    for number, sold in enumerate(SOLD):
        for position, variant in enumerate((*sold.variants, *sold.bare)):
            product = Product.objects.create(
                shop=shop,
                name=sold.name,
                variant_name=variant,
                sku=f"{sold.name[:4].upper().strip()}-{position + 1}",
                vendor=shop.name,
                tags=["demo"],
                product_id=FIRST_NUMBER + number,
                variant_id=FIRST_NUMBER + number * 100 + position,
            )
            if variant in sold.bare:
                bare.append(product)
                continue
            products.append((product, sold.weight))
            for title in sold.files:
                fulfilment.attach_to_product(product, assets[title], limit=sold.limit, at=at)
    return products, bare


def _make_asset(shop: Shop, title: str, file_name: str, content: str) -> Asset:
    if not content:
        link = "https://www.my-website.com/courses/watercolour"
        return Asset.objects.create(shop=shop, title=title, link=link)
    data = getattr(contents, content)()
    return fulfilment.store_file(Asset(shop=shop, title=title), ContentFile(data, name=file_name))
