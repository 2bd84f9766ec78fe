"""The shops of a person, and what tells of their connection and of their first steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.bidi import isolate
from downloads.lookups.figures import clock_readings
from downloads.models import Asset, Attachment, Mail, Message, Order, Shop
from storefront.models import PlatformAccess, WebhookSecret
from storefront.staff.roles import rows_where
from storefront.staff.start.needs import Item

SHOPS = "downloads.view_shop"
DISMISS = "downloads.change_shop"
# Whoever has sold for so long knows the way.
NEW = timedelta(days=90)


@dataclass(frozen=True)
class Step:
    """A first step: in words, whether it is done, and where; no address for who may not."""

    words: Any
    advice: Any
    is_done: bool
    url: str


@dataclass(frozen=True)
class Steps:
    """The first steps of one new shop."""

    shop: Any
    steps: list[Step]
    may_dismiss: bool

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next_step(self) -> Step:
        return next(step for step in self.steps if not step.is_done)


# Name → words, advice, the admin's page and the permission to do it.
STEPS: dict[str, tuple[Any, Any, str, str]] = {
    "connected": (
        gettext_lazy("Connect your shop"),
        gettext_lazy("Enter the secret that its messages are signed with."),
        "storefront_webhooksecret_add",
        "storefront.add_webhooksecret",
    ),
    "uploaded": (
        gettext_lazy("Upload a file, or enter a link"),
        gettext_lazy("What your customers get."),
        "downloads_asset_add",
        "downloads.add_asset",
    ),
    "attached": (
        gettext_lazy("Attach it to a product"),
        gettext_lazy("Everybody who buys the product gets it."),
        "downloads_product_changelist",
        "downloads.change_product",
    ),
    "ordered": (
        gettext_lazy("Place a test order"),
        gettext_lazy("Buy the product in your own shop, or make an order here."),
        "downloads_order_add",
        "downloads.add_order",
    ),
    "mailed": (
        gettext_lazy("Look at the mail and the customer’s page"),
        gettext_lazy("Both are linked on the order’s page."),
        "downloads_order_changelist",
        "downloads.view_order",
    ),
}


def shops_of(user: Any, *, at: datetime) -> QuerySet[Any]:
    """Return the shops a person works for, the newest first, with what is shown. One query."""
    own = {"shop": OuterRef("pk")}
    newest_message = Message.objects.filter(**own).order_by("-received_at", "-pk")
    live = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=at))
    secrets = WebhookSecret.objects.filter(live, **own)
    # Nothing is looked for that an old shop is not shown.
    is_new = Q(created_at__gte=at - NEW, first_steps=None)
    found = {
        "connected": Exists(secrets) | Exists(PlatformAccess.objects.filter(**own)),
        "uploaded": Exists(Asset.objects.filter(**own)),
        "attached": Exists(Attachment.objects.filter(product__shop=OuterRef("pk"))),
        "ordered": Exists(Order.objects.filter(**own)),
        "mailed": Exists(Mail.objects.filter(kind=Mail.Kind.ORDER, **own)),
    }
    return (
        rows_where(Shop.objects.all(), user, SHOPS)
        .annotate(
            is_live=Exists(secrets),
            message_at=Subquery(newest_message.values("received_at")[:1]),
            message_source=Subquery(newest_message.values("source")[:1]),
            is_new=is_new,
            as_of=Subquery(clock_readings()),
            **{name: is_new & Q(exists) for name, exists in found.items()},
        )
        .order_by("-created_at", "-pk")
    )


def steps_of(user: Any, shops: list[Any]) -> Steps | None:
    """Return the first steps of the newest shop that has not done them all."""
    for shop in shops:
        if shop.is_new and not all(getattr(shop, name) for name in STEPS):
            steps = [
                Step(words, advice, getattr(shop, name), _where(user, shop, page, permission))
                for name, (words, advice, page, permission) in STEPS.items()
            ]
            return Steps(shop, steps, user.has_perm(DISMISS, shop))
    return None


def quiet_connections(user: Any, shops: list[Any], *, at: datetime) -> Iterator[Item]:
    """Yield the shops whose platform sends nothing any more although it could."""
    earliest = at - timedelta(days=settings.CONNECTION_QUIET_DAYS)
    for shop in shops:
        if shop.is_live and shop.message_at is not None and shop.message_at < earliest:
            yield Item(
                _("%(shop)s has sent nothing for %(time)s")
                % {"shop": isolate(shop.name), "time": timesince(shop.message_at, at)},
                _("If it has sold since, look there whether its messages still go out."),
                _message_list(shop) if user.has_perm("downloads.view_message", shop) else "",
                is_bad=False,
                name="quiet",
            )


def newest_message_at(shops: list[Any]) -> datetime | None:
    """Return when any of these shops last sent a message."""
    return max((shop.message_at for shop in shops if shop.message_at), default=None)


def _message_list(shop: Any) -> str:
    return f"{reverse('admin:downloads_message_changelist')}?shop__id__exact={shop.pk}"


def _where(user: Any, shop: Any, page: str, permission: str) -> str:
    return reverse(f"admin:{page}") if user.has_perm(permission, shop) else ""
