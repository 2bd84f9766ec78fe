"""Test a connection, and register what is missing of its webhooks; what is found is noted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.errors import SealBroken
from storefront.connections.addresses import webhook_address, why_unreachable
from storefront.connections.opening import open_access
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.client import Connection, PlatformFault
from storefront.platforms.registry import PLATFORMS, title_of
from storefront.platforms.setup import Registered, Setup, Tested

UNSIGNED = gettext_lazy(
    "We no longer know what the messages are signed with. Enter the access once more, with its "
    "secret."
)
# So many refused topics are told of by name.
MOST_NAMED = 3


@dataclass
class Finding:
    """What a look at a platform has found; `fault` is empty where all is well."""

    fault: str = ""
    tested: Tested | None = None
    registered: Registered = field(default_factory=Registered)


def look(
    access: PlatformAccess, *, at: datetime, is_anew: bool = False, is_hurried: bool = False
) -> Finding:
    """Test an access, have its missing webhooks made again, and note what was found.

    Webhooks are registered where we did that before, or where `is_anew` says that somebody has
    just connected the shop. It is asked outside of any transaction: a platform may be slow.
    """
    setup = PLATFORMS[access.source].setup if access.source in PLATFORMS else None
    if setup is None:
        return Finding()
    finding = Finding()
    noted: dict[str, Any] = {}
    try:
        with open_access(access, is_hurried=is_hurried) as connection:
            tested = finding.tested = setup.test(connection)
            noted["missing_rights"] = "\n".join([*tested.missing, *tested.advised])
            if tested.missing:
                finding.fault = _lacking(access, tested)
            if is_anew or access.connected_at is not None:
                _register(access, setup, connection, finding, is_anew=is_anew)
                noted |= _noted(access, finding.registered, at=at, is_anew=is_anew)
    except (PlatformFault, SealBroken) as error:
        finding.fault = str(error)
    access.note_check(at=at, fault=finding.fault, **noted)
    return finding


def _register(
    access: PlatformAccess,
    setup: Setup,
    connection: Connection,
    finding: Finding,
    *,
    is_anew: bool,
) -> None:
    if why := why_unreachable():
        raise PlatformFault(why)
    secret = _signing_secret(access)
    granted = finding.tested.granted if finding.tested else ()
    finding.registered = setup.register(
        connection,
        webhook_address(access.shop, access.source),
        secret=secret,
        topics=setup.topics_for(granted),
        is_anew=is_anew,
    )
    if finding.registered.refused and not finding.fault:
        finding.fault = _refused(access, finding.registered)


def _noted(
    access: PlatformAccess, registered: Registered, *, at: datetime, is_anew: bool
) -> dict[str, Any]:
    noted: dict[str, Any] = {"topics": " ".join(registered.topics)}
    if is_anew:
        return noted | {"connected_at": at, "lost_topics": "", "mended_at": None}
    lost = sorted(set(registered.made) & set(access.topics.split()))
    return noted | {"lost_topics": " ".join(lost), "mended_at": at} if lost else noted


def _signing_secret(access: PlatformAccess) -> str:
    """Return what the platform signs with, or is to sign with.

    Raises:
        PlatformFault: there is none any more.
        SealBroken: it cannot be opened.
    """
    secrets = WebhookSecret.objects.filter(
        shop=access.shop, source=access.source, expires_at=None, revoked_at=None
    )
    newest = secrets.order_by("-pk").first()
    if newest is None:
        raise PlatformFault(UNSIGNED)
    return newest.reveal()


def _lacking(access: PlatformAccess, tested: Tested) -> str:
    rights = ", ".join(tested.missing)
    return _(
        "{source} lets us in, but these rights are missing: {rights}. Give them to the app "
        "or the key, and test again."
    ).format(source=title_of(access.source), rights=rights)


def _refused(access: PlatformAccess, registered: Registered) -> str:
    named = list(registered.refused.items())
    words = "; ".join(f"{topic}: {why}" for topic, why in named[:MOST_NAMED])
    more = (
        _("; and {count} more").format(count=len(named) - MOST_NAMED)
        if len(named) > MOST_NAMED
        else ""
    )
    return _("{source} does not take our webhooks. {words}{more}").format(
        source=title_of(access.source), words=words, more=more
    )
