"""How many list entries one document may ask for. Nothing here asks a database."""

import pytest
from graphql import get_named_type, get_operation_ast

from storefront.graphql_api.node_count import PAGED, require_few_nodes
from storefront.graphql_api.schema import schema
from storefront.graphql_api.validation import DocumentRefused, read_document

FACE_B = schema.graphql_schema
LIST = "customerDownloadableProducts"


def told(text, variables=None, name=None):
    """Return what is told of a document that asks for too much; nothing for any other."""
    document = read_document(FACE_B, text)
    try:
        require_few_nodes(FACE_B, document, get_operation_ast(document, name), variables)
    except DocumentRefused as refused:
        return str(refused)
    return None


def too_many(nodes):
    return (
        f"All lists together may ask for at most 500 nodes; these ask for {nodes}. "
        "Please ask for less in one request."
    )


def lists(*sizes):
    return " ".join(
        f"a{number}: {LIST}({size}) {{ totalCount }}" for number, size in enumerate(sizes)
    )


FEW = {
    "one": f"{{ {lists('first: 500')} }}",
    "backwards": f"{{ {lists('last: 500')} }}",
    "the default is ten": f"{{ {lists('first: 490')} {LIST} {{ totalCount }} }}",
    "null is the default": f"{{ {lists('first: 480', 'first: null', 'last: null')} }}",
    "ten of fifty": f"{{ {lists(*['first: 50'] * 10)} }}",
    "one field twice": f"{{ {LIST}(first: 300) {{ totalCount }} "
    f"{LIST}(first: 300) {{ edges {{ cursor }} }} }}",
    "one fragment twice": f"{{ ...f ...f ... {{ ...f }} }} "
    f"fragment f on Query {{ {lists('first: 300')} }}",
    "left out": f"{{ {lists('first: 500')} b: {LIST}(first: 1) @skip(if: true) {{ totalCount }} "
    f"... @include(if: false) {{ c: {LIST}(first: 500) {{ totalCount }} }} }}",
    "no list": "{ customerDownloadableProduct(id: 7) { _id } __typename }",
    "a mutation": "mutation { createLogout(input: {}) { logout { success } } }",
    # The list itself is refused, and nothing is read.
    "out of bounds": f"{{ {lists('first: 501', 'last: 0', 'first: -600', 'first: 9, last: 9')} }}",
}
MANY = {
    "one more": (f"{{ {lists('first: 500', 'first: 1')} }}", 501),
    "both ends": (f"{{ {lists('first: 300', 'last: 201')} }}", 501),
    "with the default": (f"{{ {lists('first: 491')} {LIST} {{ totalCount }} }}", 501),
    "ten of fifty-one": (f"{{ {lists(*['first: 51'] * 10)} }}", 510),
    "in a fragment": (
        f"{{ {lists('first: 300')} ...f }} "
        f"fragment f on Query {{ b: {LIST}(first: 300) {{ totalCount }} }}",
        600,
    ),
    "in a fragment of a fragment": (
        f"{{ ...f }} fragment f on Query {{ ... on Query {{ ...g }} {lists('first: 300')} }} "
        f"fragment g on Query {{ b: {LIST}(last: 300) {{ totalCount }} }}",
        600,
    ),
    "left in": (
        f"{{ {lists('first: 500')} b: {LIST}(first: 1) @skip(if: false) @include(if: true) "
        "{ totalCount } }",
        501,
    ),
    "beside one out of bounds": (f"{{ {lists('first: 501', 'first: 500', 'first: 2')} }}", 502),
}
TWO = f"""query ($first: Int, $last: Int = 300, $is_both: Boolean = true) {{
  a: {LIST}(first: $first) {{ totalCount }}
  b: {LIST}(last: $last) @include(if: $is_both) {{ totalCount }}
}}"""
BY_VARIABLES = [
    ({}, None),
    ({"first": 200}, None),
    ({"first": 201}, 501),
    ({"first": 500}, 800),
    ({"first": 500, "is_both": False}, None),
    ({"first": 490, "last": None}, None),
    ({"first": 491, "last": None}, 501),
    ({"first": None, "last": 490}, None),
    ({"last": 491}, 501),
    ({"first": 501}, None),
    # No such variables: nothing is run.
    ({"first": "500"}, None),
    ({"first": 2**40}, None),
]


@pytest.mark.parametrize("text", FEW.values(), ids=FEW)
def test_up_to_five_hundred_are_read(text):
    assert told(text) is None


@pytest.mark.parametrize(("text", "nodes"), MANY.values(), ids=MANY)
def test_more_in_all_are_refused(text, nodes):
    assert told(text) == too_many(nodes)


@pytest.mark.parametrize(("variables", "nodes"), BY_VARIABLES)
def test_variables_and_their_defaults_count(variables, nodes):
    assert told(TWO, variables) == (nodes and too_many(nodes))


def test_the_operation_that_is_run_counts():
    both = f"query a {{ {lists('first: 500')} }} query b {{ {lists(*['first: 300'] * 2)} }}"
    assert (told(both, name="a"), told(both, name="b")) == (None, too_many(600))


def test_how_many_is_a_setting(settings):
    settings.GRAPHQL_MAX_NODES = 20
    assert told(f"{{ {lists('first: 10', 'first: 10')} }}") is None
    assert told(f"{{ {lists('first: 11', 'first: 10')} }}") == (
        "All lists together may ask for at most 20 nodes; these ask for 21. "
        "Please ask for less in one request."
    )


def test_lists_stand_at_the_root_alone():
    """Else what is below one would have to be multiplied."""
    paged = {
        f"{name}.{field}"
        for name, kind in FACE_B.type_map.items()
        for field, given in getattr(kind, "fields", {}).items()
        if getattr(given, "args", {}).keys() & PAGED
    }
    assert paged == {f"Query.{LIST}"}
    node = get_named_type(FACE_B.query_type.fields[LIST].type).name
    assert node == "CustomerDownloadableProductConnection"
