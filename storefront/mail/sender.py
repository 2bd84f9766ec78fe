"""Send due mails of the outbox through the mail server, one after the other."""

import smtplib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cached_property

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from downloads import fulfilment
from downloads.errors import DownloadsError, PostClosed
from downloads.models import Mail
from storefront.mail import alarms, password_requests, smtp_backend
from storefront.mail.errors import FAULTS, is_disconnected, meaning_of, unusable
from storefront.mail.messages import compose, message_id_of
from storefront.mail.tracking import switch_off, switches_of


def never() -> bool:
    """Return False: never stop early."""
    return False


def send_due(
    *, clock: Callable[[], datetime] = timezone.now, until: Callable[[], bool] = never
) -> bool:
    """Send all mail that is due, or as much of it until `until` says so.

    Say whether mail can be sent at all: it stops early where it cannot, since each of the others
    would fail alike.
    """
    while not until() and fulfilment.answer_next_request(at=clock()):
        pass
    while not until() and alarms.warn_next(at=clock()):
        pass
    while not until() and password_requests.answer_next(at=clock()):
        pass
    server = MailConnection(clock)
    try:
        after = 0
        while not until() and (mail := fulfilment.send_next(server.send, at=clock(), after=after)):
            after = mail.shop_id
    except PostClosed:
        return False
    finally:
        server.close()
    return True


class MailConnection:
    """A connection to the mail server or the provider's API, for as many mails as are due."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock

    @cached_property
    def connection(self) -> BaseEmailBackend:
        return get_connection()

    @cached_property
    def switches(self) -> tuple[str, ...]:
        return switches_of(self.connection)

    def send(self, mail: Mail, begin: Callable[[], None]) -> str:
        """Send one mail; return its Message-ID, or the provider's id.

        Raises:
            NotFound: there is nothing to tell any more.
            MailRefused, MailUnsure, PostClosed: as they say.
        """
        message = compose(mail, at=self.clock())
        handing = _Handing(begin)
        try:
            self._send(message, handing)
        except DownloadsError:
            self.close()
            raise
        except FAULTS as error:
            self.close()
            raise meaning_of(error, has_begun=handing.has_begun) from error
        return _name_at_provider(message) or message_id_of(mail)

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        if "connection" in vars(self):
            with suppress(*FAULTS):
                self.connection.close()

    def _send(self, message: EmailMessage, handing: "_Handing") -> None:
        is_fresh = self._open()
        try:
            self._hand_over(message, handing)
        except smtplib.SMTPException as error:
            # A mail server may hang up after so many mails, or after a pause.
            if is_fresh or handing.has_begun or not is_disconnected(error):
                raise
            self.close()
            self._open()
            self._hand_over(message, handing)

    def _open(self) -> bool | None:
        try:
            return self.connection.open()
        # Also what is set up wrongly: it is no single mail's fault.
        except (*FAULTS, ImproperlyConfigured) as error:
            raise unusable(error) from error

    def _hand_over(self, message: EmailMessage, handing: "_Handing") -> None:
        switch_off(message, self.switches)
        if isinstance(self.connection, smtp_backend.EmailBackend):
            self.connection.before_content = handing.begin
        else:
            handing.begin()
        self.connection.send_messages([message])


class _Handing:
    """Track whether the point is passed from which a mail may have been sent."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        self.has_begun = False

    def begin(self) -> None:
        self._begin()
        self.has_begun = True


def _name_at_provider(message: EmailMessage) -> str:
    status = getattr(message, "anymail_status", None)
    return (status and status.message_id) or ""
