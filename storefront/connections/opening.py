"""Open a shop's platform with what is stored: a token of a day is fetched where one is wanted."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from storefront.models import PlatformAccess
from storefront.platforms.base import Remote
from storefront.platforms.client import Connection, PlatformFault
from storefront.platforms.registry import remote_of, title_of


class StoredTokens:
    """An access's token of a day, sealed beside what it was fetched with."""

    def __init__(self, access: PlatformAccess) -> None:
        self.access = access

    def present(self) -> str:
        """Return the token while it lasts, empty where another is to be fetched."""
        token, ends_at = self.access.token()
        return token if ends_at is not None and ends_at > timezone.now() else ""

    def keep(self, token: str, ends_at: datetime) -> None:
        """Keep a token in the present one's place."""
        self.access.keep_token(token, ends_at)


def require_remote(source: str) -> Remote:
    """Return the API of a platform.

    Raises:
        PlatformFault: it offers none.
    """
    remote = remote_of(source)
    if remote is None:
        raise PlatformFault(
            _("{source} offers no API that we could ask.").format(source=title_of(source))
        )
    return remote


def open_access(access: PlatformAccess, *, is_hurried: bool = False) -> Connection:
    """Return a connection to a shop's platform, to be used in a `with` block.

    Raises:
        PlatformFault: the platform offers no API, or gives us no token.
        SealBroken: what opens it cannot be read.
    """
    key, secret = access.reveal()
    return require_remote(access.source).connect(
        access.address,
        key=key,
        secret=secret,
        tokens=StoredTokens(access),
        is_hurried=is_hurried,
    )
