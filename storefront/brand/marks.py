"""What a page shows of a shop's brand: from columns of its row, without a query."""

from dataclasses import asdict, dataclass
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from downloads.brand.contacts import support_url
from downloads.brand.logos import SCALE
from downloads.models import Shop
from storefront.brand.addresses import logo_url, sheet_url

_MARKS = Signer(salt="storefront.brand.page")
LONG = ("address", "imprint")
# Where a request carries its brand, and the query of a page that is of no shop by itself.
ATTRIBUTE, QUERY = "brand_of_answer", "shop"


@dataclass(frozen=True)
class Brand:
    """A shop's brand as a page writes it; what is empty is not shown."""

    name: str
    sheet_url: str = ""
    logo_url: str = ""
    logo_width: int = 0
    logo_height: int = 0
    support: str = ""
    support_url: str = ""
    address: str = ""
    imprint: str = ""
    language: str = ""

    @property
    def mark(self) -> str:
        """The brand, signed, for a page that is of no shop by itself; it names no one else's.

        Without the long texts: it stands in an address.
        """
        short = {key: value for key, value in asdict(self).items() if value and key not in LONG}
        return _MARKS.sign_object(short)


def brand_of(shop: Shop) -> Brand | None:
    """Return what pages show of a shop beside its name, or None for nothing."""
    if not (shop.accent or shop.logo or shop.address or shop.support or shop.imprint):
        return None
    return Brand(
        name=shop.name,
        sheet_url=sheet_url(shop.accent) if shop.accent else "",
        logo_url=logo_url(str(shop.logo.name)) if shop.logo else "",
        logo_width=shown(shop.logo_width),
        logo_height=shown(shop.logo_height),
        support=shop.support,
        support_url=support_url(shop.support),
        address=shop.address,
        imprint=shop.imprint,
        language=shop.language,
    )


def shown(pixels: int | None) -> int:
    """Return how long a side of a logo is on a page, in its own pixels."""
    return max(1, (pixels or 0) // SCALE) if pixels else 0


def brand_of_query(request: HttpRequest) -> Brand | None:
    """Return the brand that an address carries, or None: nothing is looked up for it."""
    try:
        return Brand(**_MARKS.unsign_object(request.GET.get(QUERY, "")))
    except (BadSignature, TypeError, ValueError):
        return None


def note_brand(request: HttpRequest, shop: Shop) -> None:
    """Note whose a request is, so that a refusal of it looks like that shop's page."""
    setattr(request, ATTRIBUTE, shop)


def noted_brand(request: HttpRequest) -> Brand | None:
    """Return the brand of the shop whose the request was found to be."""
    shop: Any = getattr(request, ATTRIBUTE, None)
    return None if shop is None else brand_of(shop)


def noted_language(request: HttpRequest) -> str:
    """Return the language of that shop, empty where the request is of none."""
    shop: Any = getattr(request, ATTRIBUTE, None)
    return "" if shop is None else shop.language
