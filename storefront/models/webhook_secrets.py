"""What a shop's platform signs with. It must be used again, so it is stored encrypted."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.bidi import isolate
from downloads.encryption import seal, unseal
from downloads.models import Shop
from storefront.models.credentials import Credential, CredentialQuerySet

SHOWN_END = 4
# Made in this file: the type checker, when it looks at this one alone, knows no other's.
SecretManager = models.Manager.from_queryset(CredentialQuerySet)


class WebhookSecret(Credential):
    """What a shop's platform signs its messages with. A shop may have several while one rotates.

    `hint` is its end, to tell it from others.
    """

    shop_path = "shop"
    audited = ("source", "hint", "expires_at", "revoked_at")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="webhook_secrets")
    source = models.CharField(gettext_lazy("platform"), max_length=20, default="shopify")
    sealed = models.TextField(editable=False)
    hint = models.CharField(gettext_lazy("ends in"), max_length=SHOWN_END, editable=False)

    objects = SecretManager()

    class Meta(Credential.Meta):
        verbose_name = gettext_lazy("webhook secret")
        verbose_name_plural = gettext_lazy("webhook secrets")

    def __str__(self) -> str:
        return _("Webhook secret …{hint}").format(hint=isolate(self.hint))

    @classmethod
    def keep(cls, shop: Shop, *, source: str, secret: str) -> "WebhookSecret":
        """Store a secret: pasted from the platform, or a fresh one to be entered there."""
        return cls.objects.create(
            shop=shop, source=source, sealed=seal(secret), hint=secret[-SHOWN_END:]
        )

    def reveal(self) -> str:
        """Return the secret itself.

        Raises:
            SealBroken: the key it was sealed with is no longer set.
        """
        return unseal(self.sealed)
