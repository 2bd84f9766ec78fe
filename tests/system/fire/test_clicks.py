"""Clicks that come at the same moment, on real workers."""

from collections import Counter

import pytest

from tests.system.harness.clients import get_at_once
from tests.system.harness.processes import times
from tests.system.harness.service import serving

# Rows are locked on PostgreSQL, the whole database on SQLite.
pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

CLICKS, LEFT, ROUNDS = times(100, drill=200), 10, times(2, drill=20)
SIZE = 20_000


@pytest.fixture(scope="module")
def service():
    with serving(workers=2, threads=16) as running:
        yield running


@pytest.mark.parametrize("number", range(ROUNDS))
def test_of_many_different_clicks_exactly_as_many_win_as_are_left(service, number):
    file = service.ask("add_file", name=f"{number}.bin", size_bytes=SIZE, limit=LEFT)
    answers = get_at_once(service.port, service.paths(file["grant"], CLICKS))
    statuses = Counter(answer.status for answer in answers)
    assert statuses == {200: LEFT, 410: CLICKS - LEFT}
    assert {answer.sha256 for answer in answers if answer.status == 200} == {file["sha256"]}
    counts = service.counts(file["grant"])
    assert (counts["used"], counts["deliveries"]) == (LEFT, LEFT)
    assert (counts["events"]["charged"], counts["sent_bytes"]) == (LEFT, LEFT * SIZE)


@pytest.mark.parametrize("limit", [1, None])
def test_the_same_click_at_once_is_one_download(service, limit):
    # 3 whole files are within the budget of a click, whoever asks for them.
    file = service.ask("add_file", name="one.bin", size_bytes=SIZE, limit=limit)
    [path] = service.paths(file["grant"], 1)
    answers = get_at_once(service.port, [path] * CLICKS)
    statuses = Counter(answer.status for answer in answers)
    counts = service.counts(file["grant"])
    assert (counts["used"], counts["deliveries"]) == (1, 1)
    assert set(statuses) <= {200, 410}
    assert statuses[200] >= 3
    assert {answer.sha256 for answer in answers if answer.status == 200} == {file["sha256"]}


def test_the_ledger_agrees_in_the_end(service):
    assert service.ask("audit") == []
