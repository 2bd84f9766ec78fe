"""GraphQL view of face B: `POST /api/graphql`. Storefront key first, then the document.

Of graphene-django's view this one keeps how a result is written. Its `dispatch` sets a cookie at
every call, its reading of a request believes the address beside the body, and its parser reads
without a limit.
"""

import json
import logging
import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from graphene_django.views import GraphQLView
from graphql import ExecutionResult, GraphQLError, OperationType, execute_sync

from downloads.errors import DownloadsError, PasswordsBusy
from storefront.authentication import StorefrontCaller, key_and_bearer
from storefront.graphql_api.ahead import ReadyRequest, look_ahead, make_ready
from storefront.graphql_api.lifted_documents import read_once
from storefront.graphql_api.request import (
    GRAPHQL_JSON,
    GraphQLRequest,
    QueryNotSent,
    answer_type,
    methods,
    parse_request,
    sends_hash_alone,
)
from storefront.graphql_api.validation import DocumentRefused
from storefront.http.errors import (
    KeyRefused,
    OriginRefused,
    RateExceeded,
    RequestRefused,
    headers_of,
    note_outage,
    status_of,
)
from storefront.http.json_errors import json_refusal
from storefront.http.outage_errors import DOUBTFUL, is_outage
from storefront.http.refusal_counts import REFUSALS, Refusals
from storefront.http.throttling import Rate

logger = logging.getLogger(__name__)
# A refusal of the whole request, where it holds nothing else.
OF_ALL = (RateExceeded, PasswordsBusy)
ENCODER = json.JSONEncoder(separators=(",", ":"))
MASKED = "Something went wrong on our side. Please try again."
# The library repeats a variable as it was sent, a password too, which then stands in the log of
# whoever asked.
_ENTERED = re.compile(r"(String cannot represent [\w -]*value): .*\Z", re.DOTALL)
_VALUE = re.compile(r"(?<=got )invalid value .*?(?P<place> at '[\w.]+')?; (?=[^;]*\Z)", re.DOTALL)


class StorefrontGraphQL(GraphQLView):
    """No batches, no session, no cookie; GET and forms where the settings say so."""

    ready: ReadyRequest | None = None
    cut_short: UnreadablePostError | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in methods():
            return _refuse_method(request)
        try:
            return self.answer_caller(request)
        except DOUBTFUL as outage:
            if not is_outage(outage):
                raise
            return _refuse(note_outage(outage))

    def answer_caller(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        refusals = Refusals(request, request.META.get("HTTP_X_STOREFRONT_KEY", ""), at=at)
        try:
            response = self.answer_counted(request, refusals, at=at)
        except KeyRefused as error:
            return _refuse_caller(error)
        except RateExceeded as error:
            response = _refuse_caller(error)
        return _with_rate_headers(response, refusals.exceeded or refusals.rate)

    def answer_counted(
        self, request: HttpRequest, refusals: Refusals, *, at: datetime
    ) -> HttpResponse:
        """Answer, and count the request for its key or, refused or nobody's, for its client IP.

        Raises:
            KeyRefused: missing, or not to be used.
            RateExceeded: one too many of either.
        """
        refusals.require_hope()
        sent = request.META
        try:
            ready = self.look_ahead(request) if refusals.shows_bearer else None
            key, found = key_and_bearer(
                sent.get("HTTP_X_STOREFRONT_KEY"),
                refusals.bearer if ready else None,
                origin=sent.get("HTTP_ORIGIN"),
                grant=ready.grant if ready else None,
                at=at,
            )
        except OriginRefused as error:
            refusals.note()
            return _refuse_caller(error)
        refusals.admit(key)
        caller = StorefrontCaller.of(request, key, found, at=at)
        try:
            response = self.answer(request, caller)
        except RateExceeded as error:
            response = _refuse_caller(error)
        except PasswordsBusy as error:
            response = _refuse(error)
        if self.was_refused:
            refusals.note()
        refusals.settle(caller)
        return response

    def look_ahead(self, request: HttpRequest) -> ReadyRequest | None:
        """Read a request before its key is looked at, if that is cheap and it will be run."""
        try:
            self.ready = look_ahead(self.schema.graphql_schema, request)
        except UnreadablePostError as error:
            # Nobody reads it twice; and it is told, and counted, when its turn comes.
            self.cut_short = error
        return self.ready

    def answer(self, request: HttpRequest, caller: StorefrontCaller) -> HttpResponse:
        self.caller, self.was_refused = caller, False
        content_type = answer_type(request)
        response: HttpResponse
        if self.cut_short:
            raise self.cut_short
        try:
            parsed = self.ready.parsed if self.ready else parse_request(request)
            body, status = self.get_response(request, parsed)
            # Who asks for plain JSON learns from the body what became of a document: a 400 might
            # as well come from a proxy.
            response = HttpResponse(body, status=status if content_type == GRAPHQL_JSON else 200)
        except QueryNotSent as error:
            response = JsonResponse({"errors": [error.entry]}, status=error.status)
        except RequestRefused as error:
            self.was_refused = True
            response = _refuse(error)
            if error.status == 405:
                response["Allow"] = "POST"
        response["Content-Type"] = f"{content_type}; charset=utf-8"
        response["Vary"] = "Accept"
        return response

    @staticmethod
    def get_graphql_params(request: HttpRequest, parsed: GraphQLRequest) -> tuple[Any, ...]:
        return parsed.query, parsed.variables, parsed.operation_name, None

    def execute_graphql_request(
        self,
        request: HttpRequest,
        parsed: GraphQLRequest,
        query: str,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        show_graphiql: bool = False,  # noqa: FBT001, FBT002 (the view's signature)
    ) -> ExecutionResult:
        """Validate the document within its limits and execute it.

        Raises:
            RequestRefused: a mutation by GET.
            One of OF_ALL, of a sign-in where nothing else was done; an outage.
        """
        schema = self.schema.graphql_schema
        try:
            ready = self.ready or make_ready(schema, parsed, read_once(schema, query))
        except DocumentRefused as refused:
            self.was_refused = True
            return ExecutionResult(data=None, errors=refused.errors)
        operation = ready.operation
        is_query = operation is None or operation.operation == OperationType.QUERY
        if request.method == "GET" and not is_query:
            raise RequestRefused("Send a mutation with POST.", 405)
        data = self.ready.run_planned(self.caller) if self.ready else None
        if data is not None:
            return ExecutionResult(data)
        result = execute_sync(
            schema,
            ready.read.document,
            context_value=self.caller,
            variable_values=ready.variables,
            operation_name=operation_name,
            hide_suggestions=not settings.GRAPHQL_HINTS,
        )
        if result.errors:
            result.errors = ready.read.errors_as_sent(result.errors)
        was_done = any((result.data or {}).values())
        errors = [error.original_error for error in result.errors or ()]
        # Without an error of ours below it, one is of the document or its variables.
        self.was_refused = not was_done and any(
            error is None or isinstance(error, REFUSALS) for error in errors
        )
        for original in filter(None, errors):
            if is_outage(original) or (isinstance(original, OF_ALL) and not was_done):
                raise original
        return result

    def json_encode(self, request: HttpRequest, d: Any, pretty: bool = False) -> str:  # noqa: FBT001, FBT002
        return ENCODER.encode(d)

    @staticmethod
    def format_error(error: Exception) -> dict[str, Any]:
        """Format our own errors and the document's as they are, and mask every other."""
        if not isinstance(error, GraphQLError):
            error = GraphQLError(MASKED, original_error=error)
        original = error.original_error
        if original is None or isinstance(original, DownloadsError | GraphQLError):
            message = _ENTERED.sub(r"\1", error.message)
            message = _VALUE.sub(r"an invalid value\g<place>; ", message)
            return dict(error.formatted) | {"message": message}
        logger.error("A resolver failed", exc_info=original)
        return dict(error.formatted) | {"message": MASKED}


def _refuse_method(request: HttpRequest) -> JsonResponse:
    errors: list[dict[str, Any]] = [{"message": f"Send the query with {' or '.join(methods())}."}]
    if request.method == "GET" and sends_hash_alone(request):
        # Clients send hashes by GET, and do send the query by POST if this is among the errors.
        errors.append(QueryNotSent().entry)
    allowed = ", ".join((*methods(), "OPTIONS"))
    return JsonResponse({"errors": errors}, status=405, headers={"Allow": allowed})


def _refuse(error: DownloadsError) -> JsonResponse:
    errors = [{"message": str(error)}]
    return JsonResponse({"errors": errors}, status=status_of(error), headers=headers_of(error))


def _refuse_caller(error: KeyRefused | OriginRefused | RateExceeded) -> JsonResponse:
    entry: dict[str, Any] = {"message": str(error)}
    if not isinstance(error, RateExceeded):
        code = "UNAUTHENTICATED" if isinstance(error, KeyRefused) else "FORBIDDEN"
        entry["extensions"] = {"code": code}
    return json_refusal(error, errors=[entry])


def _with_rate_headers(response: HttpResponse, rate: Rate | None) -> HttpResponse:
    """Add the rate limit's headers to a response."""
    for name, value in (rate.headers if rate else {}).items():
        response[name] = value
    return response
