"""Which documents are read, and what is told about the others. Nothing here asks a database."""

import pytest
from graphql import (
    DocumentNode,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    get_introspection_query,
    specified_rules,
)
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from storefront.graphql_api import validation
from storefront.graphql_api.schema import schema
from storefront.graphql_api.validation import RULES, DocumentRefused, read_document

FACE_B = schema.graphql_schema
SMALL = build_schema(
    """
    directive @mark repeatable on
      QUERY | VARIABLE_DEFINITION | FIELD | FRAGMENT_DEFINITION | FRAGMENT_SPREAD | INLINE_FRAGMENT
    type Query { deeper: Query leaf: Int take(numbers: [Int], text: String): Int }
    """
)
SHORTER = "Please ask for less in one request."
TOO_LARGE = f"The document is larger than 16384 bytes. {SHORTER}"
TOO_MANY_TOKENS = "Syntax Error: Document contains more than 1000 tokens. Parsing aborted."
TOO_MANY_COMMENTS = "Syntax Error: Document contains more than 1000 comments. Parsing aborted."
TOO_DEEP = f"Fields may be nested at most 8 deep. {SHORTER}"
TOO_WIDE = f"At most 10 fields may stand at the root. {SHORTER}"
TOO_MANY_ALIASES = f"At most 15 aliases may stand in one operation. {SHORTER}"
TOO_MANY_FIELDS = f"At most 1000 fields may stand in one operation. {SHORTER}"
TOO_MANY_DIRECTIVES = "At most 5 directives may stand in one place."
REPETITIVE = f"The document repeats or nests fields and fragments too often. {SHORTER}"
NO_MORE = "Too many validation errors, error limit reached. Validation aborted."

OWN = """query {
  customerDownloadableProduct(id: "/api/shop/customer-downloadable-products/1") {
    _id productName name fileName type downloadBought downloadUsed status remainingDownloads
    createdAt
  }
}"""
INTROSPECTION = get_introspection_query(
    descriptions=True,
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)


def errors_of(text, judge=SMALL):
    """Return the errors of a refused document; none for one that is read."""
    try:
        assert isinstance(read_document(judge, text), DocumentNode)
    except DocumentRefused as refused:
        return refused.errors
    return []


def messages_of(text, judge=SMALL):
    return [error.message for error in errors_of(text, judge)]


def aliases(count, *, begin=0):
    return " ".join(f"a{number}: leaf" for number in range(begin, begin + count))


def deep(depth, *, leaf="leaf"):
    """Return selections whose last field is at that depth."""
    return "deeper {" * (depth - 1) + leaf + "}" * (depth - 1)


def test_a_refusal_reads_as_all_its_errors():
    with pytest.raises(DocumentRefused) as refused:
        read_document(SMALL, "{ foliage roots }")
    assert str(refused.value) == (
        "Cannot query field 'foliage' on type 'Query'.; Cannot query field 'roots' on type 'Query'."
    )


# --- Size --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{leaf}".ljust(16 * 1024), []),
        ("{leaf}".ljust(16 * 1024 + 1), [TOO_LARGE]),
        ("{leaf}".ljust(17 * 1024), [TOO_LARGE]),
        ("{leaf}#" + "é" * 8188, []),
        ("{leaf}#" + "é" * 8189, [TOO_LARGE]),
        ("{" * 100_000, [TOO_LARGE]),
    ],
    ids=["16 KiB", "a byte more", "17 KiB", "letters of two bytes", "one more", "brackets"],
)
def test_size_is_counted_in_bytes(text, told):
    assert messages_of(text) == told


@pytest.mark.parametrize(
    ("numbers", "told"), [(991, []), (992, [TOO_MANY_TOKENS])], ids=["1,000", "1,001"]
)
def test_tokens_are_counted(numbers, told):
    assert messages_of(f"{{ take(numbers: [{'1 ' * numbers}]) }}") == told


@pytest.mark.parametrize(("comments", "told"), [(1000, []), (1001, [TOO_MANY_COMMENTS])])
def test_comments_are_counted_apart(comments, told):
    assert messages_of("{leaf}" + "#\n" * comments) == told


UNREADABLE = {
    "": "Syntax Error: Unexpected <EOF>.",
    "{": "Syntax Error: Expected Name, found <EOF>.",
    "{}": "Syntax Error: Expected Name, found '}'.",
    "{leaf}}": "Syntax Error: Unexpected '}'.",
    "{a" * 490: "Syntax Error: Document is nested too deeply. Parsing aborted.",
    "[" * 5_000: "Syntax Error: Unexpected '['.",
    '{take(text: "\ud800")}': "Syntax Error: Invalid character within String: U+D800.",
    "{leaf\ud800}": "Syntax Error: Invalid character: U+D800.",
}


def test_what_is_no_graphql_is_told_where():
    assert {text: messages_of(text) for text in UNREADABLE} == {
        text: [message] for text, message in UNREADABLE.items()
    }
    [error] = errors_of("{leaf\n  }}")
    assert error.formatted["locations"] == [{"line": 2, "column": 4}]


# --- Depth -------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [8, 9, 100])
@pytest.mark.parametrize(
    "form",
    [
        "{{ {deep} }}",
        "{{ ... {{ ... on Query @mark {{ {deep} }} }} }}",
        "{{ ...f }} fragment f on Query {{ {deep} }}",
        "{{ ...f }} fragment f on Query {{ ...g }} fragment g on Query {{ {deep} }}",
        "query first {{ leaf }} query second {{ {deep} }}",
    ],
)
def test_depth_is_counted_through_fragments(form, depth):
    assert messages_of(form.format(deep=deep(depth))) == ([] if depth == 8 else [TOO_DEEP])


@pytest.mark.parametrize(("inside", "told"), [(3, []), (4, [TOO_DEEP])])
def test_a_fragment_counts_where_it_stands(inside, told):
    spread = deep(6, leaf="...f")
    assert messages_of(f"{{ {spread} }} fragment f on Query {{ {deep(inside)} }}") == told


def test_the_operation_is_pointed_at():
    text = f"query first {{ leaf }}\nquery second {{ {deep(9)} }}"
    [error] = errors_of(text)
    assert error.formatted == {"message": TOO_DEEP, "locations": [{"line": 2, "column": 1}]}


# --- Root fields -------------------------------------------------------------------------------

WIDE = [
    "{{ {fields} }}",
    "{{ leaf ... {{ {fewer} }} }}",
    "{{ leaf ...f }} fragment f on Query {{ {fewer} }}",
    "{{ ...f ...f }} fragment f on Query {{ {half} }}",
]


@pytest.mark.parametrize(("count", "told"), [(10, []), (11, [TOO_WIDE]), (101, [TOO_WIDE])])
@pytest.mark.parametrize("form", WIDE)
def test_root_fields_are_counted_through_fragments(form, count, told):
    fields = {"fields": count, "fewer": count - 1, "half": (count + 1) // 2}
    text = form.format(**{name: "leaf " * number for name, number in fields.items()})
    assert messages_of(text) == told


def test_root_fields_are_counted_for_each_operation():
    ten = "leaf " * 10
    assert messages_of(f"query a {{ {ten} }} query b {{ {ten} }}") == []
    assert messages_of(f"query a {{ {ten} }} query b {{ {ten} leaf }}") == [TOO_WIDE]


def test_fields_below_the_root_are_no_root_fields():
    assert messages_of(f"{{ deeper {{ {'leaf ' * 11} }} }}") == []


# --- Aliases -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "told"), [(15, []), (16, [TOO_MANY_ALIASES]), (101, [TOO_MANY_ALIASES])]
)
@pytest.mark.parametrize(
    "form",
    [
        "{{ deeper {{ {first} {rest} }} }}",
        "{{ deeper {{ {first} }} deeper {{ deeper {{ {rest} }} }} }}",
        "{{ deeper {{ {first} ... {{ {rest} }} }} }}",
        "{{ deeper {{ {first} ...f }} }} fragment f on Query {{ {rest} }}",
        "{{ deeper {{ ...f ...g }} }} "
        "fragment f on Query {{ {first} }} fragment g on Query {{ {rest} }}",
        "query one {{ leaf }} query two {{ deeper {{ {first} {rest} }} }}",
    ],
)
def test_aliases_are_counted_in_the_whole_operation(form, count, told):
    text = form.format(first=aliases(5), rest=aliases(count - 5, begin=5))
    assert messages_of(text) == told


def test_a_fragment_counts_as_often_as_it_is_spread():
    fragment = f"fragment f on Query {{ {aliases(5)} }}"
    spreads = "deeper { ...f } "
    assert messages_of(f"{{ {spreads * 3} }} {fragment}") == []
    assert messages_of(f"{{ {spreads * 4} }} {fragment}") == [TOO_MANY_ALIASES]


def test_aliases_are_counted_for_each_operation():
    fifteen = f"{{ deeper {{ {aliases(15)} }} }}"
    assert messages_of(f"query a {fifteen} query b {fifteen}") == []


def test_aliases_inside_introspection_count():
    names = " ".join(f"a{number}: name" for number in range(16))
    assert messages_of(f"{{ __schema {{ types {{ {names} }} }} }}") == [TOO_MANY_ALIASES]


def test_each_limit_is_told_for_each_operation():
    text = f"{{ {aliases(16)} {deep(9)} }}"
    assert messages_of(text) == [TOO_DEEP, TOO_WIDE, TOO_MANY_ALIASES]
    assert messages_of(f"query a {text} query b {text} query c {{ {deep(9)} }}") == [
        *[TOO_DEEP, TOO_WIDE, TOO_MANY_ALIASES] * 2,
        TOO_DEEP,
    ]


# --- Directives --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "told"),
    [(5, []), (6, [TOO_MANY_DIRECTIVES]), (101, [TOO_MANY_DIRECTIVES])],
)
@pytest.mark.parametrize(
    "form",
    [
        "query a {marks} {{ leaf }}",
        "query a($a: Int {marks}) {{ take(numbers: [$a]) }}",
        "{{ leaf {marks} }}",
        "{{ deeper {{ leaf {marks} }} }}",
        "{{ ... {marks} {{ leaf }} }}",
        "{{ ...f {marks} }} fragment f on Query {{ leaf }}",
        "{{ ...f }} fragment f on Query {marks} {{ leaf }}",
        "{{ ...f }} fragment f on Query {{ leaf {marks} }}",
    ],
)
def test_directives_are_counted_in_each_place(form, count, told):
    assert messages_of(form.format(marks="@mark " * count)) == told


def test_directives_of_different_places_are_not_added_up():
    assert messages_of(f"{{ deeper {{ {('leaf ' + '@mark ' * 5) * 20} }} }}") == []


def test_directives_of_an_unused_fragment_count():
    unused = "fragment f on Query { leaf @mark @mark @mark @mark @mark @mark }"
    [error] = errors_of(f"{{ leaf }}\n{unused}")
    assert error.formatted == {
        "message": TOO_MANY_DIRECTIVES,
        "locations": [{"line": 2, "column": 23}],
    }


# --- Fragments that are not what they should be ------------------------------------------------


def test_a_bomb_of_doubling_fragments_is_measured_at_once():
    doubling = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60)]
    bomb = " ".join([*doubling, "fragment f60 on Query { a: leaf }"])
    told = [TOO_MANY_ALIASES, TOO_MANY_FIELDS]
    assert messages_of(f"{{ ...f0 }} {bomb}") == [TOO_WIDE, *told]
    assert messages_of(f"{{ deeper {{ ...f0 }} }} {bomb}") == told


@pytest.mark.parametrize("leaf", ["leaf", "__typename"])
def test_a_bomb_that_comes_to_one_field_is_refused_all_the_same(leaf):
    doubling = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60)]
    bomb = " ".join([*doubling, f"fragment f60 on Query {{ {leaf} }}"])
    assert messages_of(f"{{ deeper {{ ...f0 }} }} {bomb}") == [TOO_MANY_FIELDS]


def test_fields_are_counted_with_their_fragments_in_place():
    many = f"fragment g on Query {{ {' '.join(['leaf'] * 33)} }}"
    ten = f"fragment f on Query {{ {' '.join(['...g'] * 10)} }}"
    places = "deeper { ...f } deeper { ...f } deeper { ...f }"
    for beside, told in ((6, []), (7, [TOO_MANY_FIELDS])):
        rest = f"deeper {{ {' '.join(['leaf'] * beside)} }}"
        assert messages_of(f"{{ {places} {rest} }} {ten} {many}") == told


def test_the_schema_may_be_asked_for_once():
    one = "__schema { queryType { name } }"
    assert messages_of(f"{{ {one} }}") == []
    fragment = f"fragment f on Query {{ b: {one} }}"
    told = ["The schema may be asked for only once. Please ask for less in one request."]
    assert messages_of(f"{{ a: {one} b: {one} }}") == told
    assert messages_of(f"{{ {one} ...f }} {fragment}") == told


def test_how_much_is_compared_is_a_setting(settings):
    document = f"{{ deeper {{ {' '.join(['leaf'] * 50)} }} }}"
    assert messages_of(document) == []
    settings.GRAPHQL_MAX_COMPARISONS = 100
    assert messages_of(document) == [REPETITIVE]


def test_a_circle_of_fragments_is_refused():
    circle = "fragment f on Query { ...g } fragment g on Query { deeper { ...f } }"
    told = ["Cannot spread fragment 'f' within itself via 'g'."]
    assert messages_of(f"{{ ...f }} {circle}") == told
    assert messages_of("{ ...f } fragment f on Query { ...f }") == [
        "Cannot spread fragment 'f' within itself."
    ]


def test_a_circle_hides_nothing_that_stands_beside_it():
    circle = f"fragment f on Query {{ ...f deeper {{ {aliases(16)} }} }}"
    assert messages_of(f"{{ ...f }} {circle}") == [TOO_MANY_ALIASES]


def test_an_undefined_fragment_is_refused():
    assert messages_of("{ ...f }") == ["Unknown fragment 'f'."]


def test_an_unused_fragment_is_refused_and_adds_nothing():
    unused = f"fragment f on Query {{ {aliases(16)} {deep(9)} }}"
    assert messages_of(f"{{ leaf }} {unused}") == ["Fragment 'f' is never used."]


def test_fragments_nested_out_of_all_reason_are_refused():
    inside = "... {" * 60
    chain = " ".join(
        f"fragment f{n} on Query {{ {inside} ...f{n + 1} {'}' * 60} }}" for n in range(4)
    )
    assert messages_of(f"{{ ...f0 }} {chain} fragment f4 on Query {{ leaf }}") == [REPETITIVE]


@pytest.mark.slow
def test_a_stack_that_runs_out_is_a_refusal(settings):
    settings.GRAPHQL_MAX_TOKENS = 10_000
    inside = "...{" * 180
    chain = " ".join(f"fragment f{n} on Query{{{inside}...f{n + 1}{'}' * 180}}}" for n in range(15))
    assert messages_of(f"{{ ...f0 }} {chain} fragment f15 on Query {{ leaf }}") == [REPETITIVE]


# --- Introspection -----------------------------------------------------------------------------


def test_the_usual_introspection_is_answered():
    assert messages_of(INTROSPECTION, FACE_B) == []
    assert messages_of(get_introspection_query(), FACE_B) == []


def test_introspection_is_as_deep_as_it_needs():
    types = f"{{ {'ofType {' * 9} name {'}' * 9} }}"
    assert messages_of(f"{{ __schema {{ queryType {types} }} }}") == []
    assert messages_of(f'{{ __type(name: "Query") {types} }}') == []


def test_introspection_has_a_bound_of_its_own():
    fields = "{ fields { type { fields { type { fields { type { name } } } } } } }"
    assert messages_of(f'{{ __type(name: "Query") {fields} }}') == [
        "Maximum introspection depth exceeded"
    ]


def test_introspection_beside_a_deep_field_excuses_nothing():
    text = f"{{ __schema {{ queryType {{ name }} }} {deep(9)} }}"
    assert messages_of(text) == [TOO_DEEP]


def test_introspection_can_be_closed(settings):
    settings.GRAPHQL_INTROSPECTION = False
    told = "GraphQL introspection has been disabled, but the requested query contained the field "
    assert messages_of("{ __schema { description } }") == [f"{told}'__schema'."]
    assert messages_of('{ __type(name: "Query") { name } }') == [f"{told}'__type'."]
    assert messages_of(INTROSPECTION, FACE_B)[0] == f"{told}'__schema'."


def test_type_names_stay_when_introspection_is_closed(settings):
    settings.GRAPHQL_INTROSPECTION = False
    assert messages_of("{ __typename deeper { __typename } }") == []
    assert messages_of(OWN, FACE_B) == []


# --- The specification's rules -----------------------------------------------------------------


BROKEN = {
    "{ foliage }": "Cannot query field 'foliage' on type 'Query'.",
    "query ($a: Int) { leaf }": "Variable '$a' is never used.",
    "{ take(numbers: [$a]) }": "Variable '$a' is not defined.",
    "{ take(weight: 1) }": "Unknown argument 'weight' on field 'Query.take'.",
    "{ leaf { deeper } }": "Field 'leaf' must not have a selection since type 'Int' has no "
    "subfields.",
    "{ leaf } scalar Weight": "The 'Weight' definition is not executable.",
    "{ a: leaf a: take }": "Fields 'a' conflict because 'leaf' and 'take' are different fields. "
    "Use different aliases on the fields to fetch both if this was intentional.",
}


def test_the_rules_of_the_specification_hold():
    assert {text: messages_of(text) for text in BROKEN} == {
        text: [message] for text, message in BROKEN.items()
    }


def test_no_rule_of_the_specification_is_left_out():
    own = {rule for rule in RULES if rule not in specified_rules}
    assert set(specified_rules) - set(RULES) == {OverlappingFieldsCanBeMergedRule}
    assert [issubclass(rule, OverlappingFieldsCanBeMergedRule) for rule in own] == [True]
    assert len(RULES) == len(specified_rules)


def test_the_limits_are_told_before_the_rules():
    assert messages_of(f"{{ foliage {deep(9)} }}") == [TOO_DEEP]


def test_ten_errors_are_told_at_most():
    unknown = [f"unknown{number}" for number in range(11)]
    told = [f"Cannot query field '{name}' on type 'Query'." for name in unknown]
    assert messages_of(f"{{ {' '.join(unknown[:10])} }}") == told[:10]
    assert messages_of(f"{{ deeper {{ {' '.join(unknown)} }} }}") == [*told[:10], NO_MORE]


def test_hints_are_given_by_setting(settings):
    told = "Cannot query field 'leef' on type 'Query'."
    settings.GRAPHQL_HINTS = True
    assert messages_of("{ leef }") == [f"{told} Did you mean 'leaf'?"]
    settings.GRAPHQL_HINTS = False
    assert messages_of("{ leef }") == [told]


# --- Repetition --------------------------------------------------------------------------------


def test_a_hundred_equal_fields_are_no_fault():
    assert messages_of(f"{{ deeper {{ {'leaf ' * 100} }} }}") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "repeated",
    ["leaf " * 900, "...{leaf} " * 240, "deeper{leaf} " * 240, "...on Query{deeper{leaf}}" * 100],
)
def test_endless_repetition_is_refused(repeated):
    assert messages_of(f"{{ deeper {{ {repeated} }} }}") == [REPETITIVE]


def test_a_client_of_many_small_parts_is_understood():
    fields = "id _id productName name fileName type status downloadUsed createdAt updatedAt"
    parts = " ".join(
        f"fragment part{number} on CustomerDownloadableProduct {{ {fields} }}"
        for number in range(20)
    )
    spreads = " ".join(f"...part{number}" for number in range(20))
    text = f"query ($id: ID!) {{ customerDownloadableProduct(id: $id) {{ {spreads} }} }} {parts}"
    assert messages_of(text, FACE_B) == []


# --- Once read ---------------------------------------------------------------------------------


def test_a_short_document_is_read_once():
    assert read_document(FACE_B, OWN) is read_document(FACE_B, OWN)
    assert read_document(FACE_B, OWN) is not read_document(FACE_B, f"{OWN} ")


def test_a_long_document_is_not_kept():
    text = "{ leaf }".ljust(2049)
    assert read_document(SMALL, text) is not read_document(SMALL, text)


LOWERED = {
    "GRAPHQL_MAX_DOCUMENT_BYTES": f"The document is larger than 1 bytes. {SHORTER}",
    "GRAPHQL_MAX_TOKENS": "Syntax Error: Document contains more than 1 tokens. Parsing aborted.",
    "GRAPHQL_MAX_DEPTH": f"Fields may be nested at most 1 deep. {SHORTER}",
    "GRAPHQL_MAX_ROOT_FIELDS": f"At most 1 fields may stand at the root. {SHORTER}",
    "GRAPHQL_MAX_ALIASES": f"At most 1 aliases may stand in one operation. {SHORTER}",
    "GRAPHQL_MAX_DIRECTIVES": "At most 1 directives may stand in one place.",
}


@pytest.mark.parametrize("name", LOWERED)
def test_what_was_read_is_refused_once_a_setting_forbids_it(name, settings):
    text = "{ leaf @mark @mark deeper { a: leaf b: leaf } }"
    assert messages_of(text) == []
    setattr(settings, name, 1)
    assert messages_of(text) == [LOWERED[name]]


def test_what_one_schema_allows_another_judges_anew():
    assert messages_of("{ leaf }") == []
    assert messages_of("{ leaf }", FACE_B) == ["Cannot query field 'leaf' on type 'Query'."]


# --- Anything at all ---------------------------------------------------------------------------

WORDS = [
    *"{}()[]:$=!|&@",
    "...",
    *("query", "mutation", "subscription", "fragment", "on", "extend", "type", "directive"),
    *("leaf", "deeper", "take", "numbers", "a", "f", "g", "Query", "Int", "__schema", "__typename"),
    *("mark", "skip", "if", "true", "null", "1", "-0.5e9", '"text"', '"""block"""', "# note\n"),
    *("{ leaf }", "{ ...f }", "fragment f on Query", "deeper {", "take(numbers: [1 $a])", "@mark"),
]
SELECTIONS = st.recursive(
    st.sampled_from(["leaf", "a: leaf", "...f", "...g", "__typename", "leaf @mark", "foliage"]),
    lambda inside: st.builds(
        "{} {{ {} }}".format,
        st.sampled_from(["deeper", "b: deeper", "...", "... on Query", "__schema"]),
        st.lists(inside, min_size=1, max_size=6).map(" ".join),
    ),
    max_leaves=40,
)
DEFINITIONS = st.builds(
    "{} {{ {} }}".format,
    st.sampled_from(["", "query a", "query ($a: Int)", "fragment f on Query", "fragment g on Int"]),
    SELECTIONS,
)
DOCUMENTS = st.one_of(
    st.lists(DEFINITIONS, min_size=1, max_size=5).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.text(st.characters(exclude_categories=())),
)


@hypothesis_settings(deadline=None)
@given(DOCUMENTS)
def test_any_text_is_a_document_or_a_refusal(text):
    told = messages_of(text)
    assert len(told) <= 11
    assert all(told)


# --- What is remembered ------------------------------------------------------------------------

SIGN_IN = (
    'mutation { createCustomerLogin(input: {email: "a@b.example", password: "%s"}) '
    "{ customerLogin { success } } }"
)


@pytest.mark.parametrize(
    "text", [SIGN_IN, "query A { __typename } " + SIGN_IN.replace("{", "B {", 1)]
)
def test_a_document_that_may_hold_a_password_is_not_remembered(text):
    validation._read_again.cache_clear()
    for password in ("open sesame", "open sesame", "another"):
        read_document(FACE_B, text % password)
    assert validation._read_again.cache_info().currsize == 0
    read_document(FACE_B, OWN)
    assert validation._read_again.cache_info().currsize == 1
