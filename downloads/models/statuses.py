"""What a platform's own words for an order's state mean in a shop."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models.orders import Order
from downloads.models.shops import Shop


class StatusMeaning(models.Model):
    """A merchant's word on what one status of the shop's platform says of the payment.

    `status` is as reports have it: of what is paid by hand (`processing/cod`) with the gateway.
    """

    shop_path = "shop"
    audited = ("status", "payment")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="status_meanings")
    status = models.CharField(max_length=100)
    payment = models.CharField(_("means"), max_length=10, choices=Order.ReportedPayment.choices)

    class Meta:
        verbose_name = _("status meaning")
        verbose_name_plural = _("status meanings")
        ordering = ("status",)
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "status"),
                name="status_has_one_meaning_in_its_shop",
                violation_error_message=_("This status is in the table already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{isolate(self.status)}: {self.get_payment_display()}"
