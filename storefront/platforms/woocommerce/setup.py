"""Connect a shop on WooCommerce: its rights, and webhooks by the REST API's `/webhooks`.

Source: WooCommerce's REST API v3, “Webhooks”. A webhook that fails five times is disabled; its
secret can be written and never read.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from storefront.platforms.client import (
    Connection,
    Missing,
    NotTaken,
    PlatformFault,
    Question,
    Refused,
)
from storefront.platforms.setup import Entered, Field, Registered, Tested, Words

BEFORE: Sequence[Words] = (
    _(
        "Your shop must be reached by https, with permalinks other than “Plain”, and for the REST "
        "API with no password of the web server before it."
    ),
)
STEPS: Sequence[Words] = (
    _("In WordPress open WooCommerce → Settings → Advanced → REST API."),
    _(
        "Add a key: for a user who may see orders (a shop manager), with the permission "
        "Read/Write. We write nothing but the webhooks."
    ),
    _("Generate it, and copy the consumer key and the consumer secret to the fields below."),
)
ADDRESS_HELP = _("The shop's home page: https://… and the folder, if WordPress is in one.")
FIELDS: Sequence[Field] = (
    Field("key", _("Consumer key"), _("It begins with ck_.")),
    Field("secret", _("Consumer secret"), _("It begins with cs_.")),
)
READ, WRITE = "Read", "Read/Write"
NEEDED: Sequence[str] = (WRITE,)
ADVISED: Mapping[str, Words] = {}
TOPICS: Mapping[str, str] = {
    **dict.fromkeys(("order.created", "order.updated", "order.deleted", "order.restored"), WRITE),
    **dict.fromkeys(("product.created", "product.updated"), WRITE),
    **dict.fromkeys(("product.deleted", "product.restored"), WRITE),
    **dict.fromkeys(("customer.created", "customer.updated"), WRITE),
}
OWN_FILE = ""
NAME = "Downloads: {}"
PAGE_SIZE = 100
MOST_PAGES = 20
LONGEST_WORDS = 300
ACTIVE, PAUSED = "active", "paused"
FORBIDDEN = 403


def read_address(text: str) -> str:
    """Return the shop's address as it was entered."""
    return text


def read_entered(entered: Mapping[str, str]) -> Entered | dict[str, Words]:
    """Return the key and the secret; what signs the messages is ours to make."""
    return Entered(entered.get("key", ""), entered.get("secret", ""))


def test(connection: Connection) -> Tested:
    """Ask for what we are going to ask for; whether we may write, the first webhook tells."""
    missing = []
    for place, noun in (("/orders", "orders"), ("/products", "products")):
        try:
            rows = connection.get(place, per_page=1).document
        except Refused as error:
            # WordPress knows who asks, and does not let them, where it answers 403.
            if error.status != FORBIDDEN:
                raise Refused(
                    f"{connection.host} knows no such key. Copy the consumer key and the consumer "
                    "secret anew, whole."
                ) from None
            missing.append(f"{READ} ({noun}: the key's user may not see them)")
            continue
        except Missing:
            raise PlatformFault(
                f"{connection.host} has no REST API of WooCommerce at this address. Enter the "
                "shop's home page, and in WordPress choose permalinks other than “Plain”."
            ) from None
        if not isinstance(rows, list):
            raise PlatformFault(f"{connection.host} does not answer like WooCommerce.")
    return Tested(title="", granted={READ, WRITE} if not missing else set(), missing=missing)


def topics_for(granted: Collection[str]) -> list[str]:
    """Return the topics that these rights let us hear of."""
    return [topic for topic, right in TOPICS.items() if right in granted]


def register(
    connection: Connection,
    address: str,
    *,
    secret: str,
    topics: Collection[str],
    is_anew: bool = False,
) -> Registered:
    """Make the webhooks that are missing, and wake those that were disabled; none stands twice."""
    ours: dict[str, list[dict[str, Any]]] = {}
    for row in _webhooks(connection):
        if row.get("delivery_url") == address and type(row.get("id")) is int:
            ours.setdefault(str(row.get("topic")), []).append(row)
    result = Registered()
    for topic in topics:
        rows = sorted(ours.get(topic, ()), key=lambda row: (row.get("status") != ACTIVE, row["id"]))
        try:
            if not is_anew and rows and rows[0].get("status") == PAUSED:
                result.refused[topic] = "It is paused in WooCommerce."
            elif not is_anew and rows and rows[0].get("status") == ACTIVE:
                result.found.append(topic)
            else:
                _set_up(connection, topic, address, secret, rows, result)
        except (Refused, NotTaken) as error:
            result.refused[topic] = _words_of(error)
    return result


def _set_up(
    connection: Connection,
    topic: str,
    address: str,
    secret: str,
    rows: list[dict[str, Any]],
    result: Registered,
) -> None:
    wanted = {"secret": secret, "status": ACTIVE, "delivery_url": address}
    if not rows:
        fresh = wanted | {"name": NAME.format(topic), "topic": topic}
        connection.request(Question("POST", "/webhooks", json=fresh))
        result.made.append(topic)
        return
    kept, *others = rows
    # Its secret cannot be read: perhaps it is another by now.
    connection.request(Question("PUT", f"/webhooks/{kept['id']}", json=wanted))
    (result.found if kept.get("status") == ACTIVE else result.made).append(topic)
    for row in others:
        connection.request(Question("DELETE", f"/webhooks/{row['id']}", query={"force": "true"}))


def _webhooks(connection: Connection) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, MOST_PAGES + 1):
        try:
            rows = connection.get("/webhooks", per_page=PAGE_SIZE, page=page).document
        except Refused as error:
            raise Refused(
                f"{connection.host} does not show its webhooks to this key: {_words_of(error)}"
            ) from None
        if not isinstance(rows, list):
            raise PlatformFault(f"{connection.host} does not answer with a list of webhooks.")
        found += [row for row in rows if isinstance(row, dict)]
        if len(rows) < PAGE_SIZE:
            return found
    raise PlatformFault(f"{connection.host} comes to no end with its webhooks")


def _document_of(error: PlatformFault) -> dict[str, Any]:
    try:
        document = json.loads(error.answer)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _words_of(error: PlatformFault) -> str:
    message = _document_of(error).get("message")
    words = " ".join(message.split())[:LONGEST_WORDS] if isinstance(message, str) else ""
    shown = "".join(filter(str.isprintable, words)) or str(error)
    if isinstance(error, Refused):
        return f"{shown} The key needs the permission {WRITE}."
    return shown
