"""Which literals are lifted out of a document, and where an error then points."""

import pytest
from graphql import GraphQLError, Source, TokenKind
from graphql.language.lexer import Lexer
from hypothesis import given
from hypothesis import strategies as st

from storefront.graphql_api.literals import MAX_LITERALS, lift

PLAIN = {
    "a string": ('{a(b: "c")}', "{a(b: $lifted_string_0)}", ["c"]),
    "an empty one": ('{a(b:"")}', "{a(b:$lifted_string_0)}", [""]),
    "a number": ("{a(b: 7)}", "{a(b: $lifted_number_0)}", ["7"]),
    "less than none": ("{a(b:-7)}", "{a(b:$lifted_number_0)}", ["-7"]),
    "none": ("{a(b: 0)}", "{a(b: $lifted_number_0)}", ["0"]),
    "two": ('{a(b: "c", d: 1)}', "{a(b: $lifted_string_0, d: $lifted_number_1)}", ["c", "1"]),
    "glued": ('{a(b:"c"d:1)}', "{a(b:$lifted_string_0d:$lifted_number_1)}", ["c", "1"]),
    "in an object": ('{a(b: {c: "d"})}', "{a(b: {c: $lifted_string_0})}", ["d"]),
    "on the next line": ('{a(b:\n"c")}', "{a(b:\n$lifted_string_0)}", ["c"]),
    "any letter": (
        '{a(b: "é#\u2028\U0001f600:")}',
        "{a(b: $lifted_string_0)}",
        ["é#\u2028\U0001f600:"],
    ),
    "behind a comment": ('{a # "b: 1\n(b: "c")}', '{a # "b: 1\n(b: $lifted_string_0)}', ["c"]),
    "behind a block": ('{a(b: """c: "d" \\""" """ e: "f")}', None, ["f"]),
    "behind an escape": ('{a(b: "c\\" d: 1" e: "f")}', None, ["f"]),
    "beside what stays": ('{a(b: ["c", 1], d: 1.5, e: "f")}', None, ["f"]),
    "none at all": ('{a(b: ["c", 1], d: 1.5)}', None, []),
}
LEFT = {
    "no literal": "{a}",
    "an escape": '{a(b: "c\\n")}',
    "a block": '{a(b: """c""")}',
    "an empty block": '{a(b: """""")}',
    "a list": '{a(b: ["c", 1])}',
    "a default": 'query ($a: Int = 1, $b: String = "c") {a}',
    "a fraction": "{a(b: 1.5)}",
    "a power": "{a(b: 1e5)}",
    "leading zeros": "{a(b: 007)}",
    "minus none": "{a(b: -0)}",
    "nineteen digits": f"{{a(b: {'9' * 19})}}",
    "glued to a name": "{a(b: 7c)}",
    "a comment": '{a} # b: "c"',
    "in a block": '{a(b: """: "c" """)}',
    "half a character": '{a(b: "\ud800")}',
    "a control character": '{a(b: "\x00\t")}',
}
UNCLEAR = {
    "a name like ours": '{lifted_0: a(b: "c")}',
    "a line's end": '{a(b: "c\nd")}',
    "never closed": '{a(b: "c',
    "closed late": '{a(b: "c\n, d: "e")}',
    "a block never closed": '{a(b: """c, d: "e")}',
    "too many": f"{{a({'b: 1 ' * (MAX_LITERALS + 1)})}}",
}


@pytest.mark.parametrize(("sent", "left", "values"), PLAIN.values(), ids=PLAIN)
def test_plain_literals_are_lifted(sent, left, values):
    lifted = lift(sent)
    assert [literal.value for literal in lifted.literals] == values
    assert lifted.text == (left or sent.replace('"f"', "$lifted_string_0"))


@pytest.mark.parametrize("sent", LEFT.values(), ids=LEFT)
def test_whatever_else_stays_as_it_is(sent):
    assert lift(sent) == (sent, sent, ())


@pytest.mark.parametrize("sent", UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_not_clear_is_not_lifted_at_all(sent):
    assert lift(sent) is None


def tokens(text):
    """Return a text's tokens, each with its kind, value and place."""
    lexer = Lexer(Source(text))
    found = []
    while lexer.advance().kind != TokenKind.EOF:
        found.append((lexer.token.kind, lexer.token.value, lexer.token.start))
    return found


PARTS = st.sampled_from(
    [
        *("a", "{", "}", "(", ")", ":", ": ", ":\n", ",", " ", "$b", "...", "@c", "#", "# d\n"),
        *('"', '""', '"""', '"e"', '"\\""', '"""f"""', '"""\\""" """', "\\", "\n", "\r", "é", "_"),
        *("0", "1", "-2", "-", ".5", "1.5", "e1", "12345678901234567890", "lifted_", "\x00", "\t"),
    ]
)


@given(st.lists(PARTS, max_size=40).map("".join))
def test_a_lifted_document_has_the_same_tokens_at_the_same_places(sent):
    lifted = lift(sent)
    if lifted is None:
        return
    names = {literal.name: literal for literal in lifted.literals}
    try:
        found = tokens(lifted.text)
    except GraphQLError:
        return  # nothing of it is kept
    told = [value for _kind, value, _place in found]
    if not all(told.count(name) == 1 for name in names):
        return  # one of them stands where no variable is: nothing of it is kept either
    expected = []
    for kind, value, place in found:
        [as_sent] = lifted.errors_as_sent(
            [GraphQLError("", source=Source(lifted.text), positions=[place])]
        )
        literal = names.get(value)
        if literal is None:
            expected.append((kind, value, as_sent.positions[0]))
            continue
        expected.pop()  # the dollar sign
        of = TokenKind.INT if literal.is_number else TokenKind.STRING
        [as_sent] = lifted.errors_as_sent(
            [GraphQLError("", source=Source(lifted.text), positions=[place - 1])]
        )
        expected.append((of, literal.value, as_sent.positions[0]))
    assert tokens(sent) == expected


def test_an_error_points_into_what_was_sent():
    sent = '{a(b: "a long one")\n c(d: 7, e: "") f}'
    lifted = lift(sent)
    text = lifted.text
    errors = [
        GraphQLError("wrong", source=Source(text), positions=[text.index(word)], path=["f", 0])
        for word in ("a(", "$lifted_string_0", "c(", "e:", "f}")
    ]
    told = [error.formatted for error in lifted.errors_as_sent(errors)]
    assert [each["locations"] for each in told] == [
        [{"line": line, "column": column}]
        for line, column in ((1, 2), (1, 7), (2, 2), (2, 10), (2, 17))
    ]
    assert {each["message"] for each in told} == {"wrong"}
    assert told[0]["path"] == ["f", 0]


def test_an_error_of_no_place_stays_so():
    original = ValueError()
    error = GraphQLError("wrong", original_error=original, extensions={"a": 1})
    [told] = lift('{a(b: "c")}').errors_as_sent([error])
    assert (told.formatted, told.original_error) == (
        {"message": "wrong", "extensions": {"a": 1}},
        original,
    )
