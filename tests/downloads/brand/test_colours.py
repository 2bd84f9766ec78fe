import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from downloads.brand.colours import (
    DARK_SURFACES,
    LIGHT_SURFACES,
    MAIL_SURFACES,
    check_colour,
    contrast,
    shades_of,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_the_ratio_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@given(COLOURS)
def test_every_colour_is_shown_in_a_shade_that_can_be_read(colour):
    shades = shades_of(colour)
    for shade, on, surfaces in (
        (shades.light, shades.on_light, LIGHT_SURFACES),
        (shades.dark, shades.on_dark, DARK_SURFACES),
    ):
        assert min(contrast(shade, other) for other in (*surfaces, on)) >= 4.5
    assert min(contrast(shades.mail, other) for other in MAIL_SURFACES) >= 3


def test_a_colour_that_can_be_read_is_left_as_it_is():
    assert shades_of("#1f5fd0").light == "#1f5fd0"
    assert shades_of("#8ab4ff").dark == "#8ab4ff"


def test_the_surfaces_are_those_of_the_page():
    sheet = Path(settings.BASE_DIR) / "storefront" / "static" / "storefront" / "page.css"
    found = re.findall(r"--(?:paper|card): (#\w+);", sheet.read_text(encoding="utf-8"))
    assert found == [*LIGHT_SURFACES, *DARK_SURFACES]


@pytest.mark.parametrize("wrong", ["red", "#fff", "#12345g", "#1234567", "1f5fd0", "#1f5fd0;}"])
def test_what_is_no_colour_is_refused(wrong):
    with pytest.raises(ValidationError, match="like #1f5fd0"):
        check_colour(wrong)
