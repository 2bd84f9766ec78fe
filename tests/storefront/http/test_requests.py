"""What a request says of itself: the length it declares, however that is written."""

import pytest
from django.test import RequestFactory

from storefront.http.requests import declared_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("-1", 0),
        ("1e3", 0),
        ("0", 0),
        ("12", 12),
        # A server reads past the zeros, and so past a bound that does not.
        ("0" * 30 + "12345678", 12345678),
        # Of thousands of digits enough is read to refuse them.
        ("9" * 5000, 999_999_999_999_999_999),
    ],
)
def test_a_declared_length_is_read_however_it_is_written(text, length):
    assert declared_length(RequestFactory().get("/", CONTENT_LENGTH=text)) == length
