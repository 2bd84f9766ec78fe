"""Ask a server: once, many times at once, or by clients that keep their connections open."""

import contextlib
import hashlib
import http.client
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.system.harness.processes import DEADLINE_SECONDS, until


def wait_for(port: int, path: str = "/healthz", *, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until a server answers."""

    def answers() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return get(port, path).status == 200
        return False

    until(answers, f"nobody answers on port {port}", seconds=seconds)


class Answer:
    """What came back: status, headers (lower-case names, repeated ones joined) and the body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        names = [name.lower() for name in response.headers]
        self.headers = {name: " && ".join(response.headers.get_all(name, [])) for name in names}
        self.body = response.read()

    @property
    def sha256(self) -> str:
        """The checksum of the body, as an asset's is written."""
        return hashlib.sha256(self.body).hexdigest()


def get(
    port: int, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
) -> Answer:
    """Ask once, on a line of its own; `_` in a header's name stands for `-`."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        line.request(method, path, body, sent)
        return Answer(line.getresponse())
    finally:
        line.close()


def get_at_once(port: int, paths: Sequence[str], *, headers: Sequence[dict] = ()) -> list[Answer]:
    """Open a line for each path, wait until all are open, then ask on all at the same moment."""
    ready = threading.Barrier(len(paths))

    def one(number: int) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
        line.connect()
        ready.wait(timeout=DEADLINE_SECONDS)
        try:
            line.request("GET", paths[number], headers=headers[number] if headers else {})
            return Answer(line.getresponse())
        finally:
            line.close()

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(one, range(len(paths))))


def get_in_turn(port: int, paths: Sequence[str], *, clients: int = 16) -> list[Answer]:
    """Ask for each path, by so many clients that keep their lines open; answers as the paths."""

    def some(first: int) -> list[Answer]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
        answers = []
        for path in paths[first::clients]:
            line.request("GET", path)
            answers.append(Answer(line.getresponse()))
        line.close()
        return answers

    with ThreadPoolExecutor(clients) as pool:
        shares = list(pool.map(some, range(clients)))
    return [shares[number % clients][number // clients] for number in range(len(paths))]
