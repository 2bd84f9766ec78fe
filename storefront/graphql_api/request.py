"""Parse a GraphQL-over-HTTP request into query, variables and operation name."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict

from downloads.json_names import RepeatedName, parse_once
from storefront.http.errors import RequestRefused
from storefront.http.requests import declared_length, require_length

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
    """Persisted query not found: a client sent a query's hash alone (Apollo's APQ).

    These very words have it send the query itself, and no more hashes.
    """

    EXTENSIONS = {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported", 200)

    @property
    def entry(self) -> dict[str, Any]:
        """What stands of it among a response's errors."""
        return {"message": str(self), "extensions": self.EXTENSIONS}


@dataclass(frozen=True)
class GraphQLRequest:
    """A non-empty document, its variables, and the name of the operation to run."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def answer_type(request: HttpRequest) -> str:
    """Negotiate the response's media type: the specification's own where a client names it."""
    return _answer_type(request.META.get("HTTP_ACCEPT", "*/*"))


# Clients of one kind send the same.
@lru_cache(256)
def _answer_type(accept: str) -> str:
    bare = HttpRequest()
    bare.META["HTTP_ACCEPT"] = accept
    qualities = {f"{kind.main_type}/{kind.sub_type}": kind.quality for kind in bare.accepted_types}
    is_named = qualities.get(GRAPHQL_JSON, 0) >= qualities.get(JSON, 0)
    return GRAPHQL_JSON if is_named and GRAPHQL_JSON in qualities else JSON


def methods() -> list[str]:
    """Return the HTTP methods that are answered."""
    return ["GET", "POST"] if settings.GRAPHQL_ALLOW_GET else ["POST"]


def parse_request(request: HttpRequest) -> GraphQLRequest:
    """Parse a request.

    Raises:
        RequestRefused: it cannot be read; the message says what to send.
    """
    try:
        params = _params(request)
    except UnicodeError:
        raise RequestRefused("The request is not UTF-8 text.") from None
    except RecursionError:
        raise RequestRefused(TOO_DEEP) from None
    except RequestDataTooBig:
        raise RequestRefused(TOO_LARGE, 413) from None
    query, operation_name = params.get("query"), params.get("operationName")
    if not query or not isinstance(query, str):
        raise _query_missing(params)
    if _LONG_NUMBER.search(query):
        raise RequestRefused(TOO_LONG)
    if not isinstance(operation_name, str | None):
        raise RequestRefused("The operation name must be a string.")
    for name in ("variables", "extensions"):
        if not isinstance(params.get(name), dict | None):
            raise RequestRefused(f"{name.title()} must be an object.")
    return GraphQLRequest(query, params.get("variables"), operation_name or None)


def sends_hash_alone(request: HttpRequest) -> bool:
    """Say whether a GET names its query by a hash alone."""
    try:
        params = _unpacked(request.GET)
    except (RequestRefused, RecursionError):
        return False
    return not params.get("query") and _has_hash(params)


def _query_missing(params: dict[str, Any]) -> RequestRefused:
    if _has_hash(params):
        return QueryNotSent()
    name = next((name for name in DOCUMENT_NAMES if params.get(name) is not None), None)
    if name is None:
        return RequestRefused(NO_QUERY)
    return RequestRefused(f'{NO_QUERY} No documents are stored here that "{name}" could name.')


def _has_hash(params: dict[str, Any]) -> bool:
    extensions = params.get("extensions")
    return isinstance(extensions, dict) and extensions.get("persistedQuery") is not None


def _params(request: HttpRequest) -> dict[str, Any]:
    if request.method == "GET":
        return _unpacked(request.GET)
    require_length(request)
    # Not read at all.
    if declared_length(request) > settings.GRAPHQL_MAX_BODY_BYTES:
        raise RequestRefused(TOO_LARGE, 413)
    if request.content_type in FORMS and settings.GRAPHQL_ALLOW_FORMS:
        return _unpacked(request.POST)
    if request.content_type != JSON:
        raise RequestRefused("Send the query with Content-Type: application/json.", 415)
    text = request.body.decode()
    params = _read_json(text, "The request is no valid JSON.")
    # Nothing else in UTF-8 makes half a character.
    if "\\u" in text:
        _require_text(params)
    if not isinstance(params, dict):
        raise RequestRefused("Send one JSON object with a query; batches are not answered.")
    return params


def _unpacked(fields: QueryDict) -> dict[str, Any]:
    """Return a query string's or form's fields, of which two are JSON themselves."""
    for name in FIELDS:
        if len(fields.getlist(name)) > 1:
            raise RequestRefused(f'"{name}" stands twice: send it once.')
    params: dict[str, Any] = fields.dict()
    for name in ("variables", "extensions"):
        if params.get(name):
            params[name] = _read_json(params[name], f"{name.title()} are no valid JSON.")
        else:
            params.pop(name, None)
    _require_text(params)
    return params


def _require_text(params: Any) -> None:
    # What no text can hold, half a character, would fail wherever it is used.
    json.dumps(params, ensure_ascii=False).encode()


def _read_json(text: str, complaint: str) -> Any:
    try:
        return parse_once(text)
    except RepeatedName as error:
        raise RequestRefused(str(error)) from None
    except ValueError:
        raise RequestRefused(complaint) from None
