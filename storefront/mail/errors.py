"""Classify errors of a mail server or provider: refused, unsure, or unreachable.

Source: RFC 5321, 4.2 (a 4xx may pass, a 5xx will not, a 421 ends the line) and 4.5.3.1.10 (a 552
to a recipient may pass); RFC 4954, 6 and RFC 3207, 4 (a 53x asks us to sign in, or to encrypt).
"""

import smtplib
import ssl

import requests
from anymail.exceptions import AnymailError, AnymailRequestsAPIError
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProxyError
from urllib3.exceptions import SSLError as SecurityFault

from downloads.errors import DownloadsError, MailRefused, MailUnsure, PostClosed

FAULTS = (OSError, smtplib.SMTPException, AnymailError, UnicodeError)

NO_ANSWER = "The mail server did not say whether it took the mail."
SERVICE_CLOSING = 421
PERMANENT = 500
TOO_MANY_OR_TOO_MUCH = 552
SIGN_IN_FIRST = range(530, 540)
# RFC 3463, 3.8.
POLICY = " 5.7."
# Of HTTP: this one mail is at fault; and whoever stands between may have passed it on.
REFUSED_STATUSES = frozenset({400, 413, 422})
UNSURE_STATUSES = frozenset({502, 504})
BAD_REQUEST = 400


def meaning_of(error: BaseException, *, has_begun: bool) -> DownloadsError:
    """Classify an error for the mail that met it; `has_begun`: it may have been sent."""
    if isinstance(error, AnymailError):
        return _meaning_of_interface(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return _meaning_of_reply(code, answer, may_pass=code == TOO_MANY_OR_TOO_MUCH)
    if isinstance(error, smtplib.SMTPDataError):
        is_reply = error.smtp_code >= 400
        return _meaning_of_reply(error.smtp_code, error.smtp_error) if is_reply else _unsure(error)
    if has_begun:
        return _unsure(error)
    if isinstance(error, UnicodeError | smtplib.SMTPNotSupportedError):
        return MailRefused(f"The mail server cannot take this address: {error}", for_good=True)
    return unusable(error)


def unusable(error: BaseException) -> PostClosed:
    """Return the error for a server that takes no mail at all: the fault is no single mail's."""
    reason = str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        reason = f"{error.smtp_code} {_text(error.smtp_error)}"
    return PostClosed(f"The mail server cannot be used: {reason or type(error).__name__}")


def is_disconnected(error: smtplib.SMTPException) -> bool:
    """Say whether the mail server has closed the connection, or announces it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == SERVICE_CLOSING
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code == SERVICE_CLOSING for code, _answer in error.recipients.values())
    return isinstance(error, smtplib.SMTPServerDisconnected)


def _meaning_of_reply(code: int, answer: bytes | str, *, may_pass: bool = False) -> DownloadsError:
    reply = f"The mail server answered {code} {_text(answer)}"
    if code == SERVICE_CLOSING or code in SIGN_IN_FIRST:
        return PostClosed(reply)
    # What is said of policy or of rights is mostly about whoever sends, and can be mended: one
    # wrong setting is not to give up all mail at once.
    may_pass = may_pass or POLICY in reply
    return MailRefused(reply, for_good=code >= PERMANENT and not may_pass)


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _meaning_of_interface(error: AnymailError) -> DownloadsError:
    if not isinstance(error, AnymailRequestsAPIError):
        return MailRefused(f"The provider refused the mail: {error}", for_good=True)
    status = error.status_code
    if status in REFUSED_STATUSES:
        # Often a sender that is not confirmed yet, which no other mail would fare better with.
        return MailRefused(f"The provider refused the mail: {error}", for_good=False)
    # Taken, and the answer not to be read; or none, and perhaps taken.
    is_taken = status is not None and status < BAD_REQUEST
    if is_taken or status in UNSURE_STATUSES or (status is None and not _never_connected(error)):
        return _unsure(error)
    return PostClosed(f"The provider cannot be used: {error}")


def _never_connected(error: BaseException) -> bool:
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout):
        return True
    inner = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    if isinstance(reason, SecurityFault):
        # A certificate is looked at before anything is said.
        return any(isinstance(detail, ssl.SSLCertVerificationError) for detail in reason.args)
    return isinstance(reason, NewConnectionError | ProxyError)


def _unsure(error: BaseException) -> MailUnsure:
    return MailUnsure(f"{NO_ANSWER} ({error})")
