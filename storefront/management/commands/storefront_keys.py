"""`manage.py storefront_keys`: list, make, rotate and revoke the keys of storefronts."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from downloads.management.arguments import require_shop, words_of
from storefront.models import StorefrontKey

# The database's times come in UTC, whatever TIME_ZONE says.
MOMENT = "%Y-%m-%d %H:%M UTC"
MAX_GRACE_HOURS = 24 * 365
OPTIONS = {"name": "--name", "rate_per_minute": "--rate", "allowed_origins": "--origin"}


class Command(BaseCommand):
    help = "List, make, rotate and revoke the keys that storefronts send. A key is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.set_defaults(verb=self.list)
        verbs = parser.add_subparsers(title="verbs", metavar="list | make | rotate | revoke")
        listing = verbs.add_parser("list", help="all keys, or those of one shop")
        listing.add_argument("--shop", help="the shop's domain")
        listing.set_defaults(verb=self.list)
        making = verbs.add_parser("make", help="a new key for a shop")
        making.add_argument("--shop", required=True, help="the shop's domain")
        making.add_argument("--name", required=True, help="where the key is used")
        making.add_argument("--rate", type=int, help="requests a minute")
        making.add_argument(
            "--origin", action="append", default=[], help="a site that may use it; repeat for more"
        )
        making.set_defaults(verb=self.make)
        rotating = verbs.add_parser("rotate", help="a successor; the earlier key ends soon")
        rotating.add_argument("key", help="how the key begins, as `list` shows it")
        rotating.add_argument(
            "--grace-hours",
            type=int,
            default=settings.KEY_GRACE_HOURS,
            help="how long the earlier key goes on (%(default)s)",
        )
        rotating.set_defaults(verb=self.rotate)
        revoking = verbs.add_parser("revoke", help="refuse a key from the next request on")
        revoking.add_argument("key", help="how the key begins, as `list` shows it")
        revoking.set_defaults(verb=self.revoke)

    def handle(self, *, verb: Any, **options: Any) -> None:
        verb(**options)

    def list(self, *, shop: str | None = None, **options: Any) -> None:
        keys = StorefrontKey.objects.select_related("shop").order_by("shop__domain", "-pk")
        if shop is not None:
            keys = keys.filter(shop=require_shop(shop))
        for key in keys:
            self.stdout.write(f"{key.prefix}…  {key.shop.domain}  {key.name}  {_state(key)}")
        if not keys:
            self.stdout.write("There are no keys yet. Make one: storefront_keys make --help")

    def make(self, *, shop: str, name: str, rate: int | None, origin: Any, **options: Any) -> None:
        limits: dict[str, Any] = {"allowed_origins": "\n".join(origin)}
        if rate is not None:
            limits["rate_per_minute"] = rate
        draft = StorefrontKey(shop=require_shop(shop), name=name, **limits)
        try:
            draft.clean_fields(exclude=["prefix", "key_hash"])
        except ValidationError as error:
            raise CommandError(words_of(error, OPTIONS)) from None
        self._show(*StorefrontKey.issue(draft.shop, name=name, **limits))

    def rotate(self, *, key: str, grace_hours: int, **options: Any) -> None:
        if not 0 <= grace_hours <= MAX_GRACE_HOURS:
            raise CommandError(f"--grace-hours: enter 0 to {MAX_GRACE_HOURS}.")
        earlier = _key(key)
        self._show(*earlier.rotate(at=timezone.now(), grace_hours=grace_hours))
        self.stdout.write(f"The earlier key ends on {earlier.expires_at:{MOMENT}}.")

    def revoke(self, *, key: str, **options: Any) -> None:
        row = _key(key)
        StorefrontKey.objects.filter(pk=row.pk).revoke(timezone.now())
        self.stdout.write(f"{row} is refused from now on.")

    def _show(self, row: StorefrontKey, key: str) -> None:
        self.stdout.write(key)
        self.stdout.write(f"This is the key {row}. It is not shown again.")


def _key(beginning: str) -> StorefrontKey:
    """Return the usable key that begins so; the whole key is understood too."""
    shown = beginning.rstrip("…")[: StorefrontKey.shown_length()]
    usable = StorefrontKey.objects.usable(timezone.now()).select_related("shop")
    # Read here: what begins so in the database may differ in upper and lower case.
    found = [key for key in usable if shown and key.prefix.startswith(shown)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(
            f'No usable key begins with "{shown}". `storefront_keys list` shows how each begins.'
        )
    many = ", ".join(f"{key.prefix}… ({key.shop.domain})" for key in found)
    raise CommandError(f'{len(found)} usable keys begin with "{shown}": {many}. Give more of it.')


def _state(key: StorefrontKey) -> str:
    if key.revoked_at is not None:
        return f"revoked on {key.revoked_at:{MOMENT}}"
    used = f"last used {key.used_at:{MOMENT}}" if key.used_at else "never used"
    return f"{key.rate_per_minute} a minute, {_end(key)}, {used}"


def _end(key: StorefrontKey) -> str:
    if key.expires_at is None:
        return "has no end"
    return f"{'ends' if key.is_usable(timezone.now()) else 'ended'} on {key.expires_at:{MOMENT}}"
