"""Bounds how many list entries one document may ask for, before any of them is read."""

from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values, get_variable_values

from downloads import lookups
from downloads.errors import BadCursor
from storefront.graphql_api.validation import SHORTER, DocumentRefused

PAGED = frozenset({"first", "last"})


def require_few_nodes(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any] | None,
) -> None:
    """Sum what the operation's lists ask for: through aliases, fragments, variables and their
    defaults, without what `@skip` and `@include` leave out.

    Raises:
        DocumentRefused: more than the settings allow.
    """
    nodes, most = _count_nodes(schema, document, operation, variables), settings.GRAPHQL_MAX_NODES
    if nodes > most:
        message = f"All lists together may ask for at most {most} nodes; these ask for {nodes}. "
        raise DocumentRefused([GraphQLError(message + SHORTER, operation)])


def _count_nodes(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any] | None,
) -> int:
    root = schema.get_root_type(operation.operation)
    values = get_variable_values(
        schema,
        operation.variable_definitions,
        variables or {},
        max_errors=1,
        hide_suggestions=True,
    )
    # What is wrong with the variables is told when the document is to be run: nothing runs then.
    if root is None or isinstance(values, list):
        return 0
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    # Fields of one name are run once. Lists stand at the root alone.
    asked = collect_fields(schema, fragments, values, root, operation.selection_set)
    return sum(_size(root.fields.get(node.name.value), node, values) for node, *_ in asked.values())


def _size(field: GraphQLField | None, node: FieldNode, values: dict[str, Any]) -> int:
    if field is None or not field.args.keys() >= PAGED:
        return 0
    try:
        given = get_argument_values(field, node, values)
        return lookups.stretch_size(first=given.get("first"), last=given.get("last"))
    # The list itself is refused, with its own words.
    except (GraphQLError, BadCursor):
        return 0
