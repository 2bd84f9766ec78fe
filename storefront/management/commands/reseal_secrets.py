"""`manage.py reseal_secrets`: encrypt stored secrets with the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from downloads.errors import SealBroken
from downloads.sealing import reseal
from storefront.models import WebhookSecret


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first of ENCRYPTION_KEYS. Afterwards the other keys "
        "can be taken out of the settings."
    )

    def handle(self, **options: Any) -> None:
        done, broken = 0, []
        for secret in WebhookSecret.objects.select_related("shop"):
            try:
                WebhookSecret.objects.filter(pk=secret.pk).update(sealed=reseal(secret.sealed))
            except SealBroken:
                broken.append(f"{secret} of {secret.shop}")
            else:
                done += 1
        self.stdout.write(f"{done} secrets are sealed with the first key.")
        if broken:
            raise CommandError(
                f"No key opens: {', '.join(broken)}. Put the key they were sealed with back into "
                "ENCRYPTION_KEYS, or enter these secrets anew."
            )
