"""Credentials of storefronts and customers. What is only compared is stored as a hash."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from downloads.models import Customer, Shop
from downloads.sealing import seal, unseal
from downloads.tokens import hash_token, make_token

KEY_PREFIX = "pk_storefront_"
SHOWN_CHARACTERS = len(KEY_PREFIX) + 6
SHOWN_END = 4


def default_rate() -> int:
    return settings.STOREFRONT_KEY_RATE_PER_MINUTE


class CredentialQuerySet(models.QuerySet):
    def usable(self, at: datetime) -> "CredentialQuerySet":
        """Return the credentials that are neither revoked nor past their end."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at), revoked_at__isnull=True
        )

    def revoke(self, at: datetime) -> int:
        """Close these at once; return how many were open."""
        return self.filter(revoked_at__isnull=True).update(revoked_at=at)


class Credential(models.Model):
    """What every credential has: an end that may be set, and one that may be sudden."""

    expires_at = models.DateTimeField("ends on", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("-created_at", "-id")

    def is_usable(self, at: datetime) -> bool:
        """Say whether it is neither revoked nor past its end."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


class StorefrontKey(Credential):
    """What a storefront sends with each GraphQL request. It names the shop."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="storefront_keys")
    name = models.CharField(max_length=100, help_text="Where this key is used.")
    prefix = models.CharField(max_length=SHOWN_CHARACTERS, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    rate_per_minute = models.PositiveIntegerField(
        default=default_rate,
        validators=[MinValueValidator(1)],
        help_text="Requests a minute; more are answered with 429.",
    )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, shop: Shop, *, name: str, key: str | None = None) -> tuple["StorefrontKey", str]:
        """Make a key and return its row and the key itself, which is shown this once."""
        key = key or KEY_PREFIX + make_token()
        row = cls.objects.create(
            shop=shop, name=name, prefix=key[:SHOWN_CHARACTERS], key_hash=hash_token(key)
        )
        return row, key


class CustomerToken(Credential):
    """A signed-in customer's bearer, `<id>|<secret>`."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tokens")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)

    def __str__(self) -> str:
        return f"Token {self.pk} of {self.customer}"

    @classmethod
    def issue(
        cls, customer: Customer, *, at: datetime, secret: str | None = None
    ) -> tuple["CustomerToken", str]:
        """Make a bearer and return its row and the bearer itself, which is shown this once."""
        secret = secret or make_token()
        row = cls.objects.create(
            customer=customer,
            secret_hash=hash_token(secret),
            expires_at=at + timedelta(days=settings.CUSTOMER_TOKEN_DAYS),
        )
        return row, f"{row.pk}|{secret}"


class WebhookSecret(Credential):
    """What a shop's platform signs its messages with. A shop may have several while one rotates.

    Stored encrypted, because it must be used again; `hint` is its end, to tell it from others.
    """

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="webhook_secrets")
    source = models.CharField("platform", max_length=20, default="shopify")
    sealed = models.TextField(editable=False)
    hint = models.CharField("ends in", max_length=4, editable=False)
    used_at = models.DateTimeField("last used", null=True, editable=False)

    def __str__(self) -> str:
        return f"Webhook secret …{self.hint}"

    @classmethod
    def keep(cls, shop: Shop, *, source: str, secret: str) -> "WebhookSecret":
        """Store a secret that the platform shows the merchant."""
        return cls.objects.create(
            shop=shop, source=source, sealed=seal(secret), hint=secret[-SHOWN_END:]
        )

    def reveal(self) -> str:
        """Return the secret itself.

        Raises:
            SealBroken: the key it was sealed with is no longer set.
        """
        return unseal(self.sealed)
