"""What is measured beside faces A and B: clicks, the page, webhooks, sign-in, orders applied."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks import downloads
from tests.benchmarks.faces import loads, processor
from tests.benchmarks.faces.production import SETTINGS, THREADS, WORKERS, Stand
from tests.benchmarks.faces.rounds import Compared, compare
from tests.benchmarks.faces.wrk import Asked, drive
from tests.invariants.messages.life import Life
from tests.system.harness.databases import database
from tests.system.harness.processes import Inside, working
from tests.system.harness.service import Service, serving
from tests.system.harness.service import beside as other_server
from tests.system.storms.storm import DOMAIN, QUESTIONS

# More than any server answers in a second.
CLICKS_A_SECOND = 8000
APPLIED = 400
APPLIED_WITHIN_SECONDS = 600
LOOK_SECONDS = 0.5
# As many as hash at once, in two processes.
SIGN_INS_AT_ONCE = 8
QUICK = ("page ÷ face A's floor", "click on a link", "webhook")


def loads_beside(stand: Stand, seconds: float) -> dict[str, Callable[[str], list[Asked]]]:
    """Return the loads that a server is asked by its name; clicks are fresh at each call."""
    orders, lines = stand.orders, stand.lines
    files, links = loads.file_grants(orders, lines=lines), loads.link_grants(orders, lines=lines)
    count = int(CLICKS_A_SECOND * max(seconds, 1))
    pages, look_ups, messages = loads.page(orders), loads.face_a(orders), loads.webhooks()

    def click_links(_server: str) -> list[Asked]:
        return loads.clicks(links, count, is_link=True)

    def click_files(server: str) -> list[Asked]:
        # The floor sends no file: it has a link's click to count.
        is_link = server == "floor"
        return loads.clicks(links if is_link else files, count, is_link=is_link)

    return {
        "page ÷ face A's floor": lambda server: look_ups if server == "floor" else pages,
        "click on a link": click_links,
        "click on a 1 KiB file ÷ a link's floor": click_files,
        "click, all on one counter": lambda _: loads.clicks(links[:1], count, is_link=True),
        "webhook": lambda _: messages,
    }


def compare_beside(
    stand: Stand, *, rounds: int, seconds: float, is_quick: bool
) -> Iterator[Compared]:
    """Drive floor and ours with each of these loads."""
    given = {"rounds": rounds, "seconds": seconds}
    found = loads_beside(stand, seconds)
    if is_quick:
        found = {name: found[name] for name in QUICK}
    for name, load in found.items():
        yield compare(name, stand, load, **given)
    if not is_quick:
        sign_ins = loads.sign_ins()
        yield compare(
            "sign-in",
            stand,
            lambda _: sign_ins,
            servers=["ours"],
            connections=SIGN_INS_AT_ONCE,
            **given,
        )


def through_nginx(url: str | None, *, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return how fast counted clicks are beside the same nginx alone, by what is asked for."""
    ratios: dict[str, list[float]] = {}
    # What nginx says of the line is believed: it has none of TLS here.
    given = SETTINGS | {"FILES_LEAVE_BY": "nginx", "SECURE_SSL_REDIRECT": "false"}
    with (
        serving(url, workers=WORKERS, threads=THREADS, **given) as service,
        other_server(service, threads=THREADS, FILES_LEAVE_BY="application") as alone,
        downloads.before(service) as nginx,
    ):
        big = service.ask("add_file", name="big.zip", size_bytes=downloads.BIG_BYTES)
        link = service.ask("add_link", link="https://www.my-website.example/courses/1")["grant"]
        for _ in range(rounds):
            static = downloads.rate(nginx.port, [f"/static-alone/{big['key']}"], seconds=seconds)
            for name, port in (("through nginx", nginx.port), ("by the application", alone.port)):
                clicks = service.paths(big["grant"], downloads.CLICKS)
                rate = downloads.rate(port, clicks, seconds=seconds)
                ratios.setdefault(f"10 MiB {name} ÷ nginx static", []).append(rate / static)
            rates = [
                drive(port, _links(service, link), connections=16, seconds=seconds).rate
                for port in (nginx.port, service.port)
            ]
            name = "click on a link through nginx ÷ straight"
            ratios.setdefault(name, []).append(rates[0] / rates[1])
    return ratios


def _links(service: Service, grant: int) -> list[Asked]:
    paths = service.paths(grant, downloads.CLICKS)
    return [Asked(path, headers=loads.PROXIED, status=302) for path in paths]


@dataclass(frozen=True)
class Applied:
    """How many orders one worker applies in a second, its start left out, and its CPU of each."""

    rate: float
    worker_ms: float
    database_ms: float


def apply_orders(url: str | None, *, orders: int = APPLIED) -> Applied:
    """Store new paid orders of one shop, then let one worker apply them."""
    with database(url) as environment:
        environment = environment | SETTINGS
        shop = Inside(environment, QUESTIONS)
        stored = Inside(environment, "tests.benchmarks.faces.stored")
        try:
            shop.ask("prepare")
            stored.ask("store_messages", domain=DOMAIN, payloads=list(_payloads(orders)))
            with working(environment) as workers:
                return _watched(stored, environment, workers.running[0].pid, orders)
        finally:
            shop.stop()
            stored.stop()


def _watched(stored: Inside, environment: dict[str, str], worker: int, orders: int) -> Applied:
    def wait_for(count: int) -> dict:
        deadline = time.monotonic() + APPLIED_WITHIN_SECONDS
        # Looked at seldom: who looks takes from the worker.
        while (found := stored.ask("applied"))["orders"] < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{found['orders']} of {orders} are applied")
            time.sleep(LOOK_SECONDS)
        return found

    first = wait_for(1)["orders"]
    worker_began, database_began = processor.of_tree(worker), processor.of_database(environment)
    found = wait_for(orders)
    worker_used = processor.of_tree(worker) - worker_began
    database_used = processor.spent(database_began, processor.of_database(environment))
    each = 1000 / max(orders - first, 1)
    return Applied((orders - 1) / found["seconds"], worker_used * each, database_used * each)


def _payloads(orders: int) -> Iterator[dict]:
    for number in itertools.islice(itertools.count(1), orders):
        order = Life(number=number, token=f"{number:032x}")
        order.place([1, 1], financial="paid")
        yield order.sent[0].payload
