"""Log redaction: the one place that takes tokens, keys and passwords out of log lines."""

import logging
import re

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
# A telling name and what leads to its value, in JSON, GraphQL or Python. One may stand inside the
# other, so that each quote has its backslashes.
_NAME = r"(?:password\w{0,24}|token|secret)"
_LEADS_TO = rf"{_NAME}\\{{0,8}}[\"']?\s{{0,8}}[:=][\s\[]{{0,8}}[bru]?"
_SECRETS = (
    re.compile(r"((?<!/storefront/admin)/(?:orders|clicks|accounts)/)[^\s?\"'<>]+", re.IGNORECASE),
    re.compile(r"(/(?:invitations|invitation/accept)/)[^\s?\"'<>]+", re.IGNORECASE),
    # With a file's name behind it, which a log has decoded: spaces and quotes are part of it.
    re.compile(
        r"((?<!/admin)/downloads/)\d+/\d+/[\w-]+/[\w-]{40,}/[^\r\n]*?"
        r"(?= HTTP/\d|[\"'<>](?:[\s,;)\]}>]|\Z)|[\r\n]|\Z)"
    ),
    # Our own folder in a traceback and the admin's word for it are no addresses, which begin with
    # a number.
    re.compile(r"((?<!/admin)/downloads/)(?!(?!\d)\w+(?:/\w+){0,4}\.py\b)[^\s?\"'<>]+"),
    # Whatever has a token's shape in a path of no route of ours (/order/…, a doubled slash); the
    # ids that the admin puts there are UUIDs.
    re.compile(rf"(/)(?!{_UUID})(?![\w.-]+\.py\b)(?=[\w.:~|-]*\d)[\w.:~|-]{{20,}}", re.IGNORECASE),
    # Face A's token, and what somebody searched the admin for; also inside another address.
    re.compile(r"((?:[?&]|%3F|%26|filters=)(?:id|q|term)(?:=|%3D))(?:(?!%26)[^\s&\"'<>])+", re.I),
    re.compile(r"(pk_storefront_)[\w-]+"),
    re.compile(r"((?<![A-Za-z0-9])sk_)[\w-]{12,}"),
    re.compile(r"(whsec_)[A-Za-z0-9+/=]{12,}"),
    re.compile(r"(Bearer +)[^\s\"']+", re.IGNORECASE),
    # A bearer anywhere else, `<id>|<secret>`: the id tells whose it is and opens nothing.
    re.compile(r"((?<!\d)\d{1,18}(?:\||%7C))[^\s|\"'<>&\\]{16,}", re.IGNORECASE),
    # Between quotes: up to the same quote again, or where the text was cut off. A block of GraphQL
    # may have several lines.
    re.compile(
        rf"({_LEADS_TO}(?P<quote>\\{{0,8}}\"(?:\\{{0,8}}\"){{2}}))(?:(?!(?<!\\)(?P=quote)).)++",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(
        rf"({_LEADS_TO}(?P<quote>\\{{0,8}}[\"']))(?:(?!(?<!\\)(?P=quote)).)++", re.IGNORECASE
    ),
    # Without quotes: a number in JSON, and what a form or a cookie says.
    re.compile(
        rf"({_NAME}\\{{0,8}}[\"']\s{{0,8}}:\s{{0,8}})(?![bru][\"'])[^\s\"'\\\[\]{{}},&]+",
        re.IGNORECASE,
    ),
    re.compile(
        rf"((?:[?&;\"'\s]|\A)(?:\w{{0,24}}{_NAME}|sessionid)=)[^\s&;,)\"'<>]+", re.IGNORECASE
    ),
)


def redact(text: str) -> str:
    """Redact order tokens, signed URLs, keys, bearers and passwords in a text."""
    for secret in _SECRETS:
        text = secret.sub(r"\1[redacted]", text)
    return text


class RedactingFormatter(logging.Formatter):
    """Log formatter that redacts its lines."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
