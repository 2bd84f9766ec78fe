"""A storm of webhooks on a real server with its worker: 2,000 events, each sent three times.

`python -m tests.system.storms.storm` runs one against `DATABASE_URL` (a database of its own beside
it, or SQLite in a folder of its own) and prints what came of it as one JSON object. With `--kill`
the worker is killed with SIGKILL at random moments and started again.
"""

import argparse
import base64
import contextlib
import hmac
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg

from tests.invariants.messages.life import Life, Sent

ROOT = Path(__file__).parents[3]
SECRET = "storm-secret-0123456789abcdef"
DOMAIN = "storm.example"
CLIENTS = 32
COPIES = 3
DEADLINE_SECONDS = 300


def lives_of(events: int, *, seed: int) -> list[Life]:
    """Return orders whose lives come to this many messages, a multiple of five."""
    dice = random.Random(seed)  # noqa: S311
    return [_life(number, dice) for number in range(1, events // 5 + 1)]


def _life(number: int, dice: random.Random) -> Life:
    order = Life(number=number, token=f"{dice.getrandbits(128):032x}")
    order.place([dice.randint(1, 3) for _ in range(dice.randint(1, 3))], financial="authorized")
    order.tick(60)
    order.pay()
    order.tick(60)
    position, units = dice.randint(0, 2), dice.randint(1, 2)
    match dice.randrange(5):
        case 0:
            order.refund({position: units})
            order.tick(60)
            order.cancel()
        case 1:
            order.add_units(position, units)
            order.tick(60)
            order.refund({position: units})
        case 2:
            order.dispute(1, "needs_response")
            order.tick(60)
            order.dispute(1, dice.choice(["won", "lost"]))
            order.tick(60)
            order.add_units(position, units)
        case 3:
            order.refund({})
            order.tick(60)
            order.remove_units(position, units)
        case 4:
            order.dispute(1, "needs_response")
            order.tick(60)
            order.add_line(units)
    assert len(order.sent) == 5
    return order


class Service:
    """The server and its worker, as a deployment runs them."""

    def __init__(self, environment: dict[str, str], *, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = environment
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--log-level", "error"]
        command += ["--config", "python:config.gunicorn"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--threads", "16", "--no-control-socket"]
        self.server = subprocess.Popen(command, cwd=ROOT, env=environment)
        self.workers = [self._start_worker() for _ in range(workers)]
        self.kills = 0

    def _start_worker(self) -> subprocess.Popen:
        command = [sys.executable, "manage.py", "worker", "--interval", "0.2", "--no-startup-delay"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment)

    def kill_a_worker(self) -> None:
        """Kill one as a power cut would, and start another in its place."""
        place = self.kills % len(self.workers)
        self.workers[place].send_signal(signal.SIGKILL)
        self.workers[place].wait()
        self.kills += 1
        self.workers[place] = self._start_worker()

    def wait(self) -> None:
        """Wait until the server answers."""
        for _ in range(200):
            with contextlib.suppress(OSError):
                urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1).close()
                return
            time.sleep(0.1)
        raise TimeoutError("the server does not answer")

    def stop(self) -> None:
        """End all of them."""
        for process in [self.server, *self.workers]:
            process.terminate()
        for process in [self.server, *self.workers]:
            process.wait(timeout=30)


def signed(message: Sent, *, domain: str, secret: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a message as Shopify signs it, written here anew."""
    body = json.dumps(message.payload).encode()
    digest = hmac.digest(secret.encode(), body, "sha256")
    return body, {
        "Content-Type": "application/json",
        "X-Shopify-Topic": message.topic,
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Webhook-Id": message.id,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
    }


def send_all(port: int, messages: list[Sent]) -> tuple[list[int], list[float], float]:
    """Send these from `CLIENTS` at once; return statuses, seconds of each, and seconds of all."""
    queue = iter(messages)
    turn = threading.Lock()
    answers: list[tuple[int, float]] = []

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with turn:
                message = next(queue, None)
            if message is None:
                line.close()
                return
            body, headers = signed(message, domain=DOMAIN, secret=SECRET)
            started = time.perf_counter()
            line.request("POST", "/webhooks/shopify", body, headers)
            response = line.getresponse()
            response.read()
            answers.append((response.status, time.perf_counter() - started))

    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for future in [pool.submit(client) for _ in range(CLIENTS)]:
            future.result()
    seconds = time.perf_counter() - started
    return [status for status, _ in answers], [took for _, took in answers], seconds


def plain_rate(port: int, requests: int = 2000) -> float:
    """Return how many requests a second the same server answers that do nothing."""
    queue = iter(range(requests))
    turn = threading.Lock()

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with turn:
                if next(queue, None) is None:
                    line.close()
                    return
            line.request("GET", "/healthz")
            line.getresponse().read()

    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for future in [pool.submit(client) for _ in range(CLIENTS)]:
            future.result()
    return requests / (time.perf_counter() - started)


@contextlib.contextmanager
def database(url: str | None) -> Iterator[dict[str, str]]:
    """Yield an environment with a database of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        environment = os.environ | {"DATA_DIR": folder}
        environment.pop("DATABASE_URL", None)
        if url is None:
            yield environment
            return
        name = f"storm_{os.getpid()}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            own = urlsplit(url)._replace(path=f"/{name}").geturl()
            yield environment | {"DATABASE_URL": own}
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def storm(*, url: str | None, events: int, kill: bool, workers: int, seed: int) -> dict:
    """Run one storm and return its figures; `wrong` counts orders in another state than due."""
    lives = lives_of(events, seed=seed)
    dice = random.Random(seed)  # noqa: S311
    messages = [message for life in lives for message in life.sent] * COPIES
    dice.shuffle(messages)
    with database(url) as environment:
        _in_django(environment, "prepare")
        service = Service(environment, workers=workers)
        try:
            service.wait()
            idle = plain_rate(service.port)
            over = threading.Event()
            killer = threading.Thread(target=_kill_until, args=(service, over, dice))
            if kill:
                killer.start()
            statuses, seconds, took = send_all(service.port, messages)
            over.set()
            if kill:
                killer.join()
            applied_after = _wait_until_applied(environment)
        finally:
            service.stop()
        ends = _in_django(environment, "ends")
    wrong = [life.number for life in lives if ends["orders"].get(str(life.number)) != end_of(life)]
    cuts = statistics.quantiles(seconds, n=100)
    return {
        "database": "PostgreSQL" if url else "SQLite",
        "deliveries": len(messages),
        "statuses": {str(status): statuses.count(status) for status in sorted(set(statuses))},
        "stored": ends["stored"],
        "unapplied": ends["unapplied"],
        "orders": len(ends["orders"]),
        "wrong": wrong,
        "kills": service.kills,
        "p50_seconds": round(cuts[49], 4),
        "p99_seconds": round(cuts[98], 4),
        "deliveries_per_second": round(len(messages) / took, 1),
        "ratio_to_plain_requests": round(len(messages) / took / idle, 3),
        "applied_seconds_after_the_last": round(applied_after, 1),
    }


def end_of(life: Life) -> dict:
    """Return what an order must come to, in the form that `ends` prints."""
    downloads = {str(number): list(end) for number, end in life.downloads.items()}
    return {"status": life.status, "downloads": downloads}


def _kill_until(service: Service, over: threading.Event, dice: random.Random) -> None:
    # A worker needs a second or two to start: some die before their first message, most later.
    while not over.wait(dice.uniform(1, 3.5)):
        service.kill_a_worker()


def _wait_until_applied(environment: dict[str, str]) -> float:
    started = time.perf_counter()
    while time.perf_counter() - started < DEADLINE_SECONDS:
        if _in_django(environment, "waiting")["waiting"] == 0:
            return time.perf_counter() - started
        time.sleep(1)
    raise TimeoutError("messages still wait")


def _in_django(environment: dict[str, str], word: str) -> dict:
    command = [sys.executable, "-m", "tests.system.storms.inside", word]
    printed = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(printed.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    figures = storm(url=os.environ.get("DATABASE_URL"), **vars(options))
    json.dump(figures | {"seed": options.seed}, sys.stdout)
