"""Charts as SVG made here: bars and a line over days, in attributes alone, without any style.

The picture is stretched to the page's width, so no letter stands in it: what its axes say stands
beside it in HTML, and all of it in a table below.
"""

from dataclasses import dataclass
from datetime import date

from downloads.lookups.figures import DayFigures

WIDTH, HEIGHT = 1000, 200
# What of a bar's place stays free.
GAP = 0.3
# Tops that can be halved, but for 1 alone: below ten, and of what is more in tenths.
SMALL = (1, 2, 4, 6, 8, 10)
STEPS = (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100)


@dataclass(frozen=True)
class Bar:
    """A bar of downloads, and what its row in the table says."""

    first: date
    last: date
    x: str
    y: str
    width: str
    height: str
    downloads: int
    orders: int
    sent_bytes: int


@dataclass(frozen=True)
class Chart:
    """Downloads as bars, orders as a line (the points of a polyline), up to `top`."""

    bars: list[Bar]
    points: str
    top: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def marks(self) -> list[int]:
        """What the lines across stand for, from the top."""
        return [self.top, self.top // 2, 0] if self.top > 1 else [self.top, 0]

    @property
    def lines(self) -> list[str]:
        return [_short(HEIGHT - HEIGHT * mark / self.top) for mark in self.marks]

    @property
    def dates(self) -> list[date]:
        """The days below it: the first, one in the middle, and the last."""
        middle = self.bars[len(self.bars) // 2]
        return [self.bars[0].first, middle.first, self.bars[-1].last]

    @property
    def highest(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.downloads)

    @property
    def is_empty(self) -> bool:
        return not any(bar.downloads or bar.orders for bar in self.bars)


def chart_of(days: list[DayFigures], *, group: int) -> Chart:
    """Draw days, so many to a bar."""
    groups = [days[start : start + group] for start in range(0, len(days), group)]
    downloads = [sum(day.downloads for day in each) for each in groups]
    orders = [sum(day.orders for day in each) for each in groups]
    top = _top(max([*downloads, *orders]))
    place = WIDTH / len(groups)
    bars, points = [], []
    for number, each in enumerate(groups):
        height = HEIGHT * downloads[number] / top
        bars.append(
            Bar(
                first=each[0].day,
                last=each[-1].day,
                x=_short(place * (number + GAP / 2)),
                y=_short(HEIGHT - height),
                width=_short(place * (1 - GAP)),
                height=_short(height),
                downloads=downloads[number],
                orders=orders[number],
                sent_bytes=sum(day.sent_bytes for day in each),
            )
        )
        x, y = place * (number + 0.5), HEIGHT - HEIGHT * orders[number] / top
        points.append(f"{_short(x)},{_short(y)}")
    return Chart(bars, " ".join(points), top)


def _top(highest: int) -> int:
    """Return the least round number that is no lower; 1 for nothing."""
    if highest <= SMALL[-1]:
        return next(step for step in SMALL if step >= highest)
    tenth = 10 ** (len(str(highest)) - 2)
    return next(step * tenth for step in STEPS if step * tenth >= highest)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
