"""Parse the ids that clients send: an IRI of ours, or the bare number in it."""

from downloads.errors import BadInput
from storefront.formats import whole_number


def number_in(identifier: str, *, iri: str) -> int:
    """Return the row's number from `{iri}7` or `7`.

    Raises:
        BadInput: in any other form.
    """
    number = whole_number(identifier.removeprefix(iri))
    if number is None:
        raise BadInput(f'Invalid ID format. Expected IRI format like "{iri}1" or numeric ID')
    return number
