"""What is asked of a service's database, by name: see `processes.Inside`."""

import sys
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from downloads import fulfilment, lookups
from downloads.models import (
    Account,
    Asset,
    Customer,
    Delivery,
    DownloadEvent,
    Grant,
    Message,
    Order,
    Shop,
)
from downloads.tokens import hash_token
from storefront.models import CustomerToken, StorefrontKey, WebhookSecret
from storefront.signed_urls import Click, new_click, proof_of, read_click
from tests.system.harness.service import TOKEN

BLOCK = bytes(range(256)) * 4096


def prepare() -> dict:
    """Make a shop with one paid order; return what opens its faces."""
    at = timezone.now()
    shop = Shop.objects.create(name="Fire", domain="fire.example")
    customer = Customer.objects.create(shop=shop, email="ada@example.com")
    Order.objects.create(
        shop=shop,
        customer=customer,
        number=1,
        payment=Order.Payment.PAID,
        placed_at=at,
        token_hash=hash_token(TOKEN),
    )
    return {
        "key": StorefrontKey.issue(shop, name="fire")[1],
        "bearer": CustomerToken.issue(customer, at=at)[1],
    }


def add_file(
    name: str,
    size_bytes: int = 0,
    *,
    limit: int | None = None,
    sparse: bool = False,
    source: str | None = None,
) -> dict:
    """Give the order a file; tell its grant, key and SHA-256.

    Its bytes are those of the file at `source`, or `size_bytes` that differ from block to block
    (all of them zero, and none on the disk, if `sparse`).
    """
    order = Order.objects.get()
    name = fulfilment.files.safe_file_name(name)
    asset = Asset(shop=order.shop, title=name, file_name=name)
    asset.file.name = asset.file.field.generate_filename(asset, name)
    stored = Path(settings.MEDIA_ROOT) / asset.file.name
    stored.parent.mkdir(parents=True, exist_ok=True)
    if source is not None:
        stored.write_bytes(Path(source).read_bytes())
        asset.sha256 = sha256(stored.read_bytes()).hexdigest()
    else:
        asset.sha256 = _write(stored, size_bytes, sparse=sparse)
    asset.size_bytes = stored.stat().st_size
    asset.content_type = fulfilment.files.content_type_of(name)
    asset.save()
    grant = fulfilment.attach_to_order(order, asset, limit=limit, at=timezone.now())
    return {"grant": grant.pk, "key": asset.file.name, "sha256": asset.sha256}


def _write(stored: Path, size_bytes: int, *, sparse: bool) -> str:
    digest = sha256()
    with stored.open("wb") as out:
        out.truncate(size_bytes)
        for start in range(0, size_bytes, len(BLOCK)):
            block = bytes(len(BLOCK)) if sparse else start.to_bytes(8, "big") + BLOCK[8:]
            block = block[: size_bytes - start]
            digest.update(block)
            if not sparse:
                out.write(block)
    return digest.hexdigest()


def open_shops(secret: str, *, email: str, password: str) -> None:
    """Let the shop and another one send orders as Shopify does, and a customer sign in."""
    for shop in (Shop.objects.get(), Shop.objects.create(name="Other", domain="other.example")):
        WebhookSecret.keep(shop, source="shopify", secret=secret)
    register(email, password)


def register(email: str, password: str) -> None:
    """Make a customer's account, whose owner has followed the link in the mail."""
    given = {"email": email, "password": password, "first_name": "Ada", "last_name": "Lovelace"}
    shop, at = Shop.objects.get(name="Fire"), timezone.now()
    fulfilment.register(shop, at=at, **given)
    account = Account.objects.get()
    fulfilment.choose_password(account.pk, state=account.state, password=password, at=at)


def keep_secret(secret: str) -> int:
    """Let the shop send as Shopify does; return the number of the secret it signs with."""
    return WebhookSecret.keep(Shop.objects.get(), source="shopify", secret=secret).pk


def revoke_secret(number: int) -> None:
    """Revoke a secret, as an admin's button does."""
    WebhookSecret.objects.filter(pk=number).revoke(timezone.now())


def stored_messages() -> int:
    """Count the messages that were stored."""
    return Message.objects.count()


def add_link(link: str) -> dict:
    """Give the order a link; tell its grant."""
    order = Order.objects.get()
    asset = Asset.objects.create(shop=order.shop, title=link, link=link)
    return {"grant": fulfilment.attach_to_order(order, asset, limit=None, at=timezone.now()).pk}


def mint(grant: int, clicks: int) -> list[str]:
    """Return the addresses of so many fresh clicks."""
    held, at = lookups.grant_of_click(grant), timezone.now()
    return [new_click(held, at=at).url for _ in range(clicks)]


def mint_named(grant: int, nonce: str) -> str:
    """Return the address of a click whose nonce is known, to look for it elsewhere."""
    return Click(grant, nonce, timezone.now() + timedelta(hours=1), "book.bin").url


def prove(address: str) -> str:
    """Return what nginx alone is shown of the click of an address."""
    return proof_of(read_click(address.split("/downloads/")[1]).nonce)


def nonces(paths: list[str]) -> list[str]:
    """Return the nonces of the clicks of these paths."""
    return [read_click(path.removeprefix("/downloads/")).nonce for path in paths]


def contents(grant: int) -> dict:
    """Tell which clicks on a grant were opened, and which messages are stored, in which states."""
    opened = Delivery.objects.filter(grant=grant)
    return {
        "nonces": list(opened.values_list("nonce", flat=True)),
        "messages": list(Message.objects.values_list("delivery_id", flat=True)),
        "states": sorted(set(Message.objects.values_list("state", flat=True))),
    }


def revoke(grant: int) -> None:
    """Revoke a grant, as the merchant does."""
    fulfilment.revoke(Grant.objects.get(pk=grant), at=timezone.now())


def make_credentials() -> dict:
    """Make another key of the shop, and another bearer of its customer."""
    customer = Customer.objects.get()
    return {
        "key": StorefrontKey.issue(customer.shop, name="another")[1],
        "bearer": CustomerToken.issue(customer, at=timezone.now())[1],
    }


def close_credential(kind: str, text: str) -> None:
    """Revoke a key or a bearer, as the merchant does."""
    if kind == "key":
        StorefrontKey.objects.filter(key_hash=hash_token(text)).revoke(timezone.now())
    else:
        CustomerToken.objects.filter(pk=text.partition("|")[0]).revoke(timezone.now())


def counts(grant: int) -> dict:
    """Tell how a grant stands, and what the ledger says of it."""
    held = Grant.objects.get(pk=grant)
    events = DownloadEvent.objects.filter(grant=held)
    deliveries = list(Delivery.objects.filter(grant=held))
    kinds = list(events.values_list("kind", flat=True))
    return {
        "used": held.used,
        "given_back": held.given_back,
        "deliveries": len(deliveries),
        "sent_bytes": sum(delivery.sent_bytes for delivery in deliveries),
        "streams": sum(delivery.streams for delivery in deliveries),
        "events": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "reasons": sorted(events.exclude(reason="").values_list("reason", flat=True)),
    }


def audit() -> list[str]:
    """Return what `audit_counters` finds wrong, a line for each counter; none where it is clean."""
    named = StringIO()
    try:
        call_command("audit_counters", stdout=sys.stderr, stderr=named, no_color=True)
    except CommandError as error:
        return [*named.getvalue().splitlines(), str(error)]
    return []
