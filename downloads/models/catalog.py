"""What a shop sells (products) and hands over (assets), and which goes with which."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.links import validate_link
from downloads.models.shops import Shop
from downloads.tenancy import INSTALLATION

# As much as file systems take, in bytes.
FILE_NAME_MAX_LENGTH = 255
MAX_DOWNLOADS = 2**31 - 1
MAX_LIFETIME_DAYS = 36_500
LIMIT_BOUNDS = (MinValueValidator(1), MaxValueValidator(MAX_DOWNLOADS))
LIFETIME_BOUNDS = (MinValueValidator(1), MaxValueValidator(MAX_LIFETIME_DAYS))


class Terms(models.Model):
    """How often and how long a file may be fetched; what it inherits is said further up.

    Null is unlimited and no end. Of a row that inherits, the column has what applies, or nothing.
    """

    limit = models.PositiveIntegerField(
        _("downloads per item"),
        null=True,
        blank=True,
        validators=LIMIT_BOUNDS,
        help_text=_("For each item bought."),
    )
    lifetime_days = models.PositiveIntegerField(
        _("days"),
        null=True,
        blank=True,
        validators=LIFETIME_BOUNDS,
        help_text=_("Days from the moment the customer may download."),
    )
    inherits_limit = models.BooleanField(default=False, db_default=False, editable=False)
    inherits_lifetime = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        abstract = True


class Product(models.Model):
    """One row per variant, so a product of three variants is three rows.

    `described_rank` says which report its words are from; empty while only the merchant has
    described it.
    """

    shop_path = "shop"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="products")
    name = models.CharField(max_length=500)
    variant_name = models.CharField(max_length=500, null=True, blank=True)  # noqa: DJ001 (the contract says null)
    sku = models.CharField(_("SKU"), max_length=255, null=True, blank=True)  # noqa: DJ001
    vendor = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    product_type = models.CharField(_("type"), max_length=255, null=True, blank=True)  # noqa: DJ001 (null: not told)
    tags = models.JSONField(default=list, blank=True)
    product_id = models.BigIntegerField(
        _("product number"), null=True, blank=True, help_text=_("In the shop's own system.")
    )
    variant_id = models.BigIntegerField(
        _("variant number"), null=True, blank=True, help_text=_("In the shop's own system.")
    )
    described_rank = models.CharField(max_length=120, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name", "variant_name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "variant_id"),
                name="product_variant_is_unique_in_its_shop",
                violation_error_message=_("This shop has a product with this variant number."),
            ),
        ]

    def __str__(self) -> str:
        name = isolate(self.name)
        return f"{name} ({isolate(self.variant_name)})" if self.variant_name else name


def storage_key(asset: "Asset", filename: str) -> str:
    """Name the stored file. The uploaded name never reaches the disk."""
    return f"assets/{uuid.uuid4().hex}"


class Asset(Terms):
    """One uploaded file or one link; `kind` says which. The rows of grants point here.

    Its terms are the defaults of its attachments.

    `size_bytes` is the file's length, or what the merchant says of a link (null: unknown).
    `sha256` is lower-case hex of the file's bytes, empty for a link.
    """

    shop_path = "shop"
    audited = ()

    FILE = "file"
    LINK = "link"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="assets")
    title = models.CharField(max_length=300, help_text=_("What your customers read."))
    file = models.FileField(upload_to=storage_key, blank=True, max_length=200)
    file_name = models.CharField(
        max_length=FILE_NAME_MAX_LENGTH,
        blank=True,
        help_text=_("The name the file is saved under on the customer's device."),
    )
    content_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    link = models.CharField(
        max_length=2000,
        blank=True,
        validators=[validate_link],
        help_text=_("An https address. We never fetch it; your customers are sent there."),
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    inherits_limit = models.BooleanField(default=True, db_default=True, editable=False)
    inherits_lifetime = models.BooleanField(default=True, db_default=True, editable=False)

    class Meta:
        verbose_name = _("file or link")
        verbose_name_plural = _("files and links")
        ordering = ("title", "id")
        constraints = [
            models.CheckConstraint(
                condition=(Q(link="") & ~Q(file="")) | (Q(file="") & ~Q(link="")),
                name="asset_is_a_file_or_a_link",
                violation_error_message="Choose a file or enter a link: one of the two.",
            ),
            models.CheckConstraint(
                condition=Q(file="")
                | (
                    Q(size_bytes__isnull=False, size_bytes__gt=0) & ~Q(sha256="") & ~Q(file_name="")
                ),
                name="asset_file_has_size_checksum_and_name",
            ),
        ]

    def __str__(self) -> str:
        return isolate(self.title)

    @property
    def kind(self) -> str:
        # As it came from its row: by its attribute each look would make a file of its name.
        file = self.__dict__.get("file")
        return self.FILE if (self.file if file is None else file) else self.LINK


def kept_key(kept: "KeptUpload", filename: str) -> str:
    """Name the stored file. The uploaded name never reaches the disk."""
    return f"kept/{uuid.uuid4().hex}"


class KeptUploadQuerySet(models.QuerySet["KeptUpload"]):
    def past_retention(self, at: datetime) -> "KeptUploadQuerySet":
        """Return those kept for `KEPT_UPLOAD_HOURS`, and those that are nobody's."""
        end = at - timedelta(hours=settings.KEPT_UPLOAD_HOURS)
        return self.filter(Q(kept_at__lte=end) | Q(person=None))


class KeptUpload(models.Model):
    """A file whose form was refused, kept for a while for the person who sent it.

    Of no shop: which one it was for may be what the form has still to say. Empty `person`: they
    are gone, and the file goes next.
    """

    shop_path = INSTALLATION

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    file = models.FileField(upload_to=kept_key, max_length=200)
    file_name = models.CharField(max_length=FILE_NAME_MAX_LENGTH)
    size_bytes = models.PositiveBigIntegerField()
    kept_at = models.DateTimeField(db_index=True)

    objects = KeptUploadQuerySet.as_manager()

    class Meta:
        ordering = ("kept_at", "id")

    def __str__(self) -> str:
        return isolate(self.file_name)
