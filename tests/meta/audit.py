"""`python -m tests.meta.audit`: what is known against the packages that serve, by pip-audit.

It fails for a package with a known fault, and for one nothing could be learnt about beside others
that were. Where the advisory service answers for none of them, that is said and no failure: a
machine without the internet still proves the rest.
"""

import json
import subprocess
import sys
from pathlib import Path

AUDIT = ["-m", "pip_audit", "--requirement", "requirements.txt", "--require-hashes"]
AUDIT += ["--disable-pip", "--progress-spinner", "off", "--format", "json"]
# The fault's number: why it does not reach us.
EXCEPTIONS: dict[str, str] = {}


def main() -> int:
    ignored = [part for number in EXCEPTIONS for part in ("--ignore-vuln", number)]
    asked = subprocess.run(
        [sys.executable, *AUDIT, *ignored],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if not asked.stdout.strip():
        say(asked.stderr.strip().rpartition("\n")[2])
        say("NOT AUDITED: the advisory service does not answer.")
        return 0
    return judge(json.loads(asked.stdout)["dependencies"])


def judge(packages: list[dict]) -> int:
    """Say what was found; return the exit status."""
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {fault['fix_versions']}"
        for package in packages
        for fault in package.get("vulns", [])
    ]
    for fault in faults:
        say(fault)
    if len(unknown) == len(packages):
        say(f"NOT AUDITED: the advisory service knows none of the {len(packages)} packages.")
        return 0
    if unknown:
        say(f"Nothing could be learnt about: {', '.join(unknown)}.")
    say(f"{len(packages) - len(unknown)} packages audited, {len(faults)} faults known.")
    return int(bool(faults or unknown))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
