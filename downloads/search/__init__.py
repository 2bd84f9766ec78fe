"""Search by a part of a text: what is indexed, how the indexes are kept, what is found by them."""

from downloads.search.found import Found, find_rows
from downloads.search.text import TEXTS, Contains, with_text

__all__ = ["TEXTS", "Contains", "Found", "find_rows", "with_text"]
