"""Shopify's Admin API in GraphQL: one question, its errors, and the pause it asks for.

Source: Shopify's GraphQL Admin API, “Rate limits” and “Status and error codes”: a refusal comes
with the status 200, named by `errors[].extensions.code`.
"""

from typing import Any

from storefront.platforms.client import Connection, NotTaken, PlatformFault, Question, Refused

PLACE = "/graphql.json"
LONGEST_WORDS = 300
# Where Shopify does not say how much is missing, and how fast it comes back.
PAUSE_SECONDS = 2.0


def execute(connection: Connection, query: str, **variables: Any) -> dict[str, Any]:
    """Return the `data` of an answer.

    Raises:
        Refused: we lack a right.
        NotTaken: it does not take the question as it stands, as with a cursor past its time.
        PlatformFault: it cannot be asked.
    """
    waited = 0.0
    while True:
        question = Question("POST", PLACE, json={"query": query, "variables": variables})
        document = connection.request(question).document
        if not isinstance(document, dict):
            raise PlatformFault(f"{connection.host} does not answer in GraphQL: is this Shopify?")
        errors = document.get("errors")
        codes = _codes(errors)
        if "THROTTLED" in codes:
            pause = _pause(document)
            waited += pause
            connection.wait(pause, waited=waited)
            continue
        if "ACCESS_DENIED" in codes:
            raise Refused(f"{connection.host} does not let us in: {_words(errors)}")
        if errors:
            raise NotTaken(f"{connection.host} does not take our question: {_words(errors)}")
        data = document.get("data")
        if not isinstance(data, dict):
            raise PlatformFault(f"{connection.host} does not answer in GraphQL: is this Shopify?")
        return data


def at(document: Any, *path: str) -> Any:
    """Return what stands at a path of objects, null where something is missing on the way."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def rows(document: Any, *path: str) -> list[dict[str, Any]]:
    """Return the objects of a list at a path; none where there is no list."""
    found = at(document, *path)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def shown(words: Any) -> str:
    """Return what Shopify says as one short line to show."""
    text = " ".join(words.split()) if isinstance(words, str) else ""
    return "".join(filter(str.isprintable, text[:LONGEST_WORDS]))


def _codes(errors: Any) -> set[Any]:
    listed = errors if isinstance(errors, list) else []
    codes = [at(error, "extensions", "code") for error in listed]
    return {code for code in codes if isinstance(code, str)}


def _words(errors: Any) -> str:
    listed = errors if isinstance(errors, list) else [{"message": errors}]
    return shown("; ".join(filter(None, (shown(at(error, "message")) for error in listed))))


def _pause(document: dict[str, Any]) -> float:
    cost = at(document, "extensions", "cost")
    wanted = at(cost, "requestedQueryCost")
    left = at(cost, "throttleStatus", "currentlyAvailable")
    rate = at(cost, "throttleStatus", "restoreRate")
    numbers = [each for each in (wanted, left, rate) if type(each) in {int, float}]
    if len(numbers) < 3 or rate <= 0:
        return PAUSE_SECONDS
    return max((wanted - left) / rate, 0.1)
