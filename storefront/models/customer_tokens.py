"""Bearers of customers, and how a merchant's server asks for one."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.encryption import seal, unseal
from downloads.errors import SealBroken
from downloads.models import Account, Customer, Reader
from downloads.tokens import (
    CHECKSUM_LENGTH,
    TOKEN_LENGTH,
    hash_token,
    make_token,
    with_checksum,
)
from storefront.models.credentials import Credential, CredentialQuerySet
from storefront.models.keys import SecretKey


class CustomerTokenQuerySet(CredentialQuerySet):
    def sign_out(self, at: datetime) -> int:
        """Close these at once, as their customers ask; return how many were open."""
        return self.filter(revoked_at__isnull=True).update(revoked_at=at)

    def past_retention(self, at: datetime) -> Self:
        """Return those that ended `ENDED_TOKEN_DAYS` ago or more."""
        return self.ended_before(at - timedelta(days=settings.ENDED_TOKEN_DAYS))


class CustomerToken(Credential):
    """A signed-in customer's bearer, `<id>|<secret>`."""

    shop_path = "customer__shop"
    audited = ("expires_at", "revoked_at")
    is_person = True
    # 256 random bits, and a checksum of them.
    SECRET_LENGTH = TOKEN_LENGTH + CHECKSUM_LENGTH

    class Origin(models.TextChoices):
        ADMIN = "admin", gettext_lazy("Made in the admin")
        SIGN_IN = "sign_in", gettext_lazy("Signed in")
        EXCHANGE = "exchange", gettext_lazy("Asked for by the shop's server")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tokens")
    # By which somebody signed in, if they did. What it let in ends with it.
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, null=True, related_name="tokens", editable=False
    )
    # The address whose owner it is for; empty: it is for the customer, whatever their address.
    email = models.CharField(max_length=254, blank=True, default="", db_default="", editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    origin = models.CharField(
        gettext_lazy("origin"),
        max_length=10,
        choices=Origin.choices,
        default=Origin.ADMIN,
        editable=False,
    )

    objects = CustomerTokenQuerySet.as_manager()

    class Meta(Credential.Meta):
        verbose_name = gettext_lazy("customer token")
        verbose_name_plural = gettext_lazy("customer tokens")

    def __str__(self) -> str:
        return _("Token {number} of {customer}").format(number=self.pk, customer=self.customer)

    def is_audited(self) -> bool:
        """Say whether staff made it: what customers and their shops ask for is no act of theirs."""
        return self.origin == self.Origin.ADMIN

    @property
    def reader(self) -> Reader:
        """Whose orders it shows. Needs `customer` and the account's customer loaded.

        Once the account by which somebody signed in leads to another one, who is the owner of its
        address, so does what it let in.
        """
        account = self.account
        owner = None if account is None else account.customer
        if account is None or owner is None or owner == self.customer:
            return Reader(self.customer, self.email)
        return Reader(owner, account.email)

    @classmethod
    def issue(
        cls,
        customer: Customer,
        *,
        at: datetime,
        email: str = "",
        origin: str = Origin.ADMIN,
        account: Account | None = None,
        lasts: timedelta | None = None,
        secret: str | None = None,
    ) -> tuple["CustomerToken", str]:
        """Make a bearer and return its row and the bearer itself, which is shown this once.

        With `email` it is for the owner of that address, whom `customer` stands for. It `lasts` for
        `CUSTOMER_TOKEN_DAYS` by default.
        """
        secret = secret or with_checksum(make_token())
        row = cls.objects.create(
            customer=customer,
            email=email,
            secret_hash=hash_token(secret),
            origin=origin,
            account=account,
            expires_at=at + (lasts or timedelta(days=settings.CUSTOMER_TOKEN_DAYS)),
        )
        return row, f"{row.pk}|{secret}"


class TokenExchange(models.Model):
    """One request for a bearer, by the name its sender gave it (`Idempotency-Key`).

    The bearer is kept encrypted until it ends, so that a repetition is answered with the same one.
    """

    shop_path = "secret_key__shop"

    secret_key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="exchanges")
    name_hash = models.CharField(max_length=64)
    token = models.OneToOneField(CustomerToken, on_delete=models.CASCADE, related_name="exchange")
    sealed = models.TextField(editable=False)

    class Meta:
        verbose_name = gettext_lazy("token exchange")
        verbose_name_plural = gettext_lazy("token exchanges")
        constraints = [
            models.UniqueConstraint(
                fields=("secret_key", "name_hash"), name="exchange_is_named_once_by_its_key"
            ),
        ]

    def __str__(self) -> str:
        return _("Token exchange {number}").format(number=self.pk)

    @classmethod
    @transaction.atomic
    def answer(
        cls, secret_key: SecretKey, reader: Reader, *, name: str, at: datetime
    ) -> tuple[CustomerToken, str] | None:
        """Return a bearer's row and the bearer: a fresh one, or the one given to this name before.

        None where the name was given to a request for another reader, and that one's bearer
        still lasts. `name` may be empty, for none.
        """
        if not name:
            return cls._issue(reader, at=at)
        # One at a time: of two equal requests at once the second finds what the first made.
        SecretKey.objects.select_for_update(no_key=True).get(pk=secret_key.pk)
        name_hash = hash_token(name)
        named = cls.objects.filter(secret_key=secret_key, name_hash=name_hash)
        earlier = named.select_related("token__customer").first()
        if earlier is not None and earlier.token.is_usable(at):
            if earlier.token.reader != reader:
                return None
            with suppress(SealBroken):
                return earlier.token, unseal(earlier.sealed)
        named.delete()  # its bearer has ended since, or no key of ours opens it any more
        token, bearer = cls._issue(reader, at=at)
        cls.objects.create(
            secret_key=secret_key, name_hash=name_hash, token=token, sealed=seal(bearer)
        )
        return token, bearer

    @staticmethod
    def _issue(reader: Reader, *, at: datetime) -> tuple[CustomerToken, str]:
        lasts = timedelta(seconds=settings.EXCHANGED_TOKEN_SECONDS)
        origin = CustomerToken.Origin.EXCHANGE
        return CustomerToken.issue(
            reader.customer, at=at, email=reader.email, origin=origin, lasts=lasts
        )
