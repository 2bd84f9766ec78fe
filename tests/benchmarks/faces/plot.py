"""A plot of cost against size, as SVG: CPU of one request by the orders there are, and by lines."""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from tests.benchmarks.faces.report import Found

WIDTH, HEIGHT, MARGIN = 420, 280, 56
COLOURS = {"ours": "#1f6feb", "naive": "#8b949e", "floor": "#2da44e"}
DASHES = {"PostgreSQL": "", "SQLite": "6 4"}
Points = Sequence[tuple[float, float]]


def plotted(found: Found) -> str:
    """Return the drawing: a field for each face, by orders and by lines."""
    fields = [
        (f"{name}: CPU ms by {words}", _series(found, name, is_by_lines=is_by_lines))
        for name in ("face A", "face B")
        for words, is_by_lines in (("orders (2 lines each)", False), ("lines of an order", True))
    ]
    drawn = [
        _field(title, series, left=number % 2 * WIDTH, top=number // 2 * HEIGHT)
        for number, (title, series) in enumerate(fields)
    ]
    legend = [
        f'<text x="{MARGIN + number * 110}" y="{2 * HEIGHT + 20}" fill="{colour}">{name}</text>'
        for number, (name, colour) in enumerate(COLOURS.items())
    ]
    note = (
        f'<text x="{MARGIN + 340}" y="{2 * HEIGHT + 20}">whole: PostgreSQL, dashed: SQLite</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {2 * HEIGHT + 36}" '
        'font-family="sans-serif" font-size="12" role="img" '
        'aria-label="CPU of one request by number of orders and of lines">\n'
        '<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join([*drawn, *legend, note])
        + "\n</svg>\n"
    )


def _series(found: Found, name: str, *, is_by_lines: bool) -> dict[tuple[str, str], Points]:
    series: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for each in found.of_faces():
        orders, lines = each.stand.orders, each.stand.lines
        if each.name != name or each.connections != 16 or (lines == 2) is is_by_lines:
            continue
        for server in each.runs:
            size = lines if is_by_lines else orders
            series.setdefault((server, each.stand.database), []).append((size, each.cpu_ms(server)))
    return {key: sorted(points) for key, points in series.items()}


def _field(title: str, series: dict[tuple[str, str], Points], *, left: int, top: int) -> str:
    parts = [f'<g transform="translate({left} {top})">']
    parts.append(f'<text x="{MARGIN}" y="24" font-weight="bold">{escape(title)}</text>')
    points = [point for each in series.values() for point in each]
    if points:
        sizes, costs = _decades(x for x, _ in points), _decades(y for _, y in points)

        def place(x: float, y: float) -> tuple[float, float]:
            across = (math.log10(x) - sizes[0]) / (sizes[-1] - sizes[0])
            up = (math.log10(y) - costs[0]) / (costs[-1] - costs[0])
            return (
                MARGIN + across * (WIDTH - 2 * MARGIN),
                HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN),
            )

        parts += [
            _rule(*place(10.0**each, 10.0 ** costs[0]), 10.0**each, is_up=True) for each in sizes
        ]
        parts += [
            _rule(*place(10.0 ** sizes[0], 10.0**each), 10.0**each, is_up=False) for each in costs
        ]
        parts += [_line(key, [place(*point) for point in each]) for key, each in series.items()]
    return "\n".join([*parts, "</g>"])


def _decades(values: object) -> list[int]:
    logs = [math.log10(max(value, 0.01)) for value in values]  # type: ignore[attr-defined]
    first, last = math.floor(min(logs)), math.ceil(max(logs))
    return list(range(first, max(last, first + 1) + 1))


def _rule(x: float, y: float, value: float, *, is_up: bool) -> str:
    across, up = (0, MARGIN * 2 - HEIGHT) if is_up else (WIDTH - 2 * MARGIN, 0)
    where = f'x="{x:.0f}" y="{y + 18:.0f}" text-anchor="middle"'
    if not is_up:
        where = f'x="{x - 6:.0f}" y="{y + 4:.0f}" text-anchor="end"'
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x + across:.1f}" y2="{y + up:.1f}" stroke="#ddd"/>'
        f"<text {where}>{value:,g}</text>"
    )


def _line(key: tuple[str, str], points: Points) -> str:
    server, database = key
    colour = COLOURS[server]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
    dashes = f' stroke-dasharray="{DASHES[database]}"' if DASHES[database] else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}"{dashes}/>{dots}'
