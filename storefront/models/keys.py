"""Keys that programs of a shop send. What is only compared is stored as a hash."""

import re
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.audit.entries import enter_audit, without_automatic_entries
from downloads.bidi import isolate
from downloads.models import Shop
from downloads.tokens import has_checksum, hash_token, make_token, with_checksum
from storefront.models.credentials import Credential, CredentialQuerySet

SHOWN_CHARACTERS = 6
MAX_KEY_LENGTH = 200
# As a browser writes it: no upper case, no path, and no port that goes without saying.
_ORIGIN = re.compile(
    r"\Ahttps?://(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?\Z"
)
_USUAL_PORTS = re.compile(r"\A(?:https:.*:443|http:.*:80)\Z")
# Made in this file: the type checker, when it looks at this one alone, knows no other's.
KeyManager = models.Manager.from_queryset(CredentialQuerySet)


def default_rate() -> int:
    """Return the default rate limit of a storefront's key."""
    return settings.STOREFRONT_KEY_RATE_PER_MINUTE


def require_origins(text: str) -> None:
    """Refuse what is no list of origins, one a line.

    Raises:
        ValidationError: it names the first line that is none.
    """
    for line in text.split():
        if not _ORIGIN.match(line) or _USUAL_PORTS.match(line):
            raise ValidationError(
                _(
                    '"{line}" is no origin. Enter one a line, in lower case, like https://shop.example.'
                ).format(line=line)
            )


class ApiKey(Credential):
    """A key of one shop: `PREFIX`, 256 random bits, and a checksum of both."""

    shop_path = "shop"
    audited: ClassVar[tuple[str, ...]] = (
        *("name", "prefix", "rate_per_minute", "expires_at", "revoked_at"),
    )

    PREFIX: ClassVar[str]

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.CharField(max_length=100, help_text=gettext_lazy("Where this key is used."))
    prefix = models.CharField(gettext_lazy("begins with"), max_length=30, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    rate_per_minute = models.PositiveIntegerField(
        default=default_rate,
        validators=[MinValueValidator(1)],
        help_text=gettext_lazy("Requests a minute; more are answered with 429."),
    )

    class Meta(Credential.Meta):
        abstract = True
        default_related_name = "%(class)ss"

    def __str__(self) -> str:
        return f"{isolate(self.name)} ({isolate(self.prefix)}…)"

    @classmethod
    @transaction.atomic
    def issue(
        cls, shop: Shop, *, name: str, key: str | None = None, **limits: Any
    ) -> tuple[Self, str]:
        """Make a key and return its row and the key itself, which is shown this once.

        `limits` are further fields of the row, as `rate_per_minute`.
        """
        key = key or with_checksum(cls.PREFIX + make_token())
        row = cls(
            shop=shop,
            name=name,
            prefix=key[: cls.shown_length()],
            key_hash=hash_token(key),
            **limits,
        )
        row.save(force_insert=True)
        return row, key

    @classmethod
    def shown_length(cls) -> int:
        """Return how many characters of a key are kept to tell it from others."""
        return len(cls.PREFIX) + SHOWN_CHARACTERS

    @classmethod
    def is_key(cls, text: str) -> bool:
        """Say whether a text may be a key of this kind: whether it is copied whole."""
        return len(text) <= MAX_KEY_LENGTH and text.startswith(cls.PREFIX) and has_checksum(text)

    @transaction.atomic
    def rotate(self, *, at: datetime, grace_hours: int | None = None) -> tuple[Self, str]:
        """Make this key's successor and return it as `issue` does.

        This key goes on for `grace_hours` (by default `KEY_GRACE_HOURS`), or until an earlier end.
        The successor has no end.
        """
        hours = settings.KEY_GRACE_HOURS if grace_hours is None else grace_hours
        last = at + timedelta(hours=hours)
        rows = type(self)._default_manager.select_for_update(no_key=True)
        end = rows.values_list("expires_at", flat=True).get(pk=self.pk)
        self.expires_at = last if end is None else min(last, end)
        with without_automatic_entries(type(self)):
            self.save(update_fields=["expires_at"])
        successor, key = self.issue(self.shop, name=self.name, **self.limits())
        after = {"expires_at": self.expires_at, "successor": str(successor)}
        enter_audit("Rotated", row=self, before={"expires_at": end}, after=after)
        return successor, key

    def limits(self) -> dict[str, Any]:
        """Return what a successor keeps."""
        return {"rate_per_minute": self.rate_per_minute}


class StorefrontKey(ApiKey):
    """What a storefront sends with each request. It names the shop, and is no secret of it."""

    PREFIX = "pk_storefront_"
    audited = (*ApiKey.audited, "allowed_origins")

    allowed_origins = models.TextField(
        blank=True,
        validators=[require_origins],
        help_text=gettext_lazy(
            "Sites whose scripts may use this key, one a line, like https://shop.example. "
            "Empty: any. Programs that are no browser name no site and are not held to this."
        ),
    )

    objects = KeyManager()

    class Meta(ApiKey.Meta):
        verbose_name = gettext_lazy("storefront key")
        verbose_name_plural = gettext_lazy("storefront keys")

    def allows(self, origin: str | None) -> bool:
        """Say whether a script of this site may use the key. No site: no browser's script."""
        allowed = self.allowed_origins.split()
        return origin is None or not allowed or origin in allowed

    def limits(self) -> dict[str, Any]:
        return super().limits() | {"allowed_origins": self.allowed_origins}


class SecretKey(ApiKey):
    """What a merchant's own server sends. It may ask for a bearer of any customer of the shop."""

    PREFIX = "sk_"

    objects = KeyManager()

    class Meta(ApiKey.Meta):
        verbose_name = gettext_lazy("secret key")
        verbose_name_plural = gettext_lazy("secret keys")
