"""Parse what staff type or paste into a search box: order numbers, page links, tokens."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from django.db.models import QuerySet

from downloads import lookups
from downloads.errors import NotFound
from downloads.models import Order
from downloads.tokens import MIN_LENGTH
from storefront.http.log_redaction import redact
from storefront.signed_urls import read_click, read_ticket

MOST_SECRETS = 20
LARGEST_NUMBER = 2**63 - 1
# How orders are called where shops are that we know of; any other word is tried as a name first.
CALLED = {
    *("order", "orders", "no", "nr", "num", "number", "n", "receipt"),
    *("bestellung", "bestell", "bestellnummer", "auftrag", "auftrags", "auftragsnummer", "nummer"),
    *("commande", "cde", "numéro", "numero", "pedido", "orden", "número", "ordine", "encomenda"),
    *("zamówienie", "zamowienie", "numer", "bestelling", "bestel", "bestelnummer", "ordernummer"),
    *("beställning", "ordre", "tilaus", "objednávka", "sipariş", "заказ", "номер", "παραγγελία"),
    *("הזמנה", "מספר", "طلب", "رقم", "الطلب", "注文", "注文番号", "番号", "番", "号", "号码"),
    *("订单", "订单号", "訂單", "號", "주문", "주문번호", "번"),
}

_NUMBER = re.compile(r"\d{1,3}(?:([.,'’\s])\d{3})(?:\1\d{3})*(?!\d)|\d+")
_WORD = re.compile(r"[^\W\d_]+")
_PIECE = re.compile(r"[^\s/?&#=<>\"“”„«»()\[\]]+")
_CLICK = re.compile(r"(?<!\d)\d+/\d+/[\w-]+/[\w-]+")
# Signed by us, or as long and mixed as chance writes: a ticket, a token.
_TICKET = re.compile(r"\A\d+\.\d+\.(?:[\w-]+\.)?[\w-]{16,}\Z", re.ASCII)
_TOKEN = re.compile(rf"\A(?=.*\d)(?=.*[a-z])[\w-]{{{MIN_LENGTH},}}\Z", re.ASCII | re.IGNORECASE)
_REQUEST = re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?![\w-])", re.I)
_UUID = re.compile(r"\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def orders_of(text: str) -> QuerySet[Order]:
    """Return the orders that the secrets in a text lead to, of whatever shop.

    A token, a page's address or a download's may stand alone or within a letter.
    """
    text = unquote(text)
    pieces = list(dict.fromkeys(_pieces(text)))[:MOST_SECRETS]
    tickets = [ticket for piece in pieces if (ticket := read_ticket(piece)) is not None]
    grants = []
    for signed in _CLICK.findall(text)[:MOST_SECRETS]:
        try:
            grants.append(read_click(signed).grant)
        except NotFound:
            continue
    orders = [number for number, _revision in tickets]
    return lookups.orders_of_secrets(tokens=pieces, orders=orders, grants=grants)


def _pieces(text: str) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        # Where a sentence goes on, its full stop is none of the address's.
        for each in (piece, piece.rstrip(".,;:!?'’…")):
            if len(each) >= MIN_LENGTH:
                yield each


def is_secret(text: str) -> bool:
    """Say whether a text holds what may stand in no address and no log."""
    text = unquote(text)
    return redact(text) != text or bool(_CLICK.search(text) or _TICKET.match(text.strip()))


def is_like_token(text: str) -> bool:
    """Say whether a text looks made by chance. Some names do too, such as a stock number."""
    return bool(_TOKEN.match(text)) and not _UUID.match(text)


def request_number(text: str) -> str | None:
    """Return the number of a request in a text, as our log and our answers write it."""
    found = _REQUEST.search(text)
    return found and found[0].lower().replace("-", "")


def order_number(text: str, *, called: bool = False) -> int | None:
    """Return the one number in a text: "#1050", "Order No. 1050", "№ 1 050", "１０５０".

    With `called`, only where each word beside it is one for orders. None where there is no number
    or there are several.
    """
    text = unicodedata.normalize("NFKC", text)
    found = list(_NUMBER.finditer(text))
    if len(found) != 1 or "@" in text:
        return None
    words = _WORD.findall(text.casefold())
    if called and not CALLED.issuperset(words):
        return None
    number = int(re.sub(r"\D", "", found[0][0])) if len(found[0][0]) < 30 else LARGEST_NUMBER + 1
    return number if number <= LARGEST_NUMBER else None
