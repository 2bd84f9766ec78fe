"""Validated-document cache: read a GraphQL document once, whatever literals stand in it.

It is kept under its text without them (`literals`), so nothing that anybody entered is. Each
becomes a variable of the type that its place has, and no two the same one: what is valid so is
valid with whatever literals of those types. What is not, or not surely, is read as it was sent,
and refused in the words and at the places that it then has.
"""

from collections.abc import Iterator
from threading import Lock
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    NameNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_nullable_type,
    parse_type,
    visit,
)

from storefront.graphql_api.limits import Limits, limits_of_settings
from storefront.graphql_api.literals import PREFIX, Lifted, Literal, lift
from storefront.graphql_api.plans import Plan, plan_of
from storefront.graphql_api.validation import (
    MAX_REMEMBERED,
    MAX_REMEMBERED_CHARACTERS,
    DocumentRefused,
    parse_within,
    read_document,
    require_valid,
)

# So many digits fit GraphQL's Int, whichever they are.
MAX_DIGITS = 9
TYPES = {False: (GraphQLString, GraphQLID), True: (GraphQLInt, GraphQLID)}
Key = tuple[GraphQLSchema, str, Limits]


class ReadDocument(NamedTuple):
    """A valid document, and the values of the variables in it that its sender wrote out."""

    document: DocumentNode
    values: dict[str, Any]
    lifted: Lifted
    plan: Plan | None = None

    def errors_as_sent(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        """Return errors of this document with their places in the one that was sent."""
        return self.lifted.errors_as_sent(errors)


class _Kept(NamedTuple):
    """A document with variables for its literals, and which of them are whole numbers."""

    document: DocumentNode
    numbers: frozenset[str]
    plan: Plan | None


class _Shelf:
    """The documents used last, a bounded number of them; None for one that is read as it is."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._documents: dict[Key, _Kept | None] = {}

    def __iter__(self) -> Iterator[Key]:
        return iter([*self._documents])

    def find(self, key: Key) -> tuple[bool, _Kept | None]:
        """Return whether a document is known, and as what."""
        with self._lock:
            if key not in self._documents:
                return False, None
            found = self._documents[key] = self._documents.pop(key)
        return True, found

    def keep(self, key: Key, document: _Kept | None) -> None:
        with self._lock:
            self._documents.pop(key, None)
            self._documents[key] = document
            if len(self._documents) > self._most:
                del self._documents[next(iter(self._documents))]

    def clear(self) -> None:
        with self._lock:
            self._documents.clear()


shelf = _Shelf(MAX_REMEMBERED)


def read_once(schema: GraphQLSchema, text: str) -> ReadDocument:
    """Parse and validate a document, unless one that differs in its literals alone is known.

    Raises:
        DocumentRefused: as `read_document` does.
    """
    known = recall(schema, text)
    if known is not None:
        return known
    limits, lifted = limits_of_settings(), lift(text)
    # First as it was sent: what is wrong with it is said of that.
    document = read_document(schema, text)
    if lifted is not None and _may_be_kept(lifted):
        key = schema, lifted.text, limits
        if not shelf.find(key)[0]:
            shelf.keep(key, _with_variables(schema, lifted, limits))
    # The first time as every other.
    return recall(schema, text) or ReadDocument(document, {}, Lifted(text, text))


def recall(schema: GraphQLSchema, text: str) -> ReadDocument | None:
    """Return a document of which all but the literals is known to be valid, or None."""
    limits = limits_of_settings()
    # The text is in bytes at least as long.
    if len(text) > limits.document_bytes:
        return None
    lifted = lift(text)
    if lifted is None:
        return None
    _is_known, kept = shelf.find((schema, lifted.text, limits))
    if kept is None or len(text.encode(errors="surrogatepass")) > limits.document_bytes:
        return None
    values: dict[str, Any] = {}
    for literal in lifted.literals:
        if literal.name in kept.numbers:
            if len(literal.value) > MAX_DIGITS:
                return None
            values[literal.name] = int(literal.value)
        else:
            values[literal.name] = literal.value
    return ReadDocument(kept.document, values, lifted, kept.plan)


def _may_be_kept(lifted: Lifted) -> bool:
    if len(lifted.text) > MAX_REMEMBERED_CHARACTERS:
        return False
    # Somebody's password may stand in what was not lifted.
    return "mutation" not in lifted.text or not {'"', "#"} & set(lifted.text)


def _with_variables(schema: GraphQLSchema, lifted: Lifted, limits: Limits) -> _Kept | None:
    try:
        document = parse_within(limits, schema, lifted.text)
        types = _types_of_lifted(schema, document)
        operations = [
            definition
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
        if len(operations) != 1 or not all(_is_lossless(each, types) for each in lifted.literals):
            return None
        declared = [_declared(each.name, types[each.name]) for each in lifted.literals]
        operations[0].variable_definitions += (*declared,)
        require_valid(schema, document, limits)
    except DocumentRefused:
        return None
    numbers = [name for name, kind in types.items() if _bare(kind) is GraphQLInt]
    return _Kept(document, frozenset(numbers), plan_of(schema, document))


def _types_of_lifted(schema: GraphQLSchema, document: DocumentNode) -> dict[str, GraphQLInputType]:
    type_info = TypeInfo(schema)
    collected = _Types(type_info)
    visit(document, TypeInfoVisitor(type_info, collected))
    return collected.types


class _Types(Visitor):
    """Collect the type that each lifted variable's place has."""

    def __init__(self, type_info: TypeInfo) -> None:
        super().__init__()
        self._type_info = type_info
        self.types: dict[str, GraphQLInputType] = {}

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        kind = self._type_info.get_input_type()
        if kind is not None and node.name.value.startswith(PREFIX):
            self.types[node.name.value] = kind


def _is_lossless(literal: Literal, types: dict[str, GraphQLInputType]) -> bool:
    """Say whether a literal's place takes all of its kind, and makes of each what it would."""
    kind = types.get(literal.name)
    return kind is not None and _bare(kind) in TYPES[literal.is_number]


def _bare(kind: Any) -> Any:
    return get_nullable_type(kind)


def _declared(name: str, kind: GraphQLInputType) -> VariableDefinitionNode:
    return VariableDefinitionNode(
        variable=VariableNode(name=NameNode(value=name)),
        type=parse_type(str(kind), no_location=True),
        default_value=None,
        directives=(),
    )
