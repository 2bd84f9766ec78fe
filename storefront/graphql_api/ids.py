"""Parse the ids that clients send: an IRI of ours, or the bare number in it."""

import re

from downloads.errors import BadInput
from storefront.grant_fields import MAX_ID

_NUMBER = re.compile(r"\A[0-9]{1,19}\Z", re.ASCII)


def number_in(identifier: str, *, iri: str) -> int:
    """Return the row's number from `{iri}7` or `7`.

    Raises:
        BadInput: in any other form.
    """
    digits = identifier.removeprefix(iri)
    if not _NUMBER.match(digits) or int(digits) > MAX_ID:
        raise BadInput(f'Invalid ID format. Expected IRI format like "{iri}1" or numeric ID')
    return int(digits)
