"""Answers of mail servers, kept: errors on one line, and bounces beside the mails they are of."""

from datetime import datetime

from downloads.models import Mail

ERROR_LENGTH = 1000
BOUNCE_LENGTH = 500
MESSAGE_ID_LENGTH = 255


def note_bounce(message_id: str, *, reason: str, at: datetime) -> int:
    """Record a bounce or a spam complaint; return how many mails it was of."""
    name = one_line(message_id)[:MESSAGE_ID_LENGTH]
    if not name:
        return 0
    sent = Mail.objects.filter(message_id=name, bounced_at=None)
    return sent.update(bounced_at=at, bounce=one_line(reason)[:BOUNCE_LENGTH])


def one_line(text: str) -> str:
    """Return as much of a text as a column takes: a mail server may say anything."""
    return " ".join(text.encode(errors="replace").decode().replace("\0", "").split())[:ERROR_LENGTH]
