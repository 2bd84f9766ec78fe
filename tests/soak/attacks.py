"""What strangers do, all at once and for as long as it is let: each at a bounded rate.

`python -m tests.soak.attacks` reads what it is to attack from its input, in a process of its own,
so that the honest clients never wait for it; told to end, it prints how often it did what.
"""

import contextlib
import json
import os
import random
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.invariants.messages.life import Life
from tests.soak.honest import EMAIL, LOGIN, post_order
from tests.system.harness.clients import get
from tests.system.harness.service import FACE_A, PAGE

LINES = 60
HOST = b"Host: localhost\r\n"
POST = b"POST /webhooks/shopify HTTP/1.1\r\n" + HOST
HALF = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nX-Long: ",
    "half a small body": POST + b"Content-Length: 500\r\n\r\n{",
    "half a large body": POST + b"Content-Length: 900000\r\n\r\n{",
    "a large body, unread": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 50000000\r\n\r\n",
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\nff\r\n",
}
REGISTER = """mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { email } } }"""
BOMB = (
    "query { "
    + " ".join(f"a{n}: customerDownloadableProducts {{ totalCount }}" for n in range(40))
    + " }"
)
LARGE_ORDER_SECONDS = 20


# What was done so far: lines opened by what they said, and answers by act and status.
done: Counter[str] = Counter()


def visitor() -> str:
    """Return one of a handful of addresses."""
    return f"203.0.113.{random.randrange(1, 9)}"  # noqa: S311


def hold(port: int, name: str, first: bytes, *, lines: int = LINES) -> None:
    """Hold so many lines that say this and then drip; open another for each that is ended."""
    held: list[socket.socket] = []
    while True:
        with contextlib.suppress(OSError):
            while len(held) < lines:
                line = socket.create_connection(("127.0.0.1", port), timeout=5)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                line.sendall(first)
                line.setblocking(False)
                held.append(line)
                done[f"lines: {name}"] += 1
        time.sleep(0.5)
        for line in tuple(held):
            try:
                line.sendall(b"a")
            except BlockingIOError:
                pass
            except OSError:
                line.close()
                held.remove(line)


def repeat(act: Callable[[], int], *, per_second: float) -> None:
    """Do something over and over, whatever comes of it."""
    while True:
        with contextlib.suppress(OSError):
            done[f"{act.__name__}: {act()}"] += 1
        time.sleep(1 / per_second)


class Stranger:
    """Knows the storefront's public key, one signed address, and nothing else."""

    def __init__(self, port: int, *, key: str, click: str) -> None:
        self.port, self.key, self.click = port, key, click
        self._large = 0

    def graphql(self, asked: dict, **sent: str) -> int:
        """Ask face B; like the acts below, return the status."""
        sent |= {"X_Storefront_Key": self.key, "Content_Type": "application/json"}
        sent |= {"X_Forwarded_For": visitor()}
        body = json.dumps(asked).encode()
        return get(self.port, "/api/graphql", method="POST", body=body, **sent).status

    def guess_bearer(self) -> int:
        """Try a bearer of nobody's."""
        return self.graphql(
            {"query": "{ __typename }"}, Authorization="Bearer 1|junkjunkjunkjunkjunk"
        )

    def send_bomb(self) -> int:
        """Ask for more than a document may."""
        return self.graphql({"query": BOMB})

    def guess_password(self) -> int:
        """Try a customer's password."""
        entered = {"input": {"email": EMAIL, "password": f"guess {random.random()}"}}  # noqa: S311
        return self.graphql({"query": LOGIN, "variables": entered})

    def register(self) -> int:
        """Have a mail sent to somebody."""
        password = "first come, first served"
        given = {"email": f"m{random.random()}@victim.example", "password": password}  # noqa: S311
        given |= {"firstName": "M", "lastName": "S", "confirmPassword": password}
        return self.graphql({"query": REGISTER, "variables": {"input": given}})

    def guess_token(self) -> int:
        """Look an order up that there is not."""
        junk = f"{random.getrandbits(128):032x}"
        where = random.choice([PAGE, FACE_A]).replace("f00d" * 8, junk)  # noqa: S311
        return get(self.port, where, X_Forwarded_For=visitor()).status

    def guess_staff(self) -> int:
        """Try a staff member's password, as the form sends it."""
        form = get(self.port, "/admin/login/", X_Forwarded_For=visitor())
        token = form.body.split(b'name="csrfmiddlewaretoken" value="')[1].split(b'"')[0].decode()
        body = f"csrfmiddlewaretoken={token}&username=owner&password=guess".encode()
        sent = {
            "Content_Type": "application/x-www-form-urlencoded",
            "Cookie": form.headers["set-cookie"].split(";")[0],
            "X_Forwarded_For": visitor(),
        }
        return get(self.port, "/admin/login/", method="POST", body=body, **sent).status

    def forge_webhook(self) -> int:
        """Send a message that nobody signed."""
        sent = {"X_Shopify_Topic": "orders/paid", "X_Shopify_Shop_Domain": "fire.example"}
        sent |= {"X_Shopify_Webhook_Id": "1", "X_Shopify_Hmac_Sha256": "AAAA"}
        body = b'{"id": 1}' + b" " * 100_000
        return get(self.port, "/webhooks/shopify", method="POST", body=body, **sent).status

    def send_large_order(self) -> int:
        """Send an order of very many lines, as another shop of this house may."""
        self._large += 1
        order = Life(number=90_000 + self._large, token=f"{90_000 + self._large:032x}")
        order.place([1] * 900, financial="paid")
        return post_order(self.port, order, domain="other.example").status


def attack(port: int, *, key: str, click: str) -> None:
    """Begin all attacks; they last as long as the process."""
    stranger = Stranger(port, key=key, click=click)
    unread = f"GET {click} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.66\r\n\r\n"
    for name, first in HALF.items():
        threading.Thread(target=hold, args=(port, name, first), daemon=True).start()
    reader = {"args": (port, "a file, unread", unread.encode()), "kwargs": {"lines": 30}}
    threading.Thread(target=hold, daemon=True, **reader).start()
    rates = {
        stranger.guess_bearer: 5,
        stranger.send_bomb: 2,
        stranger.guess_password: 1,
        stranger.guess_staff: 1,
        stranger.register: 0.5,
        stranger.guess_token: 5,
        stranger.forge_webhook: 2,
        stranger.send_large_order: 1 / LARGE_ORDER_SECONDS,
    }
    for act, rate in rates.items():
        begun = {"args": (act,), "kwargs": {"per_second": rate}}
        threading.Thread(target=repeat, daemon=True, **begun).start()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    attack(**json.load(sys.stdin))
    signal.sigwait({signal.SIGTERM})
    json.dump(done, sys.stdout)
    sys.stdout.flush()
    os._exit(0)
