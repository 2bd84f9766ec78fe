"""Columns of a shop's brand, read with its row: no page asks another query for them."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.brand.colours import check_colour
from downloads.brand.contacts import check_support


def logo_key(shop: "Branded", filename: str) -> str:
    """Name the stored logo by chance: its public address ends in it, and nobody guesses it."""
    return f"logos/{uuid.uuid4().hex}"


class Branded(models.Model):
    """What a shop's customers know it by. `logo` is written by `downloads.brand.logos` alone."""

    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        default="",
        db_default="",
        validators=[check_colour],
        help_text=_(
            "Of buttons and links on your pages, like #1f5fd0. Where it could not be read it is "
            "shown in the nearest shade that can. Leave empty for ours."
        ),
    )
    logo = models.FileField(
        upload_to=logo_key, blank=True, max_length=100, default="", db_default="", editable=False
    )
    logo_width = models.PositiveSmallIntegerField(null=True, editable=False)
    logo_height = models.PositiveSmallIntegerField(null=True, editable=False)
    address = models.TextField(
        _("address of the shop"),
        blank=True,
        max_length=500,
        default="",
        db_default="",
        help_text=_("Below your pages and mails. Leave empty for none."),
    )
    support = models.CharField(
        _("where customers get help"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        validators=[check_support],
        help_text=_("A mail address, or an https page. On your pages, and in your mails."),
    )
    imprint = models.TextField(
        _("imprint"),
        blank=True,
        max_length=2_000,
        default="",
        db_default="",
        help_text=_("What the law asks you to say of yourself. Below your pages and mails."),
    )

    class Meta:
        abstract = True
