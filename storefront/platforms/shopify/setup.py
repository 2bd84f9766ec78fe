"""Connect a shop on Shopify: its rights, and webhooks by `webhookSubscriptionCreate`.

Source: Shopify's GraphQL Admin API, `currentAppInstallation`, `webhookSubscriptions` and
`webhookSubscriptionCreate`; the list of webhook topics, with the access scope that each wants.
Subscriptions belong to the app; the privacy topics stand in its configuration file alone.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from storefront.platforms.client import Connection, PlatformFault
from storefront.platforms.setup import Entered, Field, Registered, Tested, Words
from storefront.platforms.shopify import admin_graphql
from storefront.platforms.shopify.admin_graphql import at, rows, shown
from storefront.platforms.shopify.remote import VERSION

# Without the first ones nothing arrives; what each of the others brings.
NEEDED: Sequence[str] = ("read_orders", "read_products")
ADVISED: Mapping[str, Words] = {
    "read_all_orders": _("orders older than 60 days (Shopify grants it on request)"),
    "read_customers": _("changed mail addresses and names of customers"),
    "read_customer_merge": _("merged customers"),
    "read_shopify_payments_disputes": _("disputes, with Shopify Payments"),
}
BEFORE: Sequence[Words] = (
    _(
        "The app and the shop must belong to the same Shopify organisation: client ID and secret "
        "open no other shop. Since 2026 Shopify gives an app of one's own no permanent token "
        "(shpat_…) any more; one that you have from before goes on working."
    ),
)
STEPS: Sequence[Words] = (
    _("In the Shopify admin open Settings → Apps → Develop apps, and there the Dev Dashboard."),
    _("Create an app and give it a name."),
    format_lazy(_("Under Scopes enter: {scopes}."), scopes=", ".join((*NEEDED, *ADVISED))),
    _("Release this version, and install the app on your shop."),
    _("Under Settings copy the client ID and the client secret to the fields below."),
)
ADDRESS_HELP = _("As in Settings → Domains: your-store.myshopify.com.")
FIELDS: Sequence[Field] = (
    Field("key", _("Client ID"), _("Of the app, under Settings."), is_required=False),
    Field(
        "signs_with",
        _("Client secret"),
        _("Beside it. Shopify signs its messages with it, too."),
    ),
    Field(
        "token",
        _("Admin API access token"),
        _(
            "Only for an app made before 2026: its token (shpat_…). Leave the client ID empty "
            "then, and enter the app's API secret key as client secret."
        ),
        is_required=False,
    ),
)
# Each topic with the right that it wants; with none, every app may hear of it.
TOPICS: Mapping[str, str] = {
    "app/uninstalled": "",
    "shop/update": "",
    "orders/create": "read_orders",
    "orders/paid": "read_orders",
    "orders/updated": "read_orders",
    "orders/edited": "read_orders",
    "orders/cancelled": "read_orders",
    "orders/delete": "read_orders",
    "orders/risk_assessment_changed": "read_orders",
    "orders/link_requested": "read_orders",
    "refunds/create": "read_orders",
    "products/create": "read_products",
    "products/update": "read_products",
    "products/delete": "read_products",
    "customers/create": "read_customers",
    "customers/update": "read_customers",
    "customers/merge": "read_customer_merge",
    "disputes/create": "read_shopify_payments_disputes",
    "disputes/update": "read_shopify_payments_disputes",
}
OWN_FILE = f"""[webhooks]
api_version = "{VERSION}"

  [[webhooks.subscriptions]]
  compliance_topics = [ "customers/data_request", "customers/redact", "shop/redact" ]
  uri = "{{address}}"
"""
MOST_PAGES = 20
_STORE = re.compile(r"[a-z0-9][a-z0-9-]{0,99}", re.ASCII)
_IN_ADMIN = re.compile(r"/store/([a-z0-9][a-z0-9-]{0,99})(?:/.*)?", re.ASCII)
RIGHTS = """query { shop { name }
  currentAppInstallation { accessScopes { handle } } }"""
LIST = """query ($after: String) { webhookSubscriptions(first: 100, after: $after) {
  nodes { id topic uri } pageInfo { hasNextPage endCursor } } }"""
CREATE = """mutation ($topic: WebhookSubscriptionTopic!, $of: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $of) {
    webhookSubscription { id } userErrors { field message } } }"""
TAKEN = "already been taken"


def read_address(text: str) -> str:
    """Return a shop's address: of its name alone, or as the browser shows it in the admin."""
    text = text.strip().lower()
    if _STORE.fullmatch(text):
        return f"https://{text}.myshopify.com"
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return text  # refused where every address is
    in_admin = _IN_ADMIN.fullmatch(parts.path)
    if parts.hostname == "admin.shopify.com" and in_admin:
        return f"https://{in_admin[1]}.myshopify.com"
    return text


def read_entered(entered: Mapping[str, str]) -> Entered | dict[str, Words]:
    """Return what opens the API: an app's id and secret, or a token of earlier days."""
    key, secret, token = (entered.get(name, "") for name in ("key", "signs_with", "token"))
    if key and token:
        return {"token": _("Enter the client ID or a token, not both.")}
    if not (key or token):
        return {"key": _("Enter the app's client ID.")}
    return Entered(key, secret, secret) if key else Entered("", token, secret)


def test(connection: Connection) -> Tested:
    """Ask Shopify for the rights that its merchant has given the app."""
    data = admin_graphql.execute(connection, RIGHTS)
    scopes = rows(data, "currentAppInstallation", "accessScopes")
    granted = {scope["handle"] for scope in scopes if isinstance(scope.get("handle"), str)}
    # Who may write may read.
    granted |= {f"read_{name.removeprefix('write_')}" for name in granted if _writes(name)}
    return Tested(
        title=shown(at(data, "shop", "name")),
        granted=granted,
        missing=[right for right in NEEDED if right not in granted],
        advised={right: words for right, words in ADVISED.items() if right not in granted},
    )


def topics_for(granted: Collection[str]) -> list[str]:
    """Return the topics that these rights let us hear of."""
    return [topic for topic, right in TOPICS.items() if not right or right in granted]


def register(
    connection: Connection,
    address: str,
    *,
    secret: str,
    topics: Collection[str],
    is_anew: bool = False,
) -> Registered:
    """Subscribe to these topics; Shopify signs with the app's own secret."""
    present = _subscribed(connection, address)
    found = Registered()
    for topic in topics:
        if _name_of(topic) in present:
            found.found.append(topic)
            continue
        of = {"uri": address, "format": "JSON"}
        data = admin_graphql.execute(connection, CREATE, topic=_name_of(topic), of=of)
        errors = rows(data, "webhookSubscriptionCreate", "userErrors")
        words = "; ".join(shown(error.get("message")) for error in errors)
        if not words:
            found.made.append(topic)
        elif TAKEN in words:
            found.found.append(topic)
        else:
            found.refused[topic] = words
    return found


def _subscribed(connection: Connection, address: str) -> set[str]:
    after, found = None, set()
    for _page in range(MOST_PAGES):
        data = admin_graphql.execute(connection, LIST, after=after)
        nodes = rows(data, "webhookSubscriptions", "nodes")
        found |= {str(node.get("topic")) for node in nodes if node.get("uri") == address}
        page = at(data, "webhookSubscriptions", "pageInfo")
        after = at(page, "endCursor")
        if not at(page, "hasNextPage") or not isinstance(after, str):
            return found
    raise PlatformFault(f"{connection.host} comes to no end with its webhooks")


def _name_of(topic: str) -> str:
    return topic.replace("/", "_").upper()


def _writes(right: str) -> bool:
    return right.startswith("write_")
