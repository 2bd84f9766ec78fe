"""How a shop's platform is asked for what it has. Its token is used again: stored encrypted."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.encryption import seal, unseal
from downloads.errors import SealBroken
from downloads.models import Shop

SHOWN_END = 4


class PlatformAccess(models.Model):
    """The address of a platform's Admin API for one shop, and what opens it.

    `sealed_key` is empty where the platform has no key beside its secret. `complete_from` is where
    the last complete run began: whatever changed before it is known. `last_run_at` is when the
    last run ended, and null before the first.

    Where the platform gives tokens of a day for a key and a secret, `sealed_token` is the present
    one, until `token_ends_at`. `connected_at` is when we first registered our webhooks there, null
    where a merchant does that. `topics` are those registered, `lost_topics` those that the
    platform had dropped when we last looked (`checked_at`) and we registered anew at `mended_at`;
    `missing_rights` are those it does not give us. `fault` is why the last look failed.
    """

    shop_path = "shop"
    audited = ("source", "address", "hint", "sealed_key", "sealed")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="platform_accesses")
    source = models.CharField(_("platform"), max_length=20)
    address = models.CharField(max_length=300)
    sealed_key = models.TextField(blank=True, editable=False)
    sealed = models.TextField(editable=False)
    hint = models.CharField(_("token ends in"), max_length=SHOWN_END, editable=False)
    complete_from = models.DateTimeField(_("complete up to"), null=True, editable=False)
    last_run_at = models.DateTimeField(_("last run"), null=True, editable=False)
    last_run_was_complete = models.BooleanField(_("complete"), null=True, editable=False)
    last_summary = models.TextField(_("what it did"), blank=True, editable=False)
    sealed_token = models.TextField(blank=True, default="", db_default="", editable=False)
    token_ends_at = models.DateTimeField(null=True, editable=False)
    connected_at = models.DateTimeField(_("connected"), null=True, editable=False)
    checked_at = models.DateTimeField(_("last tested"), null=True, editable=False)
    mended_at = models.DateTimeField(null=True, editable=False)
    topics = models.TextField(blank=True, default="", db_default="", editable=False)
    lost_topics = models.TextField(blank=True, default="", db_default="", editable=False)
    missing_rights = models.TextField(blank=True, default="", db_default="", editable=False)
    fault = models.TextField(blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("shop__domain", "source")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "source"),
                name="shop_has_one_access_to_a_platform",
                violation_error_message=_("This shop has an access to this platform already."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Access to {address}").format(address=isolate(self.address))

    def seal_in(self, *, secret: str, key: str = "") -> None:
        """Take in, unsaved, what opens the platform."""
        self.sealed_key = seal(key) if key else ""
        self.sealed = seal(secret)
        self.sealed_token, self.token_ends_at = "", None
        self.hint = secret[-SHOWN_END:]

    def reveal(self) -> tuple[str, str]:
        """Return the key, empty where there is none, and the secret.

        Raises:
            SealBroken: the key they were sealed with is no longer set.
        """
        return unseal(self.sealed_key) if self.sealed_key else "", unseal(self.sealed)

    def token(self) -> tuple[str, datetime | None]:
        """Return the platform's present token, empty where there is none, and when it ends.

        One that cannot be opened any more is as good as none: another is fetched.
        """
        try:
            return (unseal(self.sealed_token) if self.sealed_token else ""), self.token_ends_at
        except SealBroken:
            return "", None

    def keep_token(self, token: str, ends_at: datetime) -> None:
        """Store a token that was fetched for the key and the secret as they are now."""
        self.sealed_token, self.token_ends_at = seal(token), ends_at
        # By a query: another may have been entered meanwhile, or none be left.
        same = PlatformAccess.objects.filter(pk=self.pk, sealed=self.sealed)
        same.update(sealed_token=self.sealed_token, token_ends_at=ends_at)

    def note_check(self, *, at: datetime, **found: Any) -> None:
        """Keep what a look at the platform has found, by column."""
        for name, value in ({"checked_at": at} | found).items():
            setattr(self, name, value)
        PlatformAccess.objects.filter(pk=self.pk, address=self.address).update(
            checked_at=at, **found
        )

    def note_run(
        self, *, at: datetime, summary: str, was_complete: bool, complete_from: datetime | None
    ) -> None:
        """Keep how a run ended; `complete_from` is null where the next takes up an earlier one."""
        # By a query: it may have been deleted meanwhile.
        kept = PlatformAccess.objects.filter(pk=self.pk)
        kept.update(last_run_at=at, last_summary=summary, last_run_was_complete=was_complete)
        if complete_from is not None:
            # Or been given another address, of which this run has asked nothing.
            kept.filter(address=self.address).update(complete_from=complete_from)
