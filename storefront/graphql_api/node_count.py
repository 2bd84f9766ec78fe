"""GraphQL query cost: limit the list entries one document may request, before any is read."""

from functools import cache
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
    OperationType,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values, get_variable_values

from downloads.errors import BadCursor
from storefront.graphql_api.paging import page_size
from storefront.graphql_api.validation import SHORTER, DocumentRefused

PAGED = frozenset({"first", "last"})


def require_few_nodes(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any] | None,
) -> None:
    """Refuse an operation whose lists, as they are to be run, request too many entries in all.

    Raises:
        DocumentRefused: more than the settings allow.
    """
    text = document.loc.source.body if document.loc else ""
    # Most documents name no list at all.
    if not any(name in text for name in _lists(schema)):
        return
    nodes, most = _count_nodes(schema, document, operation, variables), settings.GRAPHQL_MAX_NODES
    if nodes > most:
        message = f"All lists together may ask for at most {most} nodes; these ask for {nodes}. "
        raise DocumentRefused([GraphQLError(message + SHORTER, operation)])


@cache
def _lists(schema: GraphQLSchema) -> list[str]:
    roots = [root for root in map(schema.get_root_type, OperationType) if root is not None]
    return [
        name for root in roots for name, field in root.fields.items() if field.args.keys() >= PAGED
    ]


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
    lists = collect_fields(schema, fragments, values, root, operation.selection_set)
    return sum(_size(root.fields.get(node.name.value), node, values) for node, *_ in lists.values())


def _size(field: GraphQLField | None, node: FieldNode, values: dict[str, Any]) -> int:
    if field is None or not field.args.keys() >= PAGED:
        return 0
    try:
        arguments = get_argument_values(field, node, values)
        return page_size(first=arguments.get("first"), last=arguments.get("last"))
    # The list itself is refused, with its own words.
    except (GraphQLError, BadCursor):
        return 0
