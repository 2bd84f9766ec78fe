"""Where a shop's customers get help: a mail address, or an https page."""

from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from downloads.email_addresses import takes_mail

_is_page = URLValidator(schemes=["https"])


def check_support(value: str) -> None:
    """Refuse what is neither a mail address nor an https page.

    Raises:
        ValidationError: with an example of each.
    """
    if value.isascii() and value.isprintable() and takes_mail(value):
        return
    try:
        _is_page(value)
        is_open = urlsplit(value).username is None
    except (ValidationError, ValueError):
        is_open = False
    if not is_open:
        raise ValidationError(
            _(
                "Enter a mail address like help@my-store.example, or the address of a page like "
                "https://my-store.example/help."
            )
        )


def support_url(value: str) -> str:
    """Return what a link to this contact leads to, empty for none."""
    if not value or value.startswith("https://"):
        return value
    return "mailto:" + quote(value, safe="@")
