"""Public addresses of a brand: unguessable, the same while nothing changes, so cached for good.

A logo's ends in the name it is stored under by chance. A style sheet's holds its colour, signed:
whoever was not sent it cannot make it, and it is answered without asking the database.
"""

import re

from django.core.signing import BadSignature
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from downloads.errors import NotFound
from storefront.signed_urls import KeptKeySigner

NO_SUCH_PART = _("There is no such picture or style sheet.")
FOLDER = "logos/"
_SHEETS = KeptKeySigner(salt="storefront.brand", sep=".")
_LOGO = re.compile(r"[0-9a-f]{32}")


def logo_url(stored: str) -> str:
    """Return the path of a stored logo."""
    return reverse("brand-logo", args=[stored.removeprefix(FOLDER)])


def stored_name(name: str) -> str:
    """Return what a logo of this address is stored as.

    Raises:
        NotFound: it is no name that we give.
    """
    if not _LOGO.fullmatch(name):
        raise NotFound(NO_SUCH_PART)
    return FOLDER + name


def sheet_url(accent: str) -> str:
    """Return the path of the style sheet of a colour."""
    return reverse("brand-sheet", args=[_SHEETS.sign(accent.removeprefix("#"))])


def colour_of_sheet(signed: str) -> str:
    """Return the colour that a style sheet's address was signed for.

    Raises:
        NotFound: we did not sign it.
    """
    try:
        return "#" + _SHEETS.unsign(signed)
    except BadSignature:
        raise NotFound(NO_SUCH_PART) from None
