"""One JSON object, from its bytes."""

from storefront.platforms.payloads import parse_object


def test_an_object_is_read_from_its_bytes():
    assert parse_object('{"a": [1, 2.5, "ü", null, true]}'.encode()) == {
        "a": [1, 2.5, "ü", None, True]
    }
    assert parse_object(b" {} ") == {}
    assert parse_object(b'{"id": 9223372036854775808}') == {"id": 2**63}


def test_an_object_may_be_nested_as_deep_as_anyone_needs():
    deep = 200
    assert parse_object(b'{"a":' * deep + b"1" + b"}" * deep)["a"]["a"]
