"""Guessers fill neither the memory nor the threads of a worker."""

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system.fire.test_memory import memory_kib
from tests.system.harness.clients import get
from tests.system.harness.processes import times
from tests.system.harness.service import FACE_A

pytestmark = pytest.mark.slow

LOGIN = """mutation ($email: String!, $password: String!) {
  createCustomerLogin(input: {email: $email, password: $password}) {
    customerLogin { success } } }"""
GUESSERS, SECONDS = 48, times(3, drill=10)
ROOM_KIB = 200 * 1024
BUSY = "Too many sign in at this moment."


def guess(service, number, ends_at):
    """Guess until then, each time for another account; return the statuses."""
    told = []
    while time.monotonic() < ends_at:
        asked = {"email": f"{number}-{len(told)}@example.com", "password": "not the password"}
        answer = get(
            service.port,
            "/api/graphql",
            method="POST",
            body=json.dumps({"query": LOGIN, "variables": asked}).encode(),
            Content_Type="application/json",
            X_Storefront_Key=service.opens["key"],
            X_Forwarded_For=f"203.0.113.{number}",
        )
        told.append(answer.status)
        if answer.status == 503:
            assert (answer.headers["retry-after"], BUSY in answer.body.decode()) == ("30", True)
    return told


def slowest(service, until):
    """Ask for an order until then; return how long the slowest answer took."""
    seconds = []
    while not until.is_set():
        began = time.monotonic()
        assert get(service.port, FACE_A, X_Forwarded_For="198.51.100.7").status == 200
        seconds.append(time.monotonic() - began)
    return max(seconds)


def test_guessers_leave_memory_and_threads_to_others(troubled):
    service = troubled
    guess(service, 0, time.monotonic() + 1)
    idle = memory_kib(service, "VmRSS")
    over = threading.Event()
    with ThreadPoolExecutor(GUESSERS + 1) as pool:
        waiting = pool.submit(slowest, service, over)
        with contextlib.closing(contextlib.ExitStack()) as held:
            held.callback(over.set)
            ends_at = time.monotonic() + SECONDS
            asked = [pool.submit(guess, service, number, ends_at) for number in range(GUESSERS)]
            told = [status for each in asked for status in each.result()]
    grown = memory_kib(service, "VmRSS") - idle
    assert set(told) <= {200, 503}
    assert told.count(200) > GUESSERS // 4
    assert grown <= ROOM_KIB
    assert waiting.result() < 10  # as long as they may wait for a turn
