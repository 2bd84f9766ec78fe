"""Field values of a grant, shared by GraphQL and its REST counterpart (CONTRACTS, face B)."""

from datetime import UTC, datetime

from downloads import lookups
from downloads.errors import NotFound
from downloads.models import Asset, Grant, Reader

IRI = "/api/shop/customer-downloadable-products/"


def product_name(grant: Grant) -> str:
    """Return the product's name, or the asset's title where the order itself has it."""
    product = grant.bought_product
    return grant.asset.title if product is None else product.name


def file_name(grant: Grant) -> str | None:
    """Return the name a file will be saved under; None for a link."""
    return grant.asset.file_name or None


def kind(grant: Grant) -> str:
    """Return the asset's type, `file` or `url`."""
    return "file" if grant.asset.kind == Asset.FILE else "url"


def bought(grant: Grant) -> int:
    """Return the downloads bought; 0: unlimited."""
    return 0 if grant.bought is None else grant.bought


def moment(value: datetime) -> str:
    """Format a time as ISO 8601 with offset, no microseconds: `2025-06-15T10:30:00+00:00`."""
    return value.astimezone(UTC).replace(microsecond=0).isoformat()


def require_grant(reader: Reader, number: int) -> Grant:
    """Return one grant that the reader may see, as `lookups` does, or say so in the wire's words.

    Raises:
        NotFound: there is no such grant, or none of theirs to see: the same words for both.
    """
    try:
        return lookups.grant_of_reader(reader, number)
    except NotFound:
        raise not_found(number) from None


def not_found(number: int | str) -> NotFound:
    """Return what refuses a grant that is missing or another's."""
    return NotFound(f'Customer downloadable product with ID "{number}" not found')
