"""Disable link and open tracking, which providers do by their account's default.

Every letter of ours holds secret links. A provider that tracks clicks leads each through an address
of its own and keeps it in its log, where whoever reads the log can follow it.
"""

from anymail.backends.base import AnymailBaseBackend
from anymail.exceptions import AnymailUnsupportedFeature
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

SWITCHES = ("track_clicks", "track_opens")


def switches_of(connection: BaseEmailBackend) -> tuple[str, ...]:
    """Return the kinds of tracking a provider can switch off by mail; none for a mail server.

    A provider's interface is asked itself. One that takes no such switch would refuse every letter
    that has it, and to ignore whatever is not supported would hide more than that.
    """
    if not isinstance(connection, AnymailBaseBackend):
        return ()
    return tuple(switch for switch in SWITCHES if _takes(connection, switch))


def switch_off(message: EmailMessage, switches: tuple[str, ...]) -> None:
    """Disable these kinds of tracking for a message, whatever the account's default is."""
    for switch in switches:
        setattr(message, switch, False)


def _takes(connection: AnymailBaseBackend, switch: str) -> bool:
    message = EmailMessage("subject", "body", "from@mail.example", ["to@mail.example"])
    switch_off(message, (switch,))
    try:
        # Put together as for sending; nothing leaves.
        connection.build_message_payload(message, {})
    except AnymailUnsupportedFeature:
        return False
    return True
