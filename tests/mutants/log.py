"""What came of each fault that was planted, kept so that a run broken off can go on."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tests.mutants.positions import Mutation

CAUGHT, SURVIVED, TIMED_OUT = 1, 0, -1


@dataclass(frozen=True)
class Verdict:
    """What came of a fault: the test that caught it, or the difference that none noticed."""

    code: int
    by: str = ""
    difference: str = ""


@dataclass(frozen=True)
class Log:
    """The verdicts of one commit and seed, a line each, in a file that others may share."""

    file: Path
    commit: str
    seed: int

    def note(self, mutation: Mutation, verdict: Verdict) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        row = {"commit": self.commit, "seed": self.seed} | vars(mutation) | vars(verdict)
        with self.file.open("a") as lines:
            lines.write(json.dumps(row) + "\n")

    def verdicts(self) -> dict[Mutation, Verdict]:
        """Return what came of each fault so far; one that timed out has no verdict."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return {
            _part(Mutation, row): _part(Verdict, row)
            for row in map(json.loads, lines)
            if (row.get("commit"), row.get("seed")) == (self.commit, self.seed)
            if row["code"] != TIMED_OUT
        }


def _part(kind: type, row: dict[str, Any]) -> Any:
    return kind(**{field.name: row[field.name] for field in fields(kind)})
