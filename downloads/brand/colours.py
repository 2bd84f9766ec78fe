"""Accent colour: WCAG 2 contrast, and the nearest shade that has enough of it (AA)."""

import colorsys
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What stands on the page's surfaces, light and dark: the same as in its style sheet.
LIGHT_SURFACES = ("#f6f7f9", "#ffffff")
DARK_SURFACES = ("#14171b", "#1e2228")
# What mail programs lay under a mail: one of two, and we are not told which.
MAIL_SURFACES = ("#ffffff", "#1f1f1f")
ON_LIGHT, ON_DARK = "#ffffff", "#14171b"
# Success criteria 1.4.3 (text) and 1.4.11 (the border of a control).
OF_TEXT, OF_BORDERS = 4.5, 3.0
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Shades:
    """One accent as it is shown: as text and under a button's words, and as a border in mail."""

    light: str
    dark: str
    mail: str
    on_light: str = ON_LIGHT
    on_dark: str = ON_DARK


def check_colour(value: str) -> None:
    """Refuse what is no colour of six hexadecimal digits.

    Raises:
        ValidationError: with an example.
    """
    if not _COLOUR.fullmatch(value):
        raise ValidationError(
            _("Enter a colour as # and six of the digits 0-9 and a-f, like #1f5fd0.")
        )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(256)
def shades_of(accent: str) -> Shades:
    """Return the shades in which an accent is shown: itself wherever it has enough contrast."""
    return Shades(
        light=nearest_shade(accent, against=(*LIGHT_SURFACES, ON_LIGHT), least=OF_TEXT),
        dark=nearest_shade(accent, against=(*DARK_SURFACES, ON_DARK), least=OF_TEXT),
        mail=nearest_shade(accent, against=MAIL_SURFACES, least=OF_BORDERS),
    )


def nearest_shade(colour: str, *, against: tuple[str, ...], least: float) -> str:
    """Return the shade of a colour next to it that has this contrast to all of these."""
    shades = _shades(colour)
    return next(
        shade for shade in shades if all(contrast(shade, surface) >= least for surface in against)
    )


def _shades(colour: str) -> Iterator[str]:
    """Yield a colour, then its shades in both directions, the nearest first."""
    yield colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    for step in range(1, 256):
        for shifted in (lightness - step / 255, lightness + step / 255):
            if 0 <= shifted <= 1:
                parts = colorsys.hls_to_rgb(hue, shifted, saturation)
                yield "#" + "".join(f"{round(part * 255):02x}" for part in parts)
    # Where the colour is black or white itself, and no step comes to the other end.
    yield from ("#000000", "#ffffff")


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
