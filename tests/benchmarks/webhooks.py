"""How fast messages are taken in: `python -m tests.benchmarks.webhooks`.

6,000 deliveries of 2,000 events from 32 clients, on `DATABASE_URL` or SQLite. Seconds depend on
the machine; the ratio compares with requests that do nothing, on the same server in the same run.
"""

import sys

from tests.system.storms.storm import storm

if __name__ == "__main__":
    figures = storm(events=2000, kill=0, workers=1, seed=1)
    for name, figure in figures.items():
        sys.stdout.write(f"{name:32} {figure}\n")
