"""Parse and validate a GraphQL document: size, token, depth and alias limits, then the schema.

The order is the point. Each step bounds the work of the next one, so that a document costs little
whatever stands in it: its bytes, its tokens, its extent, and only then the specification's rules,
of which some look at every pair of fields (CONTRACTS, face B, "documents").
"""

from functools import lru_cache
from typing import NamedTuple, cast

from django.conf import settings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    VariableDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from downloads.errors import DownloadsError
from storefront.graphql_api.limits import Limits, limits_of_settings
from storefront.graphql_api.type_names import with_documented_names

SHORTER = "Please ask for less in one request."
REPETITIVE = f"The document repeats or nests fields and fragments too often. {SHORTER}"
MAX_SCHEMAS = 1  # it costs tens of milliseconds and kilobytes, and no tool asks twice
INTROSPECTION = frozenset({"__schema", "__type"})
# A person mends a few errors at a time; each more is work for a document that is refused anyway.
MAX_ERRORS = 10
# Storefronts send the same few documents again and again. A read one takes up to 300 times its
# text, so long ones are read anew: at most some 30 MB are held.
MAX_REMEMBERED_CHARACTERS = 2_048
# Here and, without their literals, in `lifted_documents`.
MAX_REMEMBERED = 32


class DocumentRefused(DownloadsError):
    """The document exceeds a limit, or is invalid by the language or the schema. See `errors`."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


def read_document(schema: GraphQLSchema, text: str) -> DocumentNode:
    """Parse and validate a document within every limit of the settings.

    The same text may give the same document again: read it, never change it.

    Raises:
        DocumentRefused: anything else, whatever the text.
    """
    # Mutations are not kept: somebody's password may stand in one.
    is_kept = len(text) <= MAX_REMEMBERED_CHARACTERS and "mutation" not in text
    reader = _read_again if is_kept else _read
    return reader(schema, text, limits_of_settings())


def _read(schema: GraphQLSchema, text: str, limits: Limits) -> DocumentNode:
    document = parse_within(limits, schema, text)
    require_valid(schema, document, limits)
    return document


_read_again = lru_cache(maxsize=MAX_REMEMBERED)(_read)


def require_valid(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> None:
    """Hold a document to the limits of its extent, then to the specification's rules.

    Raises:
        DocumentRefused: it is not so.
    """
    try:
        refused = Extents(document, limits).errors()
    except RecursionError:
        refused = [GraphQLError(REPETITIVE)]
    if refused := refused or _validate(schema, document, limits):
        raise DocumentRefused(refused[: MAX_ERRORS + 1])


def parse_within(limits: Limits, schema: GraphQLSchema, text: str) -> DocumentNode:
    """Parse a document of a size within the limits, with the schema's own names of types.

    Raises:
        DocumentRefused: too large, or no GraphQL.
    """
    return with_documented_names(_parse(text, limits), schema)


def _parse(text: str, limits: Limits) -> DocumentNode:
    # Half a character, as JSON may bring it, is for the parser to refuse.
    if len(text.encode(errors="surrogatepass")) > limits.document_bytes:
        message = f"The document is larger than {limits.document_bytes} bytes. {SHORTER}"
        raise DocumentRefused([GraphQLError(message)])
    try:
        # Comments are no tokens, but they cost as much.
        return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)
    except GraphQLError as error:
        raise DocumentRefused([error]) from error


Place = OperationDefinitionNode | VariableDefinitionNode | FragmentDefinitionNode | SelectionNode


class Extent(NamedTuple):
    """Depth, fields, aliases and size of some selections, their fragments in place."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    schemas: int = 0
    size: int = 0


class Extents:
    """Measure each operation, and each fragment once however often it is spread.

    Stands before the specification's rules, so nothing is certain yet: an unknown fragment and
    the end of a circle measure nothing here and are left to those rules, which refuse both.
    """

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.limits = limits
        self.document = document
        self.fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self.measured: dict[str, Extent] = {}
        self.crowded: list[GraphQLError] = []

    def errors(self) -> list[GraphQLError]:
        errors: list[GraphQLError] = []
        for definition in self.document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                errors += self.errors_of(definition)
        for name in self.fragments:
            self.of_fragment(name)
        return errors + self.crowded

    def errors_of(self, operation: OperationDefinitionNode) -> list[GraphQLError]:
        self.count_directives(operation)
        for variable in operation.variable_definitions:
            self.count_directives(variable)
        extent, limits = self.of(operation.selection_set), self.limits
        checks = (
            (extent.depth, limits.depth, "Fields may be nested at most {} deep. "),
            (extent.fields, limits.root_fields, "At most {} fields may stand at the root. "),
            (extent.aliases, limits.aliases, "At most {} aliases may stand in one operation. "),
            (extent.size, limits.tokens, "At most {} fields may stand in one operation. "),
            (extent.schemas, MAX_SCHEMAS, "The schema may be asked for only once. "),
        )
        return [
            GraphQLError(message.format(limit) + SHORTER, operation)
            for reached, limit, message in checks
            if reached > limit
        ]

    def of(self, selections: SelectionSetNode) -> Extent:
        parts = [*map(self.of_selection, selections.selections)]
        # Each sum stops just above its limit, or doubling fragments would make it astronomical.
        return Extent(
            depth=max(part.depth for part in parts),
            fields=min(sum(part.fields for part in parts), self.limits.root_fields + 1),
            aliases=min(sum(part.aliases for part in parts), self.limits.aliases + 1),
            schemas=min(sum(part.schemas for part in parts), MAX_SCHEMAS + 1),
            size=min(sum(part.size for part in parts), self.limits.tokens + 1),
        )

    def of_selection(self, selection: SelectionNode) -> Extent:
        self.count_directives(selection)
        if isinstance(selection, InlineFragmentNode):
            return self.of(selection.selection_set)
        if isinstance(selection, FragmentSpreadNode):
            return self.of_fragment(selection.name.value)
        return self.of_field(cast(FieldNode, selection))

    def of_field(self, field: FieldNode) -> Extent:
        inside = self.of(field.selection_set) if field.selection_set else Extent()
        # graphql-core has a rule of its own for how deep introspection goes.
        depth = 0 if field.name.value in INTROSPECTION else inside.depth
        schemas = inside.schemas + (field.name.value == "__schema")
        aliases = inside.aliases + (field.alias is not None)
        return Extent(depth + 1, 1, aliases, schemas, inside.size + 1)

    def of_fragment(self, name: str) -> Extent:
        if name in self.fragments and name not in self.measured:
            # Nothing for now: what a circle finds when it comes round.
            self.measured[name] = Extent()
            fragment = self.fragments[name]
            self.count_directives(fragment)
            self.measured[name] = self.of(fragment.selection_set)
        return self.measured.get(name, Extent())

    def count_directives(self, place: Place) -> None:
        if len(place.directives) > self.limits.directives:
            message = f"At most {self.limits.directives} directives may stand in one place."
            self.crowded.append(GraphQLError(message, place))


class FieldsCanBeMergedSoon(OverlappingFieldsCanBeMergedRule):
    """The specification's rule with a lower complexity budget: its own takes a second."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = settings.GRAPHQL_MAX_COMPARISONS


RULES = tuple(
    FieldsCanBeMergedSoon if rule is OverlappingFieldsCanBeMergedRule else rule
    for rule in specified_rules
)


def _validate(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    closed = () if limits.is_introspection_open else (NoSchemaIntrospectionCustomRule,)
    errors = validate(
        schema,
        document,
        [*RULES, *closed],
        max_errors=MAX_ERRORS,
        # Looking for a similar name costs more than the rest, also where it is then not told.
        hide_suggestions=not limits.are_hints_given,
    )
    # The library's own word for both of its bounds: it names neither the cause nor a way on.
    return [
        GraphQLError(REPETITIVE) if error.message == "Validation aborted." else error
        for error in errors
    ]
