"""Store what connects a shop, once its platform has let us in with it."""

from django.db import transaction
from django.db.models import QuerySet

from downloads.audit.entries import enter_audit
from downloads.errors import SealBroken
from downloads.models import Shop
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.registry import PLATFORMS
from storefront.platforms.setup import Entered

COLUMNS = (
    *("address", "sealed", "sealed_key", "hint"),
    *("sealed_token", "token_ends_at", "complete_from"),
)


def access_of(shop: Shop, source: str, *, address: str, entered: Entered) -> PlatformAccess:
    """Return the access to a shop's platform as it was entered, unsaved."""
    access = PlatformAccess.objects.filter(shop=shop, source=source).first()
    if access is None:
        access = PlatformAccess(shop=shop, source=source)
    elif access.address != address:
        # Perhaps another shop: everything is asked for once more.
        access.complete_from = None
    access.address = address
    access.seal_in(secret=entered.secret, key=entered.key)
    return access


@transaction.atomic
def keep(access: PlatformAccess, entered: Entered) -> None:
    """Store an access, and what the platform signs with; it has not been heard of yet.

    Raises:
        IntegrityError: somebody has connected the same shop meanwhile.
    """
    # A run may be noting its end meanwhile.
    access.save(update_fields=COLUMNS if access.pk else None)
    secret = _signing_secret(access, entered)
    # The next message is the first one that shows that it works.
    WebhookSecret.objects.filter(pk=secret.pk).update(used_at=None)
    enter_audit("Connected the shop", row=access)


def _signing_secret(access: PlatformAccess, entered: Entered) -> WebhookSecret:
    lasting = WebhookSecret.objects.filter(
        shop=access.shop, source=access.source, revoked_at=None, expires_at=None
    )
    secret = entered.signs_with
    if not secret:
        # Ours to choose: that of before goes on, unless it cannot be read any more.
        known = _readable(lasting.order_by("-pk"))
        if known:
            return known[0]
        secret = PLATFORMS[access.source].new_secret() or ""
    for row in _readable(lasting):
        if row.reveal() == secret:
            return row
    return WebhookSecret.keep(access.shop, source=access.source, secret=secret)


def _readable(secrets: QuerySet[WebhookSecret]) -> list[WebhookSecret]:
    found = []
    for row in secrets:
        try:
            row.reveal()
        except SealBroken:
            continue
        found.append(row)
    return found
