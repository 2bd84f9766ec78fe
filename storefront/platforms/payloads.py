"""JSON parsing for requests and webhooks: one object, with bounds on what it may cost."""

import json
from collections.abc import Callable
from typing import Any

from downloads.errors import BadInput, NoMessage
from downloads.json_names import NoNumber, RepeatedName, parse_marking, parse_once
from storefront.platforms.values import kind_of

TOO_DEEP = "The body is nested too deeply, or has a number that is too long or none."


def parse_object(content: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        BadInput: not UTF-8, not JSON, nested too deeply, a number too long, a name that stands
            twice, or no object.
    """
    return _parsed(content, parse_once)


def parse_message(content: bytes) -> tuple[dict[str, Any], list[str]]:
    """Parse a JSON object, duplicate keys marked (`downloads.json_names`); return those too.

    Raises:
        NoMessage: it is JSON, and no object, nested too deeply, or a number is too long.
        BadInput: not UTF-8, or not JSON.
    """
    repeated: list[str] = []

    def parse(text: str) -> Any:
        document, names = parse_marking(text)
        repeated.extend(names)
        return document

    return _parsed(content, parse), repeated


def _parsed(content: bytes, parse: Callable[[str], Any]) -> dict[str, Any]:
    try:
        document = parse(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadInput("The body is not UTF-8 text.") from None
    except RepeatedName as error:
        raise BadInput(str(error)) from None
    except json.JSONDecodeError as error:
        raise BadInput(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except NoNumber:
        raise BadInput(TOO_DEEP) from None
    except (RecursionError, ValueError):
        raise NoMessage(TOO_DEEP) from None
    if not isinstance(document, dict):
        raise NoMessage(f"Expected a JSON object, got {kind_of(document)}.")
    return document
