"""How a customer signs in by themselves: with a mail address and a password."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models.ascii_lower import AsciiLower, EmailQuerySet
from downloads.models.customers import Customer
from downloads.models.shops import Shop
from downloads.tokens import hash_token


class AccountQuerySet(EmailQuerySet):
    def unconfirmed(self) -> "AccountQuerySet":
        """Return the accounts whose address nobody has shown to be theirs."""
        return self.filter(confirmed_at__isnull=True)

    def past_retention(self, at: datetime) -> "AccountQuerySet":
        """Return the accounts unconfirmed for more than `UNCONFIRMED_ACCOUNT_DAYS`."""
        made = at - timedelta(days=settings.UNCONFIRMED_ACCOUNT_DAYS)
        return self.unconfirmed().filter(created_at__lt=made)


class Account(models.Model):
    """A mail address of one shop and a password, as somebody entered them.

    Until its owner has shown that the address is theirs (`confirmed_at`), the account leads to
    nobody, or to an empty customer of its own whom no order can reach. From then on it leads to
    the customer with that address.
    """

    shop_path = "shop"
    is_person = True
    audited = ()

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="accounts")
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="accounts"
    )
    email = models.EmailField(_("mail address"))
    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200)
    password = models.CharField(max_length=200, editable=False)
    confirmed_at = models.DateTimeField(_("address confirmed on"), null=True, editable=False)
    signed_in_at = models.DateTimeField(_("last signed in"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                "shop", AsciiLower("email"), name="account_email_is_unique_in_its_shop"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=True) | models.Q(customer__isnull=False),
                name="account_that_is_confirmed_has_a_customer",
            ),
        ]

    def __str__(self) -> str:
        return isolate(self.email)

    @property
    def state(self) -> str:
        """What changes with the password and with the confirmation, for tickets to name."""
        # The password's own salt keeps it from being guessed; tickets are signed besides.
        return hash_token(f"{self.pk} {self.password} {self.confirmed_at} {self.email}")[:32]
