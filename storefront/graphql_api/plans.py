"""Compiled GraphQL queries: a kept document's fields, walked once, so that running it is short.

graphql-core looks at each field of a document anew for every request. A plan does what it would do
where all goes well, and nothing else: whatever is odd, an error above all, is left to the library,
which then runs the query from its beginning. A query changes nothing, so that this is seen nowhere.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    OperationType,
    TypeNameMetaFieldDef,
    Undefined,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.execution.execute import get_field_def
from graphql.execution.values import get_argument_values, get_variable_values

from storefront.http.outage_errors import DOUBTFUL, is_outage

# What the serializers of these types return as it is.
PLAIN: dict[GraphQLScalarType, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
}
LEAVES = (str, int, float, Decimal, datetime)
MOST = 2**31 - 1


class Unplanned(Exception):
    """Raised where the library is to run a query."""


class Info(NamedTuple):
    """What our resolvers ask of graphql-core's own info. One that asks for more has no plan."""

    context: Any


Complete = Callable[[Any, Info], Any]


class Step(NamedTuple):
    """One field of a selection."""

    resolve: Callable[..., Any]
    complete: Complete


class Plan(NamedTuple):
    """One query of a document, of one field at its root, ready to be run."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    name: str
    node: FieldNode
    field: GraphQLField
    step: Step

    def run(self, context: Any, sent: dict[str, Any]) -> dict[str, Any] | None:
        """Return the query's data, or None where the library is to run it.

        Raises:
            One of DOUBTFUL, where it is an outage.
        """
        defined = self.operation.variable_definitions
        try:
            values = get_variable_values(self.schema, defined, sent, max_errors=1)
            if isinstance(values, list):
                return None
            given = get_argument_values(self.field, self.node, values)
            info = Info(context)
            return {self.name: self.step.complete(self.step.resolve(None, info, **given), info)}
        except DOUBTFUL as error:
            if is_outage(error):
                raise
            return None
        # Whatever it is, the library comes upon it again, and has the words for it.
        except Exception:  # noqa: BLE001
            return None


def plan_of(schema: GraphQLSchema, document: DocumentNode) -> Plan | None:
    """Return the plan of a valid document with one operation; None if it is the library's."""
    text = document.loc.source.body if document.loc else "@"
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    # A directive leaves fields out by variables.
    if len(operations) != 1 or "@" in text:
        return None
    root = schema.query_type
    if root is None or operations[0].operation != OperationType.QUERY:
        return None
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    compiler = _Compiler(schema, fragments)
    try:
        found = collect_fields(schema, fragments, {}, root, operations[0].selection_set)
        # Of several, one that fails would have the others asked twice.
        if len(found) != 1:
            return None
        [(name, nodes)] = found.items()
        field, step = compiler.step(root, nodes)
        return Plan(schema, operations[0], name, nodes[0], field, step)
    except Unplanned:
        return None


class _Compiler:
    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def step(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> tuple[GraphQLField, Step]:
        field = get_field_def(self._schema, parent, nodes[0])
        if field is None or field.resolve is None:
            raise Unplanned
        if field is TypeNameMetaFieldDef:
            return field, Step(lambda *_: parent.name, _leaf(GraphQLString))
        if nodes[0].name.value.startswith("__"):
            raise Unplanned
        return field, Step(field.resolve, self._completer(field.type, nodes))

    def _steps(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> dict[str, Step]:
        inside = collect_sub_fields(self._schema, self._fragments, {}, parent, nodes)
        steps = {name: self.step(parent, found) for name, found in inside.items()}
        if any(field.args for field, _step in steps.values()):
            raise Unplanned
        return {name: step for name, (_field, step) in steps.items()}

    def _completer(self, kind: Any, nodes: list[FieldNode]) -> Complete:
        if isinstance(kind, GraphQLNonNull):
            return _required(self._completer(kind.of_type, nodes))
        if isinstance(kind, GraphQLList):
            return _listed(self._completer(kind.of_type, nodes))
        if isinstance(kind, GraphQLScalarType):
            return _leaf(kind)
        if not isinstance(kind, GraphQLObjectType) or kind.is_type_of is not None:
            raise Unplanned
        return _object(self._steps(kind, nodes))


def _object(steps: dict[str, Step]) -> Complete:
    each = [(name, step.resolve, step.complete) for name, step in steps.items()]

    def complete(value: Any, info: Info) -> Any:
        if value is None:
            return None
        if isinstance(value, Exception):
            raise Unplanned
        return {name: inner(resolve(value, info), info) for name, resolve, inner in each}

    return complete


def _listed(inner: Complete) -> Complete:
    def complete(value: Any, info: Info) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise Unplanned
        return [inner(each, info) for each in value]

    return complete


def _required(inner: Complete) -> Complete:
    def complete(value: Any, info: Info) -> Any:
        completed = inner(value, info)
        if completed is None:
            raise Unplanned
        return completed

    return complete


def _leaf(kind: GraphQLScalarType) -> Complete:
    plain, serialize, is_int = PLAIN.get(kind), kind.serialize, kind is GraphQLInt

    def complete(value: Any, info: Info) -> Any:
        found = type(value)
        if value is None or found is plain:
            return value
        if is_int and found is int and -MOST <= value <= MOST:
            return value
        if not isinstance(value, LEAVES):
            raise Unplanned
        serialized = serialize(value)
        if serialized is None or serialized is Undefined:
            raise Unplanned
        return serialized

    return complete
