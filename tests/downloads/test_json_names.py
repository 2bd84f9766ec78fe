"""A name that stands twice in one JSON object: refused by name, or marked."""

import json

import pytest

from downloads.errors import DuplicateField
from downloads.json_names import (
    RepeatedName,
    is_marked,
    marked_or,
    parse_marking,
    parse_once,
    require_unmarked,
)

TWICE = {
    "at the top": ('{"id": 1, "id": 2}', "id"),
    "deep inside": ('{"a": [{"b": {"id": 1, "x": 0, "id": 1}}]}', "id"),
    "escaped": (r'{"id": 1, "\u0069\u0064": 2}', "id"),
    "empty": ('{"": 1, "": 2}', ""),
    "three times": ('{"é": 1, "é": 2, "é": 3}', "é"),
    "in a list": ('[{"a": null, "a": null}]', "a"),
}


@pytest.mark.parametrize(("text", "name"), TWICE.values(), ids=TWICE)
def test_it_is_refused_by_name(text, name):
    with pytest.raises(RepeatedName, match="stands twice in one object") as refused:
        parse_once(text)
    assert refused.value.name == name


@pytest.mark.parametrize(("text", "name"), TWICE.values(), ids=TWICE)
def test_it_is_marked_and_told(text, name):
    document, names = parse_marking(text)
    assert names == [name]
    with pytest.raises(DuplicateField):
        require_unmarked(document, "message")


@pytest.mark.parametrize("text", ['{"a": {"id": 1}, "b": {"id": 1}}', '[{"id": 1}, {"id": 1}]'])
def test_the_same_name_in_two_objects_stands_once_in_each(text):
    assert parse_marking(text) == (parse_once(text), [])


def test_a_mark_leads_to_its_place():
    document, _names = parse_marking('{"lines": [{"id": 1}, {"quantity": 1, "quantity": 5}]}')
    with pytest.raises(DuplicateField, match=r"^order\.lines\[1\]\.quantity: stands twice"):
        require_unmarked(document, "order")


def test_a_long_name_is_cut():
    name = "x" * 5000
    with pytest.raises(RepeatedName) as refused:
        parse_once(f'{{"{name}": 1, "{name}": 2}}')
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "{", '"', ""])
@pytest.mark.parametrize("parse", [parse_once, parse_marking])
def test_what_is_no_json_is_refused(parse, text):
    with pytest.raises(ValueError):  # noqa: PT011
        parse(text)


@pytest.mark.parametrize("parse", [parse_once, parse_marking])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 301 + "]" * 301,
        '{"a":' * 301 + "1" + "}" * 301,
        '[{"]}": ' * 151 + "1" + "}]" * 151,
        "[" * 2_000_000,
        ("[" + "[" * 299 + "]" * 299 + ",") * 3_000,
    ],
    ids=["lists", "objects", "brackets in texts", "open", "aside"],
)
def test_what_is_nested_too_deeply_is_refused(parse, text):
    with pytest.raises(RecursionError):
        parse(text)


@pytest.mark.parametrize(
    "text", ["[" * 300 + "]" * 300, "[" + "[]," * 500 + "[]]", '["' + '[\\"' * 500 + '"]']
)
def test_brackets_beside_each_other_and_in_texts_are_not_nested(text):
    assert parse_once(text) == json.loads(text)


@pytest.mark.parametrize("text", ['"' + '\\"' * 1_000_000, '"' * 2_000_001, '"' + "\\" * 2_000_000])
def test_a_text_without_an_end_is_looked_at_once(text):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_once(text)


def test_a_marked_value_wins_over_what_was_made_of_it():
    mark = parse_marking('{"a": 1, "a": 2}')[0]["a"]
    assert is_marked(mark)
    assert marked_or(mark, "made of it") is mark
    assert marked_or({"a": 1}, "made of it") == "made of it"
