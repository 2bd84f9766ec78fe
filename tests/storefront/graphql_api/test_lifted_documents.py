"""Which documents are read once, and that nobody can tell. Nothing here asks a database."""

import pytest
from graphql import (
    DocumentNode,
    IntValueNode,
    StringValueNode,
    Visitor,
    build_schema,
    parse,
    print_ast,
    visit,
)
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from storefront.graphql_api.lifted_documents import read_once, recall, shelf
from storefront.graphql_api.schema import schema
from storefront.graphql_api.validation import DocumentRefused, read_document
from tests.storefront.graphql_api.test_validation import DOCUMENTS, OWN, SIGN_IN

FACE_B = schema.graphql_schema
SMALL = build_schema(
    """
    directive @mark(text: String, number: Int) repeatable on QUERY | FIELD
    input Inside { text: String! = "", numbers: [Int!], inside: Inside }
    enum Colour { RED }
    type Query {
      deeper(id: ID!): Query leaf(text: String, number: Int = 1): Int
      take(inside: Inside, list: [String], colour: Colour, weight: Float): Int
    }
    """
)


@pytest.fixture(autouse=True)
def _nothing_is_known():
    shelf.clear()


def as_sent(read):
    """Print a document with its literals back in their places."""

    class PutBack(Visitor):
        def enter_operation_definition(self, node, *_):
            node = node.__copy__()
            node.variable_definitions = tuple(
                each
                for each in node.variable_definitions
                if each.variable.name.value not in literals
            )
            return node

        def enter_variable(self, node, *_):
            literal = literals.get(node.name.value)
            if literal is None:
                return None
            kind = IntValueNode if literal.is_number else StringValueNode
            return kind(value=literal.value, block=False)

    literals = {literal.name: literal for literal in read.lifted.literals}
    return print_ast(visit(read.document, PutBack()))


def outcome(read, judge, text):
    try:
        return None, read(judge, text)
    except DocumentRefused as refused:
        return [error.formatted for error in refused.errors], None


# --- Read once -----------------------------------------------------------------------------------


def test_a_document_is_read_once_whatever_its_literals():
    first = read_once(FACE_B, OWN)
    other = recall(FACE_B, OWN.replace("/1", "/22"))
    assert other.document is first.document
    assert (first.values, other.values) == (
        {"lifted_string_0": "/api/shop/customer-downloadable-products/1"},
        {"lifted_string_0": "/api/shop/customer-downloadable-products/22"},
    )


SAME = {
    "numbers": ("{ deeper(id: 1) { leaf(number: -3) } }", "{ deeper(id: 22) { leaf(number: 0) } }"),
    "texts": ('{ deeper(id: "a") { leaf } }', '{ deeper(id: "é: 1 #") { leaf } }'),
    "an object": (
        '{ take(inside: {inside: {text: "a"}}) }',
        '{ take(inside: {inside: {text: ""}}) }',
    ),
    "aliases": ('{ a: leaf(text: "a") b: leaf(text: "b") }',) * 2,
    "a fragment": (
        '{ ...f } fragment f on Query { leaf(text: "a") }',
        '{ ...f } fragment f on Query { leaf(text: "b") }',
    ),
    "directives": ('{ leaf @mark(text: "a", number: 1) }', '{ leaf @mark(text: "b", number: 2) }'),
    "beside variables": (
        'query ($a: ID!) { deeper(id: $a) { leaf(text: "a") } }',
        'query ($a: ID!) { deeper(id: $a) { leaf(text: "b") } }',
    ),
    "no literal": ("{ leaf }", "{ leaf }"),
    "a name of its own": ('query q { leaf(text: "a") }', 'query q { leaf(text: "b") }'),
}
OTHER = {
    "another field": '{ other: leaf(text: "a") }',
    "a space more": '{  leaf(text: "a") }',
    "a number": "{ leaf(number: 1) }",
    "a comment": '{ leaf(text: "a") # note\n }',
    "a block": '{ leaf(text: """a""") }',
    "an escape": '{ leaf(text: "\\u0061") }',
    "null": "{ leaf(text: null) }",
    "none": "{ leaf }",
}
UNLIKE = {
    "one argument twice": "{ leaf(number: 1) leaf(number: 1) }",
    "an enum": "{ take(colour: RED) a: take(weight: 1) }",
    "a list of one": '{ take(list: "a") }',
    "a default": 'query ($a: Inside = {text: "a"}) { take(inside: $a) }',
    "two operations": 'query a { leaf(text: "a") } query b { leaf }',
}


@pytest.mark.parametrize(("first", "second"), SAME.values(), ids=SAME)
def test_documents_of_one_shape_are_one(first, second):
    read, again = read_once(SMALL, first), read_once(SMALL, second)
    assert read.document is again.document
    for text, each in ((first, read), (second, again)):
        assert as_sent(each) == print_ast(parse(text))


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_another_shape_is_another_document(text):
    known = read_once(SMALL, '{ leaf(text: "a") }')
    assert recall(SMALL, text) is None
    assert read_once(SMALL, text).document is not known.document


@pytest.mark.parametrize("text", UNLIKE.values(), ids=UNLIKE)
def test_what_may_depend_on_its_literals_is_read_as_it_was_sent(text):
    for _ in range(2):
        read = read_once(SMALL, text)
        assert read.values == {}
        assert print_ast(read.document) == print_ast(parse(text))
        assert recall(SMALL, text) is None


def test_one_field_with_two_literals_is_told_though_it_was_valid_with_equal_ones():
    assert outcome(read_once, SMALL, "{ leaf(number: 1) leaf(number: 1) }")[0] is None
    [error] = outcome(read_once, SMALL, "{ leaf(number: 1) leaf(number: 2) }")[0]
    assert error["message"].startswith("Fields 'leaf' conflict")


def test_a_number_too_large_for_its_place_is_told():
    for number in ("2147483647", "-2147483648"):
        read_once(SMALL, f"{{ leaf(number: {number}) }}")
    assert outcome(read_once, SMALL, "{ leaf(number: 1) }")[0] is None
    assert outcome(read_once, SMALL, "{ leaf(number: 999999999) }")[1].values == {
        "lifted_number_0": 999_999_999
    }
    for number in ("2147483648", "9" * 18, "9" * 30):
        [error] = outcome(read_once, SMALL, f"{{ leaf(number: {number}) }}")[0]
        assert error == {
            "message": "Int cannot represent non 32-bit signed integer value: " + number,
            "locations": [{"line": 1, "column": 16}],
        }


def test_a_literal_of_another_kind_is_told():
    assert outcome(read_once, SMALL, '{ leaf(text: "a") }')[0] is None
    for text in ("{ leaf(text: 1) }", '{ leaf(number: "1") }', "{ leaf(text: a) }"):
        refused, _read = outcome(read_once, SMALL, text)
        assert refused == outcome(read_document, SMALL, text)[0] is not None


def test_a_variable_of_ours_is_nobody_elses():
    for text in ('{ leaf(text: "a") }', "{ leaf(number: 1) }"):
        read_once(SMALL, text)
    for _schema, kept, _limits in shelf:
        [error] = outcome(read_once, SMALL, kept)[0]
        assert error["message"].endswith("_0' is not defined.")


ODD = ("__proto__", "constructor", "lifted_string_0", "lifted_", "__typename", "self", "None", "é")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "form",
    [
        '{{ leaf(text: "{name}") }}',
        '{{ {name}: leaf(text: "a") }}',
        '{{ leaf({name}: "a") }}',
        '{{ take(inside: {{{name}: "a"}}) }}',
        'query {name} {{ leaf(text: "a") }}',
        'query (${name}: Int) {{ leaf(number: ${name}, text: "a") }}',
        '{{ ...{name} }} fragment {name} on Query {{ leaf(text: "a") }}',
        '{{ leaf(text: "a") @mark({name}: "a") }}',
    ],
)
def test_odd_names_are_read_as_ever(name, form):
    text = form.format(name=name)
    for _ in range(2):
        refused, read = outcome(read_once, SMALL, text)
        assert refused == outcome(read_document, SMALL, text)[0]
        assert read is None or as_sent(read) == print_ast(parse(text))


# --- Bounds --------------------------------------------------------------------------------------


def test_so_many_are_kept_at_most(monkeypatch):
    monkeypatch.setattr(shelf, "_most", 2)
    for name in ("a", "b", "a", "c"):
        read_once(SMALL, f"{{ {name}: leaf(number: 1) }}")
    kept = [text for _schema, text, _limits in shelf]
    assert kept == [
        "{ a: leaf(number: $lifted_number_0) }",
        "{ c: leaf(number: $lifted_number_0) }",
    ]


def test_a_long_one_is_not_kept_but_a_long_literal_is_no_part_of_it():
    read_once(SMALL, "{ leaf(number: 1) }".ljust(2060))
    assert [*shelf] == []
    read_once(SMALL, f'{{ leaf(text: "{"a" * 4000}") }}')
    assert [text for _schema, text, _limits in shelf] == ["{ leaf(text: $lifted_string_0) }"]


@pytest.mark.parametrize(("letter", "most"), [("a", 100), ("é", 50)])
def test_bytes_are_counted_of_what_was_sent(settings, letter, most):
    settings.GRAPHQL_MAX_DOCUMENT_BYTES = 100 + len('{ leaf(text: "") }')
    read_once(SMALL, '{ leaf(text: "a") }')
    for times in (most, most + 1):
        told = outcome(read_once, SMALL, f'{{ leaf(text: "{letter * times}") }}')[0]
        assert (told is None) == (times == most)


def test_what_was_read_under_other_limits_is_read_anew(settings):
    read_once(SMALL, "{ deeper(id: 1) { leaf } }")
    settings.GRAPHQL_MAX_DEPTH = 1
    [error] = outcome(read_once, SMALL, "{ deeper(id: 2) { leaf } }")[0]
    assert error["message"].startswith("Fields may be nested at most 1 deep.")


def test_what_one_schema_allows_another_judges_anew():
    read_once(SMALL, "{ leaf }")
    assert outcome(read_once, FACE_B, "{ leaf }")[0] is not None


# --- Secrets -------------------------------------------------------------------------------------

SECRET = "open sesame"


@pytest.mark.parametrize(
    "text",
    [
        SIGN_IN % SECRET,
        SIGN_IN.replace('"%s"', f'"""{SECRET}"""'),
        SIGN_IN % f"\\u0061{SECRET}",
        SIGN_IN % SECRET + f" # {SECRET}",
        SIGN_IN % SECRET + " query B { __typename }",
        f'mutation ($a: String! = "{SECRET}") '
        + SIGN_IN.removeprefix("mutation").replace('"%s"', "$a"),
        SIGN_IN.replace('"%s"', f'["{SECRET}"]'),
        SIGN_IN.replace('"%s"', f'"{SECRET}'),
    ],
    ids=["plain", "block", "escape", "comment", "beside", "default", "list", "never closed"],
)
def test_a_password_leaves_no_trace(text):
    for _ in range(2):
        outcome(read_once, FACE_B, text)
    for _schema, kept, _limits in shelf:
        assert SECRET not in kept
    for document in shelf._documents.values():
        if document is not None:
            assert SECRET not in document.document.loc.source.body
            assert SECRET not in print_ast(document.document)


def test_a_sign_in_is_read_once():
    first, second = (read_once(FACE_B, SIGN_IN % password) for password in (SECRET, "another"))
    assert first.document is second.document
    assert second.values == {"lifted_string_0": "a@b.example", "lifted_string_1": "another"}


# --- Anything at all -----------------------------------------------------------------------------

VALUES = st.sampled_from(
    [
        *('"a"', '""', '"\\n"', '"""b"""', "1", "-2", "0", "1.5", "2147483648", "null", "true"),
        *("RED", "$a", '["a"]', "[1 2]", '{text: "a"}', "{numbers: [1]}", '{inside: {text: "b"}}'),
    ]
)
FIELDS = st.builds(
    "{}({}: {}) {}".format,
    st.sampled_from(["leaf", "a: leaf", "take", "b: take", "deeper", "leaf @mark"]),
    st.sampled_from(["text", "number", "inside", "list", "colour", "weight", "id"]),
    VALUES,
    st.sampled_from(["", "", "{ leaf }", "@skip(if: true)", '@mark(text: "c")', '# "\n']),
)
LITERAL = st.builds(
    "{} {{ {} }}".format,
    st.sampled_from(["", "query", "query a", "query ($a: String)", 'query ($a: ID! = "a")']),
    st.lists(FIELDS, min_size=1, max_size=4).map(" ".join),
)


@hypothesis_settings(deadline=None)
@given(st.one_of(LITERAL, DOCUMENTS))
def test_any_text_is_read_as_it_would_be_by_itself(text):
    expected, document = outcome(read_document, SMALL, text)
    for _ in range(2):
        refused, read = outcome(read_once, SMALL, text)
        assert refused == expected
        if read is not None:
            assert isinstance(read.document, DocumentNode)
            assert as_sent(read) == print_ast(document)
