"""Field values of a grant, shared by GraphQL and its REST counterpart (CONTRACTS, face B)."""

from datetime import UTC, datetime

from downloads.models import Asset, Grant

IRI = "/api/shop/customer-downloadable-products/"
MAX_ID = 2**63 - 1


def product_name(grant: Grant) -> str:
    """Return the product's name, or the asset's title where the order itself has it."""
    return grant.line.product.name if grant.line else grant.asset.title


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


def not_found(number: int | str) -> str:
    """Return the message for a missing grant, and for another customer's: the same for both."""
    return f'Customer downloadable product with ID "{number}" not found'
