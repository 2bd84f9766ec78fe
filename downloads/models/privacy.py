"""What the law lets a buyer ask of a shop."""

from django.db import models

from downloads.models.shops import Shop


class DataRequest(models.Model):
    """A buyer asked the shop what is stored about them. The shop answers, with our export.

    `customer_platform_id` and `email` say who it is, as far as the platform told; both are
    emptied when that buyer is erased.
    """

    shop_path = "shop"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="data_requests")
    platform_id = models.BigIntegerField("number on the platform")
    customer_platform_id = models.BigIntegerField(null=True)
    email = models.EmailField(blank=True)
    asked_at = models.DateTimeField("asked")
    answered_at = models.DateTimeField("answered", null=True)

    class Meta:
        ordering = ("-asked_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "platform_id"), name="data_request_is_stored_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Data request {self.platform_id}"
