"""`manage.py reseal_secrets`: encrypt stored secrets with the newest key."""

from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from downloads.encryption import reseal
from downloads.errors import SealBroken
from downloads.models import Invitation
from storefront.models import (
    CustomerToken,
    PlatformAccess,
    SecondFactor,
    TokenExchange,
    WebhookSecret,
)

Sealed = WebhookSecret | PlatformAccess | SecondFactor


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first of ENCRYPTION_KEYS. Afterwards the other keys "
        "can be taken out of the settings."
    )

    def handle(self, **options: Any) -> None:
        tokens = _reseal_tokens()
        invitations = _reseal_invitations()
        done, broken = 0, []
        rows: list[Sealed] = [
            *WebhookSecret.objects.select_related("shop"),
            *PlatformAccess.objects.select_related("shop"),
            *SecondFactor.objects.select_related("user"),
        ]
        for row in rows:
            try:
                _reseal(row)
            except SealBroken:
                broken.append(str(row) if isinstance(row, SecondFactor) else f"{row} of {row.shop}")
            else:
                done += 1
        self.stdout.write(f"{done} secrets are sealed with the first key.")
        self.stdout.write(f"{tokens} tokens that shops' servers asked for are, too.")
        if invitations:
            self.stdout.write(f"{invitations} invitations that wait to be mailed are, too.")
        if broken:
            raise CommandError(
                f"No key opens: {', '.join(broken)}. Put the key they were sealed with back into "
                "ENCRYPTION_KEYS, or enter these secrets anew."
            )


def _reseal(row: Sealed) -> None:
    sealed = {"sealed": reseal(row.sealed)}
    if isinstance(row, PlatformAccess) and row.sealed_key:
        sealed["sealed_key"] = reseal(row.sealed_key)
    if isinstance(row, PlatformAccess) and row.sealed_token:
        # Of a day: where no key opens it, another is fetched.
        sealed["sealed_token"] = _resealed_or_none(row.sealed_token)
    model: Any = type(row)
    model._default_manager.filter(pk=row.pk).update(**sealed)


def _resealed_or_none(sealed: str) -> str:
    try:
        return reseal(sealed)
    except SealBroken:
        return ""


def _reseal_invitations() -> int:
    """Seal anew the invitations that wait to be mailed; return how many.

    One that no key opens is not mailed: its link was shown to whoever invited.
    """
    written = Invitation.objects.exclude(sealed_token="")  # nosec B106 (none)
    waiting = written.values_list("pk", "sealed_token")
    done = 0
    for number, before in list(waiting):
        sealed = _resealed_or_none(before)
        # Sent meanwhile? Then it was forgotten, and stays so.
        rows = Invitation.objects.filter(pk=number, sealed_token=before)
        done += rows.update(sealed_token=sealed) if sealed else 0
    return done


def _reseal_tokens() -> int:
    """Seal anew the tokens that a repetition is answered with; return how many.

    One that no key opens is nobody's loss: its repetition is answered with a fresh one.
    """
    lasting = CustomerToken.objects.usable(timezone.now())
    done = 0
    for exchange in TokenExchange.objects.filter(token__in=lasting):
        with suppress(SealBroken):
            sealed = reseal(exchange.sealed)
            done += TokenExchange.objects.filter(pk=exchange.pk).update(sealed=sealed)
    return done
