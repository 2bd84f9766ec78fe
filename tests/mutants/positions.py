"""Faults to plant: a seeded sample of mutations, as cosmic-ray makes them."""

import ast
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import get_ast_from_path
from cosmic_ray.mutating import mutate_code
from parso.tree import NodeOrLeaf

# Where a fault would cost a buyer a download, or show one to a stranger.
SUBJECTS = (
    "downloads/models",
    "downloads/fulfilment",
    "downloads/lookups",
    "storefront/authentication.py",
    "storefront/delivery",
    "storefront/platforms",
)
# Names put in place of names are found by the linter.
LEFT_OUT = ("core/VariableReplacer", "core/VariableInserter")


@dataclass(frozen=True)
class Mutation:
    """One fault: the operator's `occurrence`-th place in a file, at these lines of it."""

    path: str
    operator: str
    occurrence: int
    first_line: int
    last_line: int

    def apply(self, root: Path) -> str | None:
        """Return the file's text with the fault in it; None where it changes nothing."""
        operator = cosmic_ray.plugins.get_operator(self.operator)()
        return mutate_code((root / self.path).read_bytes(), operator, self.occurrence)


def sample(root: Path, *, size: int, seed: int) -> list[Mutation]:
    """Return `size` mutations, each place being as likely as any other.

    A place is one expression and one family of operators: `a + b` can become eleven things and is
    drawn no oftener for it.
    """
    places: dict[tuple, list[Mutation]] = defaultdict(list)
    for path in _files(root):
        for mutation, family, column in _mutations(root, path):
            places[mutation.path, mutation.first_line, column, family].append(mutation)
    dice = random.Random(seed)  # noqa: S311 (no secret)
    return [dice.choice(places[place]) for place in dice.sample(sorted(places), size)]


def _files(root: Path) -> list[Path]:
    subjects = [root / subject for subject in SUBJECTS]
    found = [
        path for each in subjects for path in ([each] if each.is_file() else each.rglob("*.py"))
    ]
    return sorted(found)


def _mutations(root: Path, path: Path) -> list[tuple[Mutation, str, int]]:
    tree = get_ast_from_path(path)
    annotations = _annotations(path)
    found = []
    for name in sorted(cosmic_ray.plugins.operator_names()):
        if name.startswith(LEFT_OUT):
            continue
        operator = cosmic_ray.plugins.get_operator(name)()
        family = name.split("_")[0]
        spots = [spot for node in _walk(tree) for spot in operator.mutation_positions(node)]
        for occurrence, ((line, column), (last_line, _column)) in enumerate(spots):
            mutation = Mutation(str(path.relative_to(root)), name, occurrence, line, last_line)
            if (line, column) not in annotations:
                found.append((mutation, family, column))
    return found


def _walk(node: NodeOrLeaf) -> list[NodeOrLeaf]:
    nodes = [node]
    for child in getattr(node, "children", ()):
        nodes += _walk(child)
    return nodes


def _annotations(path: Path) -> set[tuple[int, int]]:
    """Return each place within an annotation: `int | None` breaks wherever it is touched."""
    places = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        for name in ("annotation", "returns"):
            if (annotation := getattr(node, name, None)) is not None:
                for line in range(annotation.lineno, annotation.end_lineno + 1):
                    first = annotation.col_offset if line == annotation.lineno else 0
                    last = annotation.end_col_offset if line == annotation.end_lineno else 999
                    places |= {(line, column) for column in range(first, last)}
    return places
