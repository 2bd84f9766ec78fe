"""What a run measures, in which order, and about how long that takes."""

from dataclasses import dataclass

from tests.benchmarks.faces.phases import Planned

Shape = tuple[int, int]
# Where the rest is measured too, and with more connections: first, for it tells most.
MIDDLE = (100_000, 2)
SHAPES: list[Shape] = [
    MIDDLE,
    *((10_000, lines) for lines in (2, 10, 1, 100)),
    (1_000_000, 2),
]
QUICK = (10_000, 2)
SEED, FACES, COUNTS = "seed and start", "faces A and B", "counts of a request"
BESIDE, APPLY, NGINX = "clicks, page, webhook, sign-in", "orders applied", "files through nginx"
# On two cores: to say how long is left.
SECONDS_PER_GRANT = {"PostgreSQL": 28e-6, "SQLite": 48e-6}
# How much longer a run takes than it drives.
STARTS = 1.15


@dataclass(frozen=True)
class Given:
    """What the command says."""

    rounds: int
    seconds: float
    shapes: list[Shape]
    is_quick: bool
    only: str | None

    @property
    def middle(self) -> Shape:
        """The orders on which the rest is measured too."""
        return MIDDLE if MIDDLE in self.shapes else self.shapes[0]


def planned(urls: list[str | None], given: Given) -> list[Planned]:
    """Return the parts of a run, in their order, with about the seconds that each takes."""
    plan = []
    for url in urls:
        name = title_of(url)
        run = given.rounds * given.seconds * STARTS
        for shape in given.shapes:
            grants = shape[0] * (2 * shape[1] + 1)
            plan.append(Planned(words_of(name, shape, SEED), 20 + grants * SECONDS_PER_GRANT[name]))
            is_middle = shape == given.middle
            if given.only != "beside":
                many = is_middle and not given.is_quick
                plan.append(Planned(words_of(name, shape, FACES), (1 + many) * 2 * (3 * run + 4)))
            if is_middle:
                plan.append(Planned(words_of(name, shape, COUNTS), 15))
                if given.only != "faces":
                    plan.append(Planned(words_of(name, shape, BESIDE), 11 * run + 12))
                    if not given.is_quick:
                        plan.append(Planned(f"{name}: {APPLY}", 30))
                        plan.append(Planned(f"{name}: {NGINX}", 5 * run + 20))
    return plan


def title_of(url: str | None) -> str:
    """Return what a database is called."""
    return "SQLite" if url is None else "PostgreSQL"


def words_of(name: str, shape: Shape, what: str) -> str:
    """Return how a part on some orders is called."""
    return f"{name}, {shape[0]:,} × {shape[1]}: {what}"
