"""Mailed password links of staff: signed, for `STAFF_LINK_MINUTES`, and stored nowhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils import timezone
from django.utils.http import base36_to_int

from storefront.signed_urls import absolute


class MailedTokens(PasswordResetTokenGenerator):
    """Django's, with a shorter end. A new password, a sign-in or another address end it too."""

    key_salt = "storefront.staff.mailed_link"

    def check_token(self, user: Any, token: str | None) -> bool:
        if not super().check_token(user, token) or token is None:
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return age <= settings.STAFF_LINK_MINUTES * 60

    def make_token_at(self, user: Any, at: datetime) -> str:
        """Make a token that counts from a moment."""
        naive = at.astimezone(UTC).replace(tzinfo=None)
        return self._make_token_with_timestamp(user, self._num_seconds(naive), self.secret)

    def _now(self) -> datetime:
        return timezone.now().astimezone(UTC).replace(tzinfo=None)


mailed_tokens = MailedTokens()


def mailed_link(user: Any, *, at: datetime) -> str:
    """Return a link by which somebody chooses a password, once and within minutes."""
    token = mailed_tokens.make_token_at(user, at)
    return absolute(reverse("admin:password_link", args=[user.pk, token]))


def link_minutes() -> int:
    """Return how many minutes such a link works."""
    most = timedelta(hours=settings.STAFF_LINK_HOURS) // timedelta(minutes=1)
    return min(settings.STAFF_LINK_MINUTES, most)
