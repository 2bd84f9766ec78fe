"""One buyer's program: fetches addresses one after the other on a kept line, for some seconds.

`python -m tests.benchmarks.reader PORT SECONDS [SHA256]`, paths on standard input. Prints how many
answers were whole; with a SHA-256 each is checked against it, else the bytes are dropped.
"""

import hashlib
import http.client
import itertools
import sys
import time

BUFFER_BYTES = 256 * 1024


def read_for(port: int, seconds: float, paths: list[str], sha256: str | None) -> int:
    """Return how many answers came whole (and right) before the time was over."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    buffer = memoryview(bytearray(BUFFER_BYTES))
    end = time.perf_counter() + seconds
    whole = 0
    for path in itertools.cycle(paths):
        line.request("GET", path)
        answer = line.getresponse()
        if answer.status != 200:
            raise ValueError(f"{answer.status} for {path}")
        digest, left = hashlib.sha256(), answer.length
        while length := answer.readinto(buffer):
            left -= length
            if sha256:
                digest.update(buffer[:length])
        if left or (sha256 and digest.hexdigest() != sha256):
            raise ValueError(f"not the file's bytes: {path}")
        if time.perf_counter() > end:
            return whole
        whole += 1
    return whole


if __name__ == "__main__":
    given = sys.argv[1:]
    told = read_for(int(given[0]), float(given[1]), sys.stdin.read().split(), *given[2:] or [None])
    sys.stdout.write(str(told))
