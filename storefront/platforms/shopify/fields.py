"""What Shopify's objects have in common, and how it writes some of their fields."""

from datetime import UTC, datetime
from typing import Any

from downloads.errors import BadInput

NO_VARIANT = "Default Title"
LONG_AGO = datetime.fromtimestamp(0, UTC)


def rows_in(document: Any, name: str, *, marked_by: str) -> list[Any]:
    """Return the objects of `{name: …}`, of `{names: […]}`, or a bare one, known by `marked_by`.

    Raises:
        BadInput: none of the three.
    """
    if isinstance(document, dict):
        if isinstance(document.get(f"{name}s"), list):
            return document[f"{name}s"]
        if name in document:
            return [document[name]]
        if marked_by in document:
            return [document]
    raise BadInput(f'Expected {{"{name}": …}} or {{"{name}s": […]}} as the Admin API prints them.')


def variant_name_of(text: str | None) -> str | None:
    """Return the name of a variant; a product without variants has one that is called so."""
    return None if text == NO_VARIANT else text
