"""How fast files leave through nginx: `python -m tests.benchmarks.downloads`.

On `DATABASE_URL` or SQLite; each answer is a click of its own, signed, counted and entered. Rates
depend on the machine and on what runs beside it, so each is compared with another of the same
run: a counted 10 MiB file with the same file that the same nginx sends by itself, a counted file
of 1 KiB with face A. Readers that drop the bytes are the hardest measure, for then the machine
does little else; one that checks them does what a careful buyer's program does.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.system.harness.processes import ROOT
from tests.system.harness.servers import Nginx
from tests.system.harness.service import TOKEN, Service, path_of, serving

BIG_BYTES = 10 * 1024 * 1024
SMALL_BYTES = 1024
READERS = 8
SECONDS = 5.0
ROUNDS = 3
CLICKS = 4000


def rate(
    port: int, paths: list[str], *, sha256: str | None = None, seconds: float = SECONDS
) -> float:
    """Return how many answers a second `READERS` programs get, each with its share of paths."""
    shares = [paths[number::READERS] or paths for number in range(READERS)]

    def read(share: list[str]) -> int:
        command = [sys.executable, "-m", "tests.benchmarks.reader", str(port), str(seconds)]
        command += [sha256] if sha256 else []
        done = subprocess.run(
            command,
            cwd=ROOT,
            check=True,
            input="\n".join(share),
            stdout=subprocess.PIPE,
            text=True,
        )
        return int(done.stdout)

    with ThreadPoolExecutor(READERS) as pool:
        return sum(pool.map(read, shares)) / seconds


def figures(service: Service, port: int) -> Iterator[tuple[str, float]]:
    """Yield the ratios of one round."""
    big = service.ask("add_file", name="big.zip", size_bytes=BIG_BYTES)
    small = service.ask("add_file", name="small.zip", size_bytes=SMALL_BYTES)

    def clicks(file: dict) -> list[str]:
        minted = service.ask("mint", grant=file["grant"], clicks=CLICKS)
        return [path_of(address) for address in minted]

    static = [f"/static-alone/{big['key']}"]
    yield "10 MiB, dropped: counted / static", rate(port, clicks(big)) / rate(port, static)
    checked = rate(port, clicks(big), sha256=big["sha256"])
    yield "10 MiB, checked: counted / static", checked / rate(port, static, sha256=big["sha256"])
    face_a = rate(port, [f"/api/v2/customer-account-orders?id={TOKEN}"])
    yield "1 KiB: counted / face A", rate(port, clicks(small)) / face_a


@contextmanager
def before(service: Service) -> Iterator[Nginx]:
    """Yield the nginx that ships, with a place beside that sends the same files by itself."""
    folder = Path(service.environment["DATA_DIR"])
    nginx = Nginx(folder / "nginx", service=service.port, uploads=folder / "uploads")
    conf = folder / "nginx" / "downloads.conf"
    alone = f"location /static-alone/ {{ alias {folder}/uploads/; }}"
    conf.write_text(conf.read_text().replace("location / {", f"{alone}\n    location / {{", 1))
    nginx.start()
    try:
        yield nginx
    finally:
        nginx.stop()


def main() -> None:
    """Print each ratio of `ROUNDS` rounds, and the middle one."""
    rounds: dict[str, list[float]] = {}
    url = os.environ.get("DATABASE_URL")
    # One process for each core; all that they do not do, nginx does.
    with (
        serving(url, workers=os.cpu_count() or 1, threads=8, FILES_LEAVE_BY="nginx") as service,
        before(service) as nginx,
    ):
        for _ in range(ROUNDS):
            for name, figure in figures(service, nginx.port):
                rounds.setdefault(name, []).append(figure)
    sys.stdout.write(f"{'PostgreSQL' if url else 'SQLite'}\n")
    for name, found in rounds.items():
        each = ", ".join(f"{figure:.2f}" for figure in found)
        sys.stdout.write(f"{name:40} {statistics.median(found):.2f}  ({each})\n")


if __name__ == "__main__":
    main()
