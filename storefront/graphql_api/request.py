"""Reads what a request to face B asks, as the GraphQL-over-HTTP specification has it sent."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict

from downloads.json_names import RepeatedName, parse_once
from storefront.http.errors import RequestRefused
from storefront.http.requests import require_length

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELDS = ("query", "operationName", "variables", "extensions")
TOO_LARGE = "The request is too large."
TOO_DEEP = "The request is nested too deeply."
NO_QUERY = "Must provide query string."
# How clients of servers that keep documents name one of them.
DOCUMENT_NAMES = ("documentId", "id", "doc_id", "docId", "queryId", "operationId", "hash")
TOO_LONG = "The document holds a number that is too long."
# No number of ours has so many digits, and Python reads no number that has many more.
_LONG_NUMBER = re.compile(r"[0-9]{400}")


class QueryNotSent(RequestRefused):
    """A client sent a query's hash alone, as Apollo's automatic persisted queries begin.

    These very words have it send the query itself, and no more hashes.
    """

    EXTENSIONS = {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported", 200)


@dataclass(frozen=True)
class Asked:
    """A document that is not empty, its variables, and which of its operations is meant."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def answer_type(request: HttpRequest) -> str:
    """Return the media type of the answer: the specification's own where a client names it."""
    qualities = {
        f"{kind.main_type}/{kind.sub_type}": kind.quality for kind in request.accepted_types
    }
    is_named = qualities.get(GRAPHQL_JSON, 0) >= qualities.get(JSON, 0)
    return GRAPHQL_JSON if is_named and GRAPHQL_JSON in qualities else JSON


def methods() -> list[str]:
    """Return the methods that are answered."""
    return ["GET", "POST"] if settings.GRAPHQL_ALLOW_GET else ["POST"]


def read_asked(request: HttpRequest) -> Asked:
    """Return what a request asks.

    Raises:
        RequestRefused: it cannot be read; the message says what to send.
    """
    try:
        said = _said(request)
        # What no text can hold, half a character, would fail wherever it is used.
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeError:
        raise RequestRefused("The request is not UTF-8 text.") from None
    except RecursionError:
        raise RequestRefused(TOO_DEEP) from None
    except RequestDataTooBig:
        raise RequestRefused(TOO_LARGE, 413) from None
    query, operation_name = said.get("query"), said.get("operationName")
    if not query or not isinstance(query, str):
        raise _query_missing(said)
    if _LONG_NUMBER.search(query):
        raise RequestRefused(TOO_LONG)
    if not isinstance(operation_name, str | None):
        raise RequestRefused("The operation name must be a string.")
    for name in ("variables", "extensions"):
        if not isinstance(said.get(name), dict | None):
            raise RequestRefused(f"{name.title()} must be an object.")
    return Asked(query, said.get("variables"), operation_name or None)


def sends_hash_alone(request: HttpRequest) -> bool:
    """Say whether a GET names its query by a hash alone."""
    try:
        said = _unpacked(request.GET)
    except (RequestRefused, RecursionError):
        return False
    return not said.get("query") and _has_hash(said)


def _query_missing(said: dict[str, Any]) -> RequestRefused:
    if _has_hash(said):
        return QueryNotSent()
    name = next((name for name in DOCUMENT_NAMES if said.get(name) is not None), None)
    if name is None:
        return RequestRefused(NO_QUERY)
    return RequestRefused(f'{NO_QUERY} No documents are stored here that "{name}" could name.')


def _has_hash(said: dict[str, Any]) -> bool:
    extensions = said.get("extensions")
    return isinstance(extensions, dict) and extensions.get("persistedQuery") is not None


def _said(request: HttpRequest) -> dict[str, Any]:
    if request.method == "GET":
        return _unpacked(request.GET)
    require_length(request)
    length = request.headers.get("Content-Length", "")
    # Not read at all.
    if length.isdecimal() and int(length[:18]) > settings.GRAPHQL_MAX_BODY_BYTES:
        raise RequestRefused(TOO_LARGE, 413)
    if request.content_type in FORMS and settings.GRAPHQL_ALLOW_FORMS:
        return _unpacked(request.POST)
    if request.content_type != JSON:
        raise RequestRefused("Send the query with Content-Type: application/json.", 415)
    said = _read_json(request.body.decode(), "The request is no valid JSON.")
    if not isinstance(said, dict):
        raise RequestRefused("Send one JSON object with a query; batches are not answered.")
    return said


def _unpacked(fields: QueryDict) -> dict[str, Any]:
    """Return an address's or form's fields, of which two are JSON themselves."""
    for name in FIELDS:
        if len(fields.getlist(name)) > 1:
            raise RequestRefused(f'"{name}" stands twice: send it once.')
    said: dict[str, Any] = fields.dict()
    for name in ("variables", "extensions"):
        if said.get(name):
            said[name] = _read_json(said[name], f"{name.title()} are no valid JSON.")
        else:
            said.pop(name, None)
    return said


def _read_json(text: str, complaint: str) -> Any:
    try:
        return parse_once(text)
    except RepeatedName as error:
        raise RequestRefused(str(error)) from None
    except ValueError:
        raise RequestRefused(complaint) from None
