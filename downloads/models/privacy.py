"""What the law lets a buyer ask of a shop."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.models.shops import Shop


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    def past_retention(self, at: datetime) -> "DataRequestQuerySet":
        """Return those answered `DATA_REQUEST_RETENTION_DAYS` ago or more."""
        end = at - timedelta(days=settings.DATA_REQUEST_RETENTION_DAYS)
        return self.filter(answered_at__lt=end)


class DataRequest(models.Model):
    """A buyer asked the shop what is stored about them. The shop answers, with our export.

    `customer_platform_id` and `email` say who it is, as far as the platform told; both are
    emptied when that buyer is erased.
    """

    shop_path = "shop"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="data_requests")
    platform_id = models.BigIntegerField(_("number on the platform"))
    customer_platform_id = models.BigIntegerField(null=True)
    email = models.EmailField(blank=True)
    asked_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("data request")
        verbose_name_plural = _("data requests")
        ordering = ("-asked_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "platform_id"), name="data_request_is_stored_once"
            ),
        ]

    def __str__(self) -> str:
        return gettext("Data request {number}").format(number=self.platform_id)
