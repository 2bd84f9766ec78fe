"""Signed URLs: of one click on a grant, of an order's page (a ticket), of an account's page.

The signature covers everything before it in the path; queries are ignored,
so a mail program or CDN that adds keys breaks nothing. Keys rotate by `SECRET_KEY_FALLBACKS`.
A file's name may stand behind the signature of a click: programs that know no better save a
download under the end of its address. Nothing reads it.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.signing import BadSignature, Signer, b64_encode
from django.urls import get_script_prefix, reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from downloads.errors import LinkSpent, NotFound
from downloads.models import Account, Asset, Grant, Order, Shop

# What may stand in a path as it is (RFC 3986, 3.3).
UNQUOTED = "!$&'()*+,;=/~:@"
# What a nonce has of chance; the revision of the order's tickets stands behind it, unless it is 0.
_NONCE_LENGTH = 22
# Grant, end, nonce and signature; what follows is the file's name.
CLICK_PARTS = 4


class KeptKeySigner(Signer):
    """Django's signer, which derives the key of its MAC once and not at each signature.

    An order's answer holds a signed URL for each of its downloads.
    """

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        mac = _keyed_mac(str(self.salt), key or self.key, self.algorithm).copy()
        mac.update(value.encode() if isinstance(value, str) else value)
        return b64_encode(mac.digest()).decode()


@lru_cache(16)
def _keyed_mac(salt: str, key: str | bytes, algorithm: str) -> Any:
    return salted_hmac(salt + "signer", "", key, algorithm=algorithm)


_CLICKS = KeptKeySigner(salt="storefront.click", sep="/")
_TICKETS = KeptKeySigner(salt="storefront.ticket", sep=".")
_PROOFS = KeptKeySigner(salt="storefront.proof", sep=".")
_ACCOUNTS = KeptKeySigner(salt="storefront.account", sep=".")


@dataclass(frozen=True)
class Click:
    """One person's click on a grant: its number, its nonce, and when its address ends.

    The nonce has the revision of the order's tickets behind it, and its address ends with these.
    `file_name` is what the address ends in, for the client's eyes; empty for a link.
    """

    grant: int
    nonce: str
    valid_until: datetime
    file_name: str = field(default="", compare=False)

    @property
    def revision(self) -> int:
        """The revision of the order's tickets when it was made."""
        behind = self.nonce[_NONCE_LENGTH:]
        return int(behind) if behind.isdecimal() else 0

    @property
    def signed(self) -> str:
        return _sign(self.grant, int(self.valid_until.timestamp()), self.nonce)

    @property
    def url(self) -> str:
        """The absolute URL whose GET serves the download."""
        return absolute(self.path)

    @property
    def path(self) -> str:
        """The path of `url`."""
        return f"{_path_to('download')}{self.signed}{_named(self.file_name)}"

    @property
    def form_action(self) -> str:
        """The path that a form on our pages posts to."""
        return f"{_path_to('click')}{self.signed}"


def _sign(grant: int, end: int, nonce: str) -> str:
    return _CLICKS.sign(f"{grant}/{end}/{nonce}")


# A file's name stands in the answers of all who bought it.
@lru_cache(4096)
def _named(name: str) -> str:
    # Quoted as `reverse` does; the rest of a path has nothing to quote.
    return f"/{quote(name, safe=UNQUOTED)}" if name else ""


def _path_to(view: str) -> str:
    return _path_below(get_script_prefix(), view)


@lru_cache(16)
def _path_below(prefix: str, view: str) -> str:
    # Looking for a route costs more than signing what goes there.
    return reverse(view, args=["-"]).removesuffix("-")


def new_click(grant: Grant, *, at: datetime, valid_until: datetime | None = None) -> Click:
    """Make a fresh click on a grant. It counts nothing until its URL is used."""
    return Click(grant.pk, _nonce(grant.order), valid_until or _end(at), grant.asset.file_name)


def _end(at: datetime) -> datetime:
    return at + timedelta(seconds=settings.DOWNLOAD_URL_SECONDS)


def _nonce(order: Order) -> str:
    return f"{secrets.token_urlsafe(16)}{order.ticket_revision or ''}"


def read_click(signed: str) -> Click:
    """Verify a signed URL; return its click, also when it has expired since.

    Raises:
        NotFound: the signature is missing or wrong.
    """
    try:
        parts = signed.split("/", CLICK_PARTS)
        number, end, nonce = _CLICKS.unsign("/".join(parts[:CLICK_PARTS])).split("/")
    except (BadSignature, ValueError):
        raise NotFound("This download does not exist.") from None
    return Click(int(number), nonce, datetime.fromtimestamp(int(end), UTC))


def proof_of(nonce: str) -> str:
    """Sign a click's nonce for nginx alone, which proves itself by it when it reports a fault."""
    return _PROOFS.sign(nonce)


def is_proof(text: str, click: Click) -> bool:
    """Verify nginx's proof of a click."""
    return bool(text) and constant_time_compare(text, proof_of(click.nonce))


def nonce_of_proof(text: str) -> str | None:
    """Return the nonce that nginx's proof names, or None if it is not signed by us."""
    try:
        return _PROOFS.unsign(text)
    except BadSignature:
        return None


class AssetUrls:
    """Face A's URLs of the assets of one answer: what they share is made once for all of them."""

    def __init__(self, shop: Shop, *, at: datetime) -> None:
        self._at, self._end = at, int(_end(at).timestamp())
        self._is_direct = shop.link_urls == Shop.LinkUrls.DIRECT
        self._before = absolute(_path_to("download"))

    def of(self, grant: Grant) -> str | None:
        """Return the URL of a grant's asset: None unless it may be downloaded now.

        A link is shown as it is, or counted, as the shop chose. Source: CONTRACTS, face A.
        """
        if grant.refusal(self._at) is not None:
            return None
        asset = grant.asset
        if self._is_direct and asset.kind == Asset.LINK:
            return asset.link
        # As `new_click(…).url` has it.
        signed = _sign(grant.id, self._end, _nonce(grant.order))
        return f"{self._before}{signed}{_named(asset.file_name)}"


def asset_url(grant: Grant, shop: Shop, *, at: datetime) -> str | None:
    """Return face A's URL of one asset, as `AssetUrls` does."""
    return AssetUrls(shop, at=at).of(grant)


def counted_url(grant: Grant, *, at: datetime) -> str | None:
    """Return a signed, counted URL for a file or a link alike; None unless available."""
    return new_click(grant, at=at).url if grant.status(at) == Grant.AVAILABLE else None


def ticket_url(order: Order) -> str:
    """Return the absolute URL of an order's page, by ticket. Minted at need, not stored."""
    ticket = _TICKETS.sign(f"{order.pk}.{order.ticket_revision}")
    return absolute(reverse("order", args=[ticket]))


def read_ticket(text: str) -> tuple[int, int] | None:
    """Verify a ticket; return the order's key and revision, or None if it is no ticket."""
    try:
        number, revision = _TICKETS.unsign(text).split(".")
    except (BadSignature, ValueError):
        return None
    return int(number), int(revision)


def account_url(account: Account, *, at: datetime) -> str:
    """Return the absolute URL of a page to choose an account's password.

    It is to reach nobody but the owner of the account's mail address: it confirms that. Good once,
    and for `ACCOUNT_TICKET_HOURS`. Minted at need, not stored.
    """
    end = at + timedelta(hours=settings.ACCOUNT_TICKET_HOURS)
    ticket = _ACCOUNTS.sign(f"{account.pk}.{int(end.timestamp())}.{account.state}")
    return absolute(reverse("account", args=[ticket]))


def read_account_ticket(text: str, *, at: datetime) -> tuple[int, str]:
    """Verify an account's ticket; return the account's number and state.

    Raises:
        LinkSpent: no ticket of ours, or its time is over.
    """
    try:
        number, end, state = _ACCOUNTS.unsign(text).split(".")
    except (BadSignature, ValueError):
        raise LinkSpent from None
    if int(end) <= at.timestamp():
        raise LinkSpent
    return int(number), state


def absolute(path: str) -> str:
    """Return an absolute URL under `PUBLIC_BASE_URL`, never the request's host."""
    return settings.PUBLIC_BASE_URL + path
