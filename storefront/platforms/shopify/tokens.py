"""Shopify's client-credentials grant: an app's id and secret → an access token of about a day.

Source: Shopify's pages “Get API access tokens for Dev Dashboard apps” and “Client credentials
grant”. The grant serves apps of the same organisation as the shop, and installed there.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from storefront.platforms.client import Connection, NotTaken, PlatformFault, Question, Refused

PLACE = "/admin/oauth/access_token"
# Fetched anew so long before it ends: a question may wait its turn with it.
EARLY = timedelta(minutes=30)
LONGEST_TOKEN = 500
# What Shopify's refusal names, and what to do about it.
CAUSES = {
    "shop_not_permitted": "Shopify gives this app no token for this shop: the app and the shop "
    "must be of the same organisation. Make the app in the Dev Dashboard of the shop's owner.",
    "app_not_installed": "The app is not installed on this shop. Install it from the Dev "
    "Dashboard, then test again.",
    "application_cannot_be_found": "Shopify knows no app with this client ID. Copy it anew from "
    "the app's settings.",
    "invalid_client": "The client secret is not the one of this client ID. Copy both anew from "
    "the app's settings.",
}
UNCLEAR = (
    "Shopify gives no token for this client ID and secret. Copy both anew from the app's settings, "
    "and see that the app is installed on this shop."
)


def fetch_token(connection: Connection, *, client_id: str, client_secret: str) -> tuple[str, Any]:
    """Return a fresh token of a shop, and when it is to be fetched anew.

    `connection` is one to the shop's own address.

    Raises:
        Refused: Shopify gives none; the message says what to do.
        PlatformFault: it cannot be asked.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    try:
        document = connection.request(Question("POST", PLACE, form=form)).document
    except (NotTaken, Refused) as error:
        raise Refused(_cause_of(error)) from None
    token = document.get("access_token") if isinstance(document, dict) else None
    if not _is_token(token):
        raise PlatformFault(f"{connection.host} does not answer with a token: is this Shopify?")
    return str(token), _end_of(document.get("expires_in"))


def _is_token(token: Any) -> bool:
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
        return False
    return token.isascii() and token.isprintable() and " " not in token


def _end_of(seconds: Any) -> datetime:
    lasts = timedelta(seconds=seconds) if type(seconds) is int and seconds > 0 else 2 * EARLY
    return timezone.now() + max(lasts - EARLY, lasts / 2)


def _cause_of(error: PlatformFault) -> str:
    return next((words for name, words in CAUSES.items() if name in error.answer), UNCLEAR)
