"""Type name aliases: read `CreateLogoutInput` as the documented `createLogoutInput`.

Bagisto's clients write the names of inputs and payloads with a small first letter; documents from
before this schema did so write them with a capital one (CONTRACTS, Amendments, "names of inputs
and payloads").
"""

from typing import Any

from graphql import DocumentNode, GraphQLSchema, NamedTypeNode, NameNode, Visitor, visit


def with_documented_names(document: DocumentNode, schema: GraphQLSchema) -> DocumentNode:
    """Replace capitalised type names in a document by those that the schema has instead."""
    renamed = _capitalised(schema)
    text = document.loc.source.body if document.loc else ""
    # Most documents need no walk.
    if not any(name in text for name in renamed):
        return document
    changed: DocumentNode = visit(document, _Renaming(renamed))
    return changed


def _capitalised(schema: GraphQLSchema) -> dict[str, str]:
    titled = {name[0].upper() + name[1:]: name for name in schema.type_map if name[0].islower()}
    return {old: name for old, name in titled.items() if old not in schema.type_map}


class _Renaming(Visitor):
    def __init__(self, renamed: dict[str, str]) -> None:
        super().__init__()
        self.renamed = renamed

    def enter_named_type(self, node: NamedTypeNode, *_: Any) -> NamedTypeNode | None:
        name = self.renamed.get(node.name.value)
        if name is None:
            return None
        # Where it stands stays, for errors to point at.
        return NamedTypeNode(name=NameNode(value=name, loc=node.name.loc), loc=node.loc)
