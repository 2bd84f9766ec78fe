"""Documents from before the schema's names began small; nothing here asks a database."""

import pytest
from graphql import build_schema, parse, print_ast

from storefront.graphql_api.schema import schema
from storefront.graphql_api.type_names import with_documented_names
from storefront.graphql_api.validation import DocumentRefused, read_document

FACE_B = schema.graphql_schema
VERBS = {
    "createCustomer": "customer { id }",
    "createCustomerLogin": "customerLogin { id }",
    "createForgotPassword": "forgotPassword { success }",
    "createLogout": "logout { success }",
    "createVerifyToken": "verifyToken { id }",
}


def capitalised(verb):
    return verb[0].upper() + verb[1:]


def renamed(text, judge=FACE_B):
    return print_ast(with_documented_names(parse(text), judge))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", [str, capitalised], ids=["small", "capital"])
@pytest.mark.parametrize(
    "form",
    [
        "mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ {fields} }} }}",
        "mutation ($input: {name}Input!) {{ {verb}(input: $input) "
        "{{ __typename ... on {name}Payload {{ {fields} }} }} }}",
        "mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ ...f }} }} "
        "fragment f on {name}Payload {{ {fields} }}",
        "mutation a ($input: {name}Input!) {{ ...m }} mutation b ($input: {name}Input!) {{ ...m }} "
        "fragment m on Mutation {{ {verb}(input: $input) {{ ... {{ ...f }} }} }} "
        "fragment f on {name}Payload {{ {fields} clientMutationId }}",
    ],
    ids=["variable", "inline fragment", "fragment", "fragments in fragments"],
)
def test_both_names_are_read(verb, name, form):
    read_document(FACE_B, form.format(verb=verb, name=name(verb), fields=VERBS[verb]))


def test_a_name_is_replaced_within_lists_and_where_null_is_refused():
    text = "query ($a: [CreateLogoutInput!]!, $b: [[CreateCustomerInput]]) { __typename }"
    assert renamed(text) == renamed(text.replace("Create", "create"))


def test_what_is_no_types_name_stays():
    text = """mutation CreateLogout($CreateLogoutInput: String = "CreateLogoutInput") {
      CreateLogoutPayload: createLogout(input: {clientMutationId: $CreateLogoutInput}) {
        ...CreateLogoutPayload } }
    fragment CreateLogoutPayload on createLogoutPayload { clientMutationId }"""
    assert renamed(text) == print_ast(parse(text))
    read_document(FACE_B, text)


def test_a_name_that_the_schema_knows_itself_stays():
    small = build_schema(
        "type Query { a(a: aInput, b: AInput): Int } input aInput { a: Int } "
        "input AInput { a: Int } scalar bInput"
    )
    text = "query ($a: aInput, $b: AInput, $c: BInput) { a(a: $a, b: $b) }"
    assert renamed(text, small) == print_ast(parse(text.replace("BInput", "bInput")))


def test_a_document_without_such_a_name_is_left_as_it_is():
    document = parse("query ($id: ID!) { customerDownloadableProduct(id: $id) { _id } }")
    assert with_documented_names(document, FACE_B) is document


def test_an_error_points_at_the_name_as_it_was_written():
    text = "mutation (\n  $input: CreateLogoutInput!) { createLogin(input: {}) { id } }"
    unused, unknown = errors_of(text)
    assert [error.formatted["locations"] for error in (unused, unknown)] == [
        [{"line": 2, "column": 33}],
        [{"line": 2, "column": 3}],
    ]


def errors_of(text):
    with pytest.raises(DocumentRefused) as refused:
        read_document(FACE_B, text)
    return refused.value.errors


def test_the_schema_tells_the_documented_names_alone():
    names = {name for name in FACE_B.type_map if name.lower().startswith("create")}
    assert names == {f"{verb}{kind}" for verb in VERBS for kind in ("Input", "Payload")}
