"""A storm of webhooks on a real server with its worker: every event is sent three times.

`python -m tests.system.storms.storm` runs one of 2,000 events against `DATABASE_URL` (a database
of its own beside it, or SQLite in a folder of its own) and prints what came of it as one JSON
object. With `--kill N` a worker is killed so often while messages are applied, and started again.
"""

import argparse
import base64
import hmac
import http.client
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.invariants.messages.life import Life, Sent
from tests.system.harness.databases import database
from tests.system.harness.processes import Inside, Workers, until, working
from tests.system.harness.service import Service

SECRET = "storm-secret-0123456789abcdef"
DOMAIN = "storm.example"
CLIENTS = 32
COPIES = 3
DEADLINE_SECONDS = 300
QUESTIONS = "tests.system.storms.questions"


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


def from_clients(
    port: int, what: Iterable[Any], ask: Callable[[http.client.HTTPConnection, Any], None]
) -> tuple[list[tuple[int, float]], float]:
    """Ask for each from `CLIENTS` at once; return status and seconds of each, and all seconds."""
    queue, turn = iter(what), threading.Lock()
    answers: list[tuple[int, float]] = []

    def client(_number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with turn:
                each = next(queue, None)
            if each is None:
                line.close()
                return
            began = time.perf_counter()
            ask(line, each)
            response = line.getresponse()
            response.read()
            answers.append((response.status, time.perf_counter() - began))

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return answers, time.perf_counter() - began


def send(line: http.client.HTTPConnection, message: Sent) -> None:
    """Post a message to the webhook."""
    line.request("POST", "/webhooks/shopify", *signed(message, domain=DOMAIN, secret=SECRET))


def storm(*, events: int, kill: int, workers: int, seed: int) -> dict:
    """Run one storm and return its figures; `wrong` counts orders in another state than due.

    So often a worker is killed, evenly over what is applied.
    """
    lives = lives_of(events, seed=seed)
    messages = [message for life in lives for message in life.sent] * COPIES
    random.Random(seed).shuffle(messages)  # noqa: S311
    with database() as environment:
        service, shop = Service(environment, threads=16), Inside(environment, QUESTIONS)
        try:
            shop.ask("prepare")
            service.start()
            _, idle = from_clients(
                service.port,
                range(len(messages)),
                lambda line, _: line.request("GET", "/healthz"),
            )
            with working(environment, workers=workers) as running:
                if kill:
                    killing = threading.Thread(target=_kill, args=(shop, running, kill, events))
                    killing.start()
                answers, took = from_clients(service.port, messages, send)
                began = time.perf_counter()
                if kill:
                    killing.join()
                until(lambda: not shop.ask("waiting"), "messages wait", seconds=DEADLINE_SECONDS)
                applied_after = time.perf_counter() - began
            ends = shop.ask("ends")
        finally:
            service.stop()
            shop.stop()
    statuses = [status for status, _ in answers]
    cuts = statistics.quantiles([seconds for _, seconds in answers], n=100)
    return {
        "database": "PostgreSQL" if "DATABASE_URL" in environment else "SQLite",
        "deliveries": len(messages),
        "statuses": {str(status): statuses.count(status) for status in sorted(set(statuses))},
        "stored": ends["stored"],
        "unapplied": ends["unapplied"],
        "orders": len(ends["orders"]),
        "wrong": [n.number for n in lives if ends["orders"].get(str(n.number)) != end_of(n)],
        "p50_seconds": round(cuts[49], 4),
        "p99_seconds": round(cuts[98], 4),
        "deliveries_per_second": round(len(messages) / took, 1),
        "ratio_to_plain_requests": round(idle / took, 3),
        "applied_seconds_after_the_last": round(applied_after, 1),
    }


def _kill(shop: Inside, running: Workers, kills: int, events: int) -> None:
    for kill in range(1, kills + 1):
        # In the midst of its work, each time: some of what it has begun is applied, some not.
        due = events * kill // (kills + 1)
        until(lambda due=due: shop.ask("applied") >= due, "nothing is applied")
        running.kill()
        running.start()


def end_of(life: Life) -> dict:
    """Return what an order must come to, in the form that `ends` prints."""
    downloads = {str(number): list(end) for number, end in life.downloads.items()}
    return {"status": life.status, "downloads": downloads}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--kill", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    json.dump(storm(**vars(options)) | {"seed": options.seed}, sys.stdout)
