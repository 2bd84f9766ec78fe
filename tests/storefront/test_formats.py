import pytest
from django.utils import translation

from storefront.formats import spaced_size, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999", 999),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("9" * 5_000, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        (" 1", None),
        ("1_0", None),
        ("1.0", None),
        ("\u0663", None),
        ("\u00b2", None),
    ],
)
def test_digits_alone_are_a_number(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize(("text", "number"), [("9", 9), ("10", 10), ("11", None), ("009", None)])
def test_a_bound_bounds_the_number_and_its_digits(text, number):
    assert whole_number(text, most=10) == number


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(None, None), (0, "0\u202fB"), (90_400_000, "90.4\u202fMB"), (10**9, "1\u202fGB")],
)
def test_a_size_on_a_screen_has_its_unit_apart_on_the_same_line(size_bytes, text):
    assert spaced_size(size_bytes) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "1.5\u202fMB"),
        ("de", "1,5\u202fMB"),
        ("de-at", "1,5\u202fMB"),
        ("fr", "1,5\u202fMo"),
        ("ar", "1,5\u202fم.ب"),
        ("he", "1.5\u202fMB"),
        ("ja", "1.5\u202fMB"),
        ("pl", "1,5\u202fMB"),
    ],
)
def test_a_size_is_written_as_the_readers_language_writes_it(language, text):
    with translation.override(language):
        assert spaced_size(1_500_000) == text
