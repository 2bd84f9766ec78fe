"""Mutation testing: plant faults one by one, and see which of them no test notices.

`python -m tests.mutants [--size 100] [--seed 16]` draws mutations (`positions`), runs for each the
quick tests that reach its lines, nearest first, then the slow ones of the same files, and prints
those that survived. Which test reaches what is measured once for a commit. The checkout itself is
never written to. Broken off, it goes on where it was: what `var/mutants/log.jsonl` has a verdict
on, of this commit and seed, is not planted again.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from queue import SimpleQueue

import coverage
from tqdm import tqdm

from tests.mutants.log import CAUGHT, SURVIVED, TIMED_OUT, Log, Verdict
from tests.mutants.positions import SUBJECTS, Mutation, sample

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "var" / "mutants"
SECONDS = 600
WORKERS = 2
PYTEST = (sys.executable, "-m", "pytest", "-q", "--ignore=tests/system", "--ignore=tests/contracts")
QUICK = ("-m", "not slow and not more_cases")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--seed", type=int, default=16)
    given = parser.parse_args()
    reached = reach()
    nodes_by_context()
    mutations = sample(ROOT, size=given.size, seed=given.seed)
    log = Log(KEPT / "log.jsonl", commit(), given.seed)
    known = log.verdicts()
    with trees() as free, ThreadPoolExecutor(WORKERS) as pool:

        def verdict_on(mutation: Mutation) -> Verdict:
            if mutation in known:
                return known[mutation]
            verdict = judge(mutation, reached, free)
            log.note(mutation, verdict)
            return verdict

        attempts = pool.map(verdict_on, mutations)
        verdicts = list(tqdm(attempts, total=len(mutations), unit="mutant"))
    for mutation, verdict in zip(mutations, verdicts, strict=True):
        if verdict.code == SURVIVED:
            place = f"{mutation.path}:{mutation.first_line} {mutation.operator}"
            sys.stdout.write(f"\n{place}\n{verdict.difference}\n")
    codes = [verdict.code for verdict in verdicts]
    unknown, survived = codes.count(TIMED_OUT), codes.count(SURVIVED)
    sys.stdout.write(
        f"{len(codes) - unknown - survived} of {len(codes)} caught, {unknown} took too long to say;"
        f" seed {given.seed}\n"
    )


# --- Which test reaches which line ---------------------------------------------------------------


def reach() -> coverage.CoverageData:
    """Return which quick tests ran each line, measured by one run."""
    data_file = KEPT / f"{commit()}.coverage"
    if not data_file.exists():
        data_file.parent.mkdir(parents=True, exist_ok=True)
        settings = data_file.with_suffix(".ini")
        settings.write_text(
            "[run]\ndynamic_context = test_function\n"
            f"source = {','.join(sorted({each.split('/')[0] for each in SUBJECTS}))}\n"
            f"data_file = {data_file}.unfinished\n"
        )
        subprocess.run(
            [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", *PYTEST[1:], *QUICK],
            cwd=ROOT,
            check=True,
        )
        Path(f"{data_file}.unfinished").rename(data_file)
    data = coverage.CoverageData(str(data_file))
    data.read()
    return data


@cache
def commit() -> str:
    return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()


def tests_of(mutation: Mutation, reached: coverage.CoverageData) -> list[str]:
    """Return the tests that ran a mutation's lines, those at the mirrored path first.

    What runs at import alone is judged by the mirrored tests.
    """
    by_line = reached.contexts_by_lineno(str(ROOT / mutation.path))
    lines = range(mutation.first_line, mutation.last_line + 1)
    names = {name for line in lines for name in by_line.get(line, ()) if name}
    if not names:
        names = {name for contexts in by_line.values() for name in contexts if name}
    mirror = "tests." + mutation.path.removesuffix(".py").replace("/", ".")
    near = ".".join(mirror.split(".")[:-1])
    noun = mirror.split(".")[-1]

    def distance(name: str) -> tuple:
        return (not name.startswith(f"{near}.test_{noun}"), not name.startswith(near), name)

    nodes = nodes_by_context()
    return [nodes[name] for name in sorted(names, key=distance) if name in nodes]


@cache
def nodes_by_context() -> dict[str, str]:
    """Return how pytest calls each test, by how coverage calls it."""
    listed = subprocess.check_output(
        [*PYTEST, *QUICK, "--collect-only"],
        cwd=ROOT,
        text=True,
    )
    nodes = {line.split("[")[0] for line in listed.splitlines() if "::" in line}
    return {node.replace(".py::", ".").replace("::", ".").replace("/", "."): node for node in nodes}


# --- One fault -----------------------------------------------------------------------------------


@contextmanager
def trees() -> Iterator[SimpleQueue]:
    """Give each worker a copy of the commit, to plant faults in."""
    free: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(WORKERS):
            tree = Path(folder) / str(number)
            subprocess.run(["git", "clone", "-q", "--shared", str(ROOT), str(tree)], check=True)
            free.put(tree)
        yield free


def judge(mutation: Mutation, reached: coverage.CoverageData, free: SimpleQueue) -> Verdict:
    """Plant a fault, and say what came of it."""
    mutated = mutation.apply(ROOT)
    if mutated is None:
        return Verdict(CAUGHT, by="changes nothing")
    tests = tests_of(mutation, reached)
    if not tests:
        return Verdict(SURVIVED, difference=f"No test reaches line {mutation.first_line}.")
    tree: Path = free.get()
    file = tree / mutation.path
    before = file.read_bytes()
    try:
        file.write_text(mutated, encoding="utf-8")
        if is_unmigrated(tree, mutation):
            return Verdict(CAUGHT, by="FAILED makemigrations --check")
        # What no quick test notices, a slow one beside it may.
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        for chosen in ([*QUICK, *tests], files):
            run = run_tests(tree, chosen)
            if run.returncode:
                return Verdict(CAUGHT, by=catcher(run.stdout))
        return Verdict(SURVIVED, difference=difference(tree, mutation.path))
    except subprocess.TimeoutExpired:
        return Verdict(TIMED_OUT)
    finally:
        file.write_bytes(before)
        free.put(tree)


def run_tests(tree: Path, chosen: list[str]) -> subprocess.CompletedProcess:
    arguments = tree / "mutant.args"
    arguments.write_text("\n".join(chosen))
    return subprocess.run(
        [*PYTEST, "-x", "-p", "no:cacheprovider", f"@{arguments.name}"],
        cwd=tree,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )


def is_unmigrated(tree: Path, mutation: Mutation) -> bool:
    """Say whether a fault in a model is a missing migration: the tests' tables are the old ones."""
    check = [sys.executable, "manage.py", "makemigrations", "--check"]
    return "/models/" in mutation.path and bool(
        subprocess.run(check, cwd=tree, capture_output=True).returncode
    )


def difference(tree: Path, path: str) -> str:
    return subprocess.check_output(["git", "diff", "-U1", "--", path], cwd=tree, text=True)


def catcher(output: str) -> str:
    return next((line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))), "")


if __name__ == "__main__":
    main()
