"""JSON bodies, written fast."""

import json
from typing import Any

import orjson


def dump_json(body: Any) -> bytes:
    """Write JSON as UTF-8, without spaces."""
    try:
        return orjson.dumps(body)
    except TypeError:
        # Half a character, or a number past 64 bits: no text of a shop should hold one, and nobody
        # is refused an answer for it.
        return json.dumps(body, separators=(",", ":")).encode()
