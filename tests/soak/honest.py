"""Buyers, storefronts and shops at a known rate, whatever the answers take."""

import itertools
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.invariants.messages.life import Life
from tests.system.harness.clients import Answer, get
from tests.system.harness.service import FACE_A, PAGE, Service
from tests.system.storms.storm import signed

SECRET = "soak-secret-0123456789abcdef"
DOMAIN = "fire.example"
LIST = json.dumps({"query": "{ customerDownloadableProducts { totalCount } }"}).encode()
LOGIN = """mutation ($input: CreateCustomerLoginInput!) {
  createCustomerLogin(input: $input) { customerLogin { success } } }"""
EMAIL, PASSWORD = "grace@example.com", "seventeen blue horses"
# Requests a second of each kind.
RATES = {"page": 3, "face A": 3, "face B": 3, "download": 3, "webhook": 2, "sign-in": 0.3}


class Honest:
    """Sends each kind at its rate; `answers` has (second it began, seconds it took, outcome)."""

    def __init__(self, service: Service, *, port: int, book: dict, clicks: list[str]) -> None:
        self.port, self.opens, self.book = port, service.opens, book
        self._clicks = iter(clicks)
        self._orders = itertools.count(1000)
        self._turn = threading.Lock()
        self._is_over = threading.Event()
        self.answers: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
        self._ask: dict[str, Callable[[dict[str, str]], Answer]] = {
            "page": lambda sent: get(port, PAGE, Accept="text/html", **sent),
            "face A": lambda sent: get(port, FACE_A, **sent),
            "face B": self._list,
            "download": self._download,
            "webhook": self._webhook,
            "sign-in": self._sign_in,
        }
        self._clocks = [threading.Thread(target=self._send, args=(kind,)) for kind in RATES]

    def __enter__(self) -> "Honest":
        for clock in self._clocks:
            clock.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        for clock in self._clocks:
            clock.join()

    def outcomes(self, kind: str, *, since: float, until: float) -> Counter[str]:
        """Count the outcomes of what began in a span of time."""
        return Counter(end for began, _, end in self.answers[kind] if since <= began < until)

    def p99(self, kind: str, *, since: float, until: float) -> float:
        """Return how many seconds 99 of 100 of the answers took at most."""
        took = sorted(took for began, took, _ in self.answers[kind] if since <= began < until)
        return took[min(len(took) - 1, int(len(took) * 0.99))]

    def _send(self, kind: str) -> None:
        # Whoever waits for an answer keeps nobody from asking: else a slow service seems fast.
        with ThreadPoolExecutor(24) as pool:
            due = time.monotonic()
            while not self._is_over.is_set():
                pool.submit(self._one, kind)
                due += 1 / RATES[kind]
                self._is_over.wait(max(due - time.monotonic(), 0))

    def _one(self, kind: str) -> None:
        visitor = f"198.51.100.{random.randrange(1, 250)}"  # noqa: S311
        began = time.monotonic()
        try:
            answer = self._ask[kind]({"X_Forwarded_For": visitor})
        except OSError as error:
            outcome = type(error).__name__
        else:
            told = "with Retry-After" if "retry-after" in answer.headers else ""
            outcome = f"{answer.status} {told}".strip()
            if kind == "download" and answer.status == 200:
                outcome = "200" if answer.sha256 == self.book["sha256"] else "wrong bytes"
            if kind == "sign-in" and answer.status == 200:
                is_in = json.loads(answer.body)["data"]["createCustomerLogin"]["customerLogin"]
                outcome = "200" if is_in["success"] else "not signed in"
        with self._turn:
            self.answers[kind].append((began, time.monotonic() - began, outcome))

    def _download(self, sent: dict[str, str]) -> Answer:
        with self._turn:
            path = next(self._clicks)
        return get(self.port, path, **sent)

    def _list(self, sent: dict[str, str]) -> Answer:
        return self._graphql(LIST, Authorization=f"Bearer {self.opens['bearer']}", **sent)

    def _sign_in(self, sent: dict[str, str]) -> Answer:
        entered = {"input": {"email": EMAIL, "password": PASSWORD}}
        return self._graphql(json.dumps({"query": LOGIN, "variables": entered}).encode(), **sent)

    def _graphql(self, body: bytes, **sent: str) -> Answer:
        sent |= {"X_Storefront_Key": self.opens["key"], "Content_Type": "application/json"}
        return get(self.port, "/api/graphql", method="POST", body=body, **sent)

    def _webhook(self, sent: dict[str, str]) -> Answer:
        with self._turn:
            number = next(self._orders)
        order = Life(number=number, token=f"{number:032x}")
        order.place([1, 2], financial="paid")
        return post_order(self.port, order, domain=DOMAIN, **sent)


def post_order(port: int, order: Life, *, domain: str, **sent: str) -> Answer:
    """Send what was said of an order last, as Shopify signs it."""
    body, headers = signed(order.sent[-1], domain=domain, secret=SECRET)
    return get(port, "/webhooks/shopify", method="POST", body=body, **headers, **sent)
