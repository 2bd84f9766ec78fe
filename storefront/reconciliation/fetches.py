"""Fetch one order anew from its platform, and record what it says.

The name of its task stands in the rows of the queue: the release before, and the one after, look
there.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.errors import DownloadsError
from downloads.models import Message, Order, Shop
from storefront.connections.opening import open_access, require_remote
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.base import Remote
from storefront.platforms.client import Missing, PlatformFault, Refused
from storefront.platforms.registry import title_of

# Apart from what shops send: a platform may be slow, and nobody is to wait for it.
QUEUE = "platforms"
# How often an order is asked for again because it was reported while we asked.
ATTEMPTS = 3


def fetch_order(shop: Shop, platform_id: int, *, at: datetime, source: str = "") -> str:
    """Ask the platform for one order, record what it says, and return what came of it in words.

    What is deleted there is deleted here. `source` is the platform that the order is on; empty: the
    one that last spoke of it.

    Raises:
        PlatformFault: we have no access to it, it cannot be asked, or it may hide the order.
        SealBroken: the token cannot be opened.
        BadInput: the order cannot be read.
    """
    source = source or _source_of(shop, platform_id)
    access = _access_to(shop, source)
    remote = require_remote(access.source)
    try:
        return _fetch(access, remote, platform_id, at=at)
    except Refused as error:
        advice = "Make a new token with all rights named here, and enter it."
        raise PlatformFault(f"{error}. {advice} {remote.WHERE_TO_GET_ACCESS}") from None
    except Missing as error:
        raise PlatformFault(f"{error}: is this the address of the shop?") from None


def fetch_soon(shop: Shop, platform_id: int, *, source: str) -> None:
    """Have an order fetched once this transaction is over, where we may ask its platform."""
    if PlatformAccess.objects.filter(shop=shop, source=source).exists():
        transaction.on_commit(lambda: _enqueue(shop, platform_id, source))


@task(queue_name=QUEUE)
def fetch_in_background(shop_id: int, platform_id: int, source: str) -> str:
    """Fetch an order; return what came of it. What fails is left to the next reconciliation."""
    shop = Shop.objects.filter(pk=shop_id).first()
    if shop is None:
        return "The shop was deleted."
    try:
        return fetch_order(shop, platform_id, at=timezone.now(), source=source)
    except (PlatformFault, DownloadsError) as error:
        return str(error)


def _enqueue(shop: Shop, platform_id: int, source: str) -> None:
    # One that no worker has taken yet will see how the order is by then. Only the backend in our
    # own database can be asked.
    if isinstance(fetch_in_background.get_backend(), DatabaseBackend):
        waiting = DBTaskResult.objects.ready().filter(task_path=fetch_in_background.module_path)
        if waiting.filter(args_kwargs__args=[shop.pk, platform_id, source]).exists():
            return
    fetch_in_background.enqueue(shop.pk, platform_id, source)


def _source_of(shop: Shop, platform_id: int) -> str:
    """Return which platform an order is on, empty where it may be on several."""
    messages = Message.objects.filter(shop=shop, about_order=platform_id).order_by("-received_at")
    source = messages.values_list("source", flat=True).first()
    if source is not None:
        return source
    sources = set(WebhookSecret.objects.filter(shop=shop).values_list("source", flat=True))
    sources |= set(PlatformAccess.objects.filter(shop=shop).values_list("source", flat=True))
    return sources.pop() if len(sources) == 1 else ""


def _access_to(shop: Shop, source: str) -> PlatformAccess:
    if not source:
        raise PlatformFault(f"It is not known on which platform of {shop.domain} this order is.")
    access = PlatformAccess.objects.filter(shop=shop, source=source).select_related("shop").first()
    if access is None:
        raise PlatformFault(
            f"We have no access to {title_of(source)} of {shop.domain}. Enter its address and "
            "token in the admin under Connections."
        )
    return access


def _fetch(access: PlatformAccess, remote: Remote, platform_id: int, *, at: datetime) -> str:
    with open_access(access) as connection:
        for _attempt in range(ATTEMPTS):
            known = _known(access.shop, platform_id)
            asked_at = timezone.now()
            placed_at = None if known is None else known.placed_at
            row = remote.read_order(connection, platform_id, placed_at=placed_at)
            if row is not None:
                outcome = remote.RECENT.record(access.shop, row, at, asked_at)
                return f"{remote.RECENT.name(row)}: {outcome}"
            if known is None:
                return f"order {platform_id}: not on the platform, nor here"
            if _delete(access.shop, platform_id, known.reported_rank, at=asked_at):
                return f"order {known.number}: deleted on the platform"
    raise PlatformFault(f"Order {platform_id} changes while we ask for it. Try it again later.")


@transaction.atomic
def _delete(shop: Shop, platform_id: int, reported_rank: str, *, at: datetime) -> bool:
    """Delete an order as the platform has, unless it was reported since we asked."""
    fulfilment.lock_shop(shop)
    now = _known(shop, platform_id)
    if now is None or now.reported_rank != reported_rank:
        return False
    fulfilment.delete_reported_order(shop, platform_id, at=at)
    return True


def _known(shop: Shop, platform_id: int | None) -> Order | None:
    return Order.objects.filter(shop=shop, platform_id=platform_id).first()
