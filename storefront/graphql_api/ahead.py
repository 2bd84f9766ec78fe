"""GraphQL requests made ready to run, where it is cheap before their key is looked at.

What such a request will ask for is known then, and comes in the key's own round trip.
"""

from typing import Any, NamedTuple

from django.http import HttpRequest
from graphene.utils.str_converters import to_camel_case
from graphql import (
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    get_operation_ast,
)

from downloads.errors import BadInput
from storefront.authentication import StorefrontCaller
from storefront.grant_fields import IRI
from storefront.graphql_api.ids import number_in
from storefront.graphql_api.lifted_documents import ReadDocument, recall
from storefront.graphql_api.node_count import require_few_nodes
from storefront.graphql_api.request import GraphQLRequest, parse_request
from storefront.graphql_api.validation import MAX_REMEMBERED_CHARACTERS, DocumentRefused
from storefront.http.errors import RequestRefused
from storefront.http.requests import declared_length

# A document that is remembered, and as much of variables.
MAX_BYTES = 2 * MAX_REMEMBERED_CHARACTERS
OF_GRANT = to_camel_case("customer_downloadable_product")


class ReadyRequest(NamedTuple):
    """A request whose document is valid and asks for no more than it may.

    `variables` are those it brings and those of its lifted literals. Without an operation, or with
    one too many, nothing is run either.
    """

    parsed: GraphQLRequest
    read: ReadDocument
    operation: OperationDefinitionNode | None
    variables: dict[str, Any]

    @property
    def grant(self) -> int | None:
        """The number of a grant that it asks for first of all, where that is plain to see.

        Nothing depends on it: what was not seen coming is asked for by itself.
        """
        selections = self.operation.selection_set.selections if self.operation else ()
        for field in selections:
            if isinstance(field, FieldNode) and field.name.value == OF_GRANT and field.arguments:
                value = field.arguments[0].value
                name = value.name.value if isinstance(value, VariableNode) else ""
                return _number(self.variables.get(name))
        return None

    def run_planned(self, caller: StorefrontCaller) -> dict[str, Any] | None:
        """Return what its plan brings; None where the library is to run it.

        So where the grant it names did not come with its key: it may be that there is none, and
        once is enough to ask.
        """
        plan = self.read.plan
        if plan is None or (plan.node.name.value == OF_GRANT and caller.found.grant is None):
            return None
        return plan.run(caller, self.variables)


def make_ready(schema: GraphQLSchema, parsed: GraphQLRequest, read: ReadDocument) -> ReadyRequest:
    """Choose the operation to run, and count what its lists ask for.

    Raises:
        DocumentRefused: too much.
    """
    operation = get_operation_ast(read.document, parsed.operation_name)
    variables = {**(parsed.variables or {}), **read.values}
    if operation is not None:
        try:
            require_few_nodes(schema, read.document, operation, variables)
        except DocumentRefused as refused:
            raise DocumentRefused(read.errors_as_sent(refused.errors)) from None
    return ReadyRequest(parsed, read, operation, variables)


def look_ahead(schema: GraphQLSchema, request: HttpRequest) -> ReadyRequest | None:
    """Return a request that is sure to be run once its key is good, or None. No query.

    A document that is not known yet is not read: it would cost us, and no key is shown yet.
    """
    if declared_length(request) > MAX_BYTES:
        return None
    try:
        parsed = parse_request(request)
        read = recall(schema, parsed.query)
        ready = None if read is None else make_ready(schema, parsed, read)
    # It is refused when its turn comes.
    except (RequestRefused, DocumentRefused):
        return None
    return ready if ready and ready.operation else None


def _number(identifier: object) -> int | None:
    try:
        return number_in(str(identifier), iri=IRI)
    except BadInput:
        return None
