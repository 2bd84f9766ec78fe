"""Charts: their tops, and that each bar and point stands where its figure says."""

from datetime import date, timedelta

import pytest

from downloads.lookups import DayFigures
from storefront.staff.start.charts import HEIGHT, WIDTH, chart_of

FIRST = date(2026, 2, 1)


def days(*counts):
    return [
        DayFigures(FIRST + timedelta(days=number), orders, downloads)
        for number, (orders, downloads) in enumerate(counts)
    ]


@pytest.mark.parametrize(
    ("highest", "top"),
    [
        *((0, 1), (1, 1), (2, 2), (3, 4), (5, 6), (10, 10), (11, 11 + 1), (13, 16), (99, 100)),
        *((101, 120), (115, 120), (121, 160), (410, 500), (999, 1000), (80_001, 100_000)),
    ],
)
def test_the_top_is_round_and_can_be_halved(highest, top):
    chart = chart_of(days((0, highest), (0, 0)), group=1)
    assert chart.top == top
    assert chart.marks[-1] == 0
    assert top == 1 or chart.marks[1] * 2 == top


def test_bars_and_points_stand_where_the_figures_say():
    chart = chart_of(days((1, 2), (4, 0), (0, 4), (2, 1)), group=1)
    assert [(float(bar.y), float(bar.height)) for bar in chart.bars] == [
        (HEIGHT / 2, HEIGHT / 2),
        (HEIGHT, 0),
        (0, HEIGHT),
        (HEIGHT * 3 / 4, HEIGHT / 4),
    ]
    points = [tuple(map(float, each.split(","))) for each in chart.points.split()]
    assert points == [(WIDTH * x / 8, HEIGHT * y / 4) for x, y in ((1, 3), (3, 0), (5, 4), (7, 2))]
    assert all(float(bar.x) + float(bar.width) <= WIDTH for bar in chart.bars)


def test_days_are_summed_in_groups():
    chart = chart_of(days(*[(1, 2)] * 10), group=5)
    assert [(bar.orders, bar.downloads) for bar in chart.bars] == [(5, 10), (5, 10)]
    assert chart.dates == [FIRST, chart.bars[1].first, FIRST + timedelta(days=9)]
    assert not chart.is_empty
    assert chart_of(days((0, 0)), group=1).is_empty
