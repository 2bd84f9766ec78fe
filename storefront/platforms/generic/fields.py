"""How a shop of one's own must write a field, beyond what any sender must."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime

from downloads.errors import BadInput
from storefront.platforms.payloads import Reader


def required_text(reader: Reader, name: str) -> str:
    """Return a text that must be there."""
    text = reader.text(name)
    if text is None:
        raise BadInput(f"{reader.path}.{name}: missing")
    return text


def required_time(reader: Reader, name: str) -> datetime:
    """Return a time that must be there."""
    time = reader.time(name)
    if time is None:
        raise BadInput(f"{reader.path}.{name}: missing")
    return time


def one_of(reader: Reader, name: str, words: Mapping[str, str]) -> str:
    """Return what one of these words means."""
    word = required_text(reader, name)
    if word not in words:
        raise BadInput(f"{reader.path}.{name}: expected one of {', '.join(words)}")
    return words[word]


def require_distinct(path: str, numbers: Sequence[Hashable]) -> None:
    """Refuse a list in which two rows have the same number."""
    if len(set(numbers)) < len(numbers):
        raise BadInput(f"{path}: two of them have the same id")
