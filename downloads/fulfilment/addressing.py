"""Mail addresses as people enter them."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from downloads.errors import BadInput

NO_ADDRESS = "Enter a mail address, like ada@example.com."
MAX_LENGTH = 254


def require_address(text: str) -> str:
    """Return a mail address in lower case, without what stands around it.

    Raises:
        BadInput: it is none.
    """
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise BadInput(NO_ADDRESS) from None
    # Between quotes it may hold what ends the line of a mail's header.
    if len(email) > MAX_LENGTH or not email.isprintable():
        raise BadInput(NO_ADDRESS)
    return email
