"""Tokens never reach a log. This is the one place that takes them out."""

import logging
import re

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
_SECRETS = (
    re.compile(r"(/(?:orders|clicks)/)[^\s?\"'<>]+", re.IGNORECASE),
    # Our own folder in a traceback and the admin's word for it are no addresses.
    re.compile(r"((?<!/admin)/downloads/)(?![\w/]+\.py\b)[^\s?\"'<>]+"),
    # Whatever has a token's shape in a path of no route of ours (/order/…, a doubled slash); the
    # ids that the admin puts there are UUIDs.
    re.compile(rf"(/)(?!{_UUID})(?![\w.-]+\.py\b)(?=[\w.:~|-]*\d)[\w.:~|-]{{20,}}", re.IGNORECASE),
    re.compile(r"([?&]id=)[^\s&\"'<>]+"),
    re.compile(r"(pk_storefront_)[\w-]+"),
    re.compile(r"(Bearer +)[^\s\"']+", re.IGNORECASE),
)


def redact(text: str) -> str:
    """Return the text with every order token, signed address, key and bearer blotted out."""
    for secret in _SECRETS:
        text = secret.sub(r"\1[redacted]", text)
    return text


class RedactingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
