import pytest
from django.utils import translation

from downloads.bidi import isolate, isolate_html, without_turns

FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("My book", "My book"),
        ("本 1", "本 1"),
        ("", ""),
        ("ספר", f"{FSI}ספר{PDI}"),
        ("كتاب 10", f"{FSI}كتاب 10{PDI}"),
        ("١٢", f"{FSI}١٢{PDI}"),
        ("Vol. 1 (ספר)", f"{FSI}Vol. 1 (ספר){PDI}"),
        # Nothing inside ends the isolate, or turns what follows around.
        (f"a{PDI}\u202eb", "ab"),
        (f"ספר{PDI}\u202e", f"{FSI}ספר{PDI}"),
        (f"{FSI}ספר{PDI}", f"{FSI}ספר{PDI}"),
    ],
)
def test_what_runs_from_right_to_left_stands_between_isolates(text, isolated):
    assert isolate(text) == isolated


def test_among_words_that_do_everything_stands_between_isolates():
    with translation.override("he"):
        assert isolate("My book") == f"{FSI}My book{PDI}"


def test_in_html_everything_stands_in_an_element_escaped():
    assert isolate_html(f"<b>ספר{PDI}") == "<bdi>&lt;b&gt;ספר</bdi>"


def test_all_that_turns_is_taken_out():
    turns = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
    assert without_turns(f"a{turns}b") == "ab"
