"""JSON bodies: compact, UTF-8, and written whatever text they hold."""

import json

import pytest

from storefront.http.json_bodies import dump_json


def test_text_is_written_as_it_is():
    assert dump_json({"name": "Häkeln – 編み物", "tags": []}) == (
        '{"name":"Häkeln – 編み物","tags":[]}'.encode()
    )


@pytest.mark.parametrize("odd", ["\ud800", 2**64, -(2**63) - 1])
def test_what_the_fast_writer_refuses_is_written_too(odd):
    assert json.loads(dump_json({"odd": odd})) == {"odd": odd}
