"""SMTP email backend with a hook right before a mail's content is sent."""

import smtplib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

SEND_CONTENT = 354


class _Notifying:
    """Mixin that calls `before_content` right before a mail's content is sent."""

    before_content: Callable[[], None] | None = None

    def data(self, msg: Any) -> Any:
        try:
            return super().data(msg)  # type: ignore[misc]
        finally:
            self._wait_at_most(self.timeout)  # type: ignore[attr-defined]

    def getreply(self) -> tuple[int, bytes]:
        code, answer = super().getreply()  # type: ignore[misc]
        # Until the server has asked for it, no content goes out.
        if code == SEND_CONTENT and self.before_content is not None:
            try:
                self.before_content()
            except BaseException:
                # What is said now, a farewell too, would be taken for content.
                self.close()  # type: ignore[attr-defined]
                raise
            # RFC 5321, 4.5.3.2.6: who hangs up early does not know whether the mail was taken.
            self._wait_at_most(settings.MAIL_ANSWER_SECONDS)
        return code, answer

    def _wait_at_most(self, seconds: float | None) -> None:
        if self.sock is not None:  # type: ignore[attr-defined]
            self.sock.settimeout(seconds)  # type: ignore[attr-defined]


class _Plain(_Notifying, smtplib.SMTP):
    pass


class _Encrypted(_Notifying, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """SMTP backend that calls `before_content` before each mail's content goes out.

    Whoever holds the line up to there can be sure that the mail was not sent.
    """

    before_content: Callable[[], None] | None = None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Encrypted if self.use_ssl else _Plain

    def _send(self, email_message: EmailMessage) -> bool:
        self.connection.before_content = self.before_content  # type: ignore[union-attr]  # open
        return super()._send(email_message)  # type: ignore[misc]  # the stubs leave it out
