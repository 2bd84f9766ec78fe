"""The buyers of a shop, and who asks for their orders."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.email_addresses import NO_ADDRESS, accepted_email
from downloads.models.ascii_lower import AsciiLower, Email, EmailQuerySet
from downloads.models.shops import Shop


def require_accepted(text: str) -> None:
    """Refuse what no shop would take for a mail address at its checkout."""
    if accepted_email(text) is None:
        raise ValidationError(NO_ADDRESS)


class AcceptedEmailField(models.EmailField):
    """A mail address as shops accept it, whether or not mail can be sent there."""

    default_validators = [require_accepted]

    def deconstruct(self) -> Any:
        # To the database it is no other column.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        # The form's own kind of field refuses what this one takes.
        return super().formfield(**{"form_class": forms.CharField} | kwargs)


class CustomerQuerySet(EmailQuerySet):
    def known(self) -> "CustomerQuerySet":
        """Return all but those whom only an unconfirmed account leads to: anybody may say so."""
        unconfirmed = self.filter(accounts__isnull=False, accounts__confirmed_at__isnull=True)
        return self.exclude(pk__in=unconfirmed.values("pk"))

    def not_erased(self) -> "CustomerQuerySet":
        """Return those who were not forgotten: all whose `is_erased` is false."""
        return self.filter(erased_at=None)

    def person_numbers(self) -> QuerySet[Any, Any]:
        """Return the `person_number` of each, for a subquery."""
        return self.order_by().values(number=Coalesce("person", "pk"))

    # Both are unions, and no OR: each half goes by an index of its own.

    def of_person(self, customer: "Customer") -> QuerySet[Any, Any]:
        """Return the keys of all that are one person with a customer, for a subquery."""
        root, rows = customer.person_number, self.order_by()
        return rows.filter(pk=root).values("pk").union(rows.filter(person=root).values("pk"))

    def of_account(self, email: Email) -> QuerySet[Any, Any]:
        """Return the keys of all who are one with a person whose account has this mail address.

        For a subquery, as the other.
        """
        roots = self.order_by().filter(person=None).with_email(email).values("pk")
        others = Customer.objects.order_by().filter(person__in=roots)
        return roots.union(others.values("pk"))


class Customer(models.Model):
    """A buyer of one shop. `email` is the account's, spelled by `mailbox_of`; null for none known.

    Several may have one address. `merged_into` is whom the platform or a merchant says they are
    one with, and `person` the last of that chain, null for themselves. `described_rank` says which
    report their names and address are from. Once `erased_at` is set the row holds nothing personal
    but the platform's number, by which later reports are known to be about somebody erased.
    """

    shop_path = "shop"
    audited = ()
    is_person = True

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="customers")
    email = AcceptedEmailField(null=True, blank=True)
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    platform_id = models.BigIntegerField(
        null=True, blank=True, help_text=_("The customer's number in the shop's own system.")
    )
    described_rank = models.CharField(max_length=120, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="merged"
    )
    person = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="identities"
    )
    erased_at = models.DateTimeField(_("erased on"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "platform_id"), name="customer_platform_id_is_unique_in_its_shop"
            ),
        ]
        indexes = [models.Index("shop", AsciiLower("email"), name="customer_by_address")]

    def __str__(self) -> str:
        name = f"{self.first_name} {self.last_name}".strip()
        return isolate(name or self.email or gettext("Customer {number}").format(number=self.pk))

    @property
    def person_number(self) -> int:
        """The key of the one who stands for the person, whom this may be one with."""
        return self.person_id or self.pk

    @property
    def is_erased(self) -> bool:
        """Whether they were forgotten."""
        return self.erased_at is not None


@dataclass(frozen=True)
class Reader:
    """Who asks for orders: a person, or with `email` the confirmed owner of that mail address.

    The person is the one that `customer` is one with. Of an owner, `customer` stands for those who
    bought with the address and have no number at the platform.

    In a query that is prepared, the customer's shop and person and the address may be expressions.
    """

    customer: Customer
    email: str = ""
