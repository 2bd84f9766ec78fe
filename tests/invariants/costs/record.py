"""Record anew what each request costs, after a change that is meant: on both databases.

    python -m tests.invariants.costs.record

On PostgreSQL where one answers at `POSTGRES_URL`, else that half stays as it is.
"""

import os
import subprocess
import sys

TEST = "tests/invariants/costs/test_costs.py"


def main() -> None:
    """Run the test that measures, told to write down what it finds."""
    for url in (None, os.environ.get("POSTGRES_URL")):
        environment = os.environ | {"RECORD_COSTS": "true"}
        environment.pop("DATABASE_URL", None)
        if url is not None:
            environment["DATABASE_URL"] = url
        command = [sys.executable, "-m", "pytest", "-q", "-x", TEST]
        subprocess.run(command, check=True, env=environment)
        if os.environ.get("POSTGRES_URL") is None:
            sys.stdout.write("Set POSTGRES_URL to record on PostgreSQL too.\n")
            return


if __name__ == "__main__":
    main()
