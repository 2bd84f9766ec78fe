"""PostgreSQL stopped and started under load: only 503 meanwhile, exact counts afterwards."""

import http.client
import itertools
import json
import threading
from collections import Counter, defaultdict

import pytest

from tests.system.harness.clients import Answer, get, get_in_turn
from tests.system.harness.databases import cluster
from tests.system.harness.processes import until
from tests.system.harness.service import FACE_A, PAGE, serving

pytestmark = pytest.mark.slow

CLIENTS, CLICKS, AGAIN = 16, 6000, 2
READY_SECONDS = 5
FACE_B = "/api/graphql"
QUERY = json.dumps({"query": "{ customerDownloadableProducts { totalCount } }"})


class Load:
    """Clients that click, and read every face, until it is over; what they were answered."""

    def __init__(self, service, paths):
        self.port = service.port
        self.clicks = iter(paths)
        self.by_path = defaultdict(list)
        self.wrong = []
        self._bearer = {
            "X-Storefront-Key": service.opens["key"],
            "Authorization": f"Bearer {service.opens['bearer']}",
            "Content-Type": "application/json",
        }
        self._turn = threading.Lock()
        self._is_over = threading.Event()
        self._clients = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self):
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *error):
        self._is_over.set()
        for client in self._clients:
            client.join()

    def statuses(self):
        """Count the answers so far by what was asked and their status."""
        with self._turn:
            return Counter(
                ("click" if path.startswith("/downloads/") else path, status)
                for path, answers in self.by_path.items()
                for status in answers
            )

    def wait_for_more(self, status, answers):
        """Wait until each face and the clicks got so many more answers of a status."""
        before = self.statuses()
        faces = [(face, status) for face in ("click", FACE_A, FACE_B, PAGE)]

        def came():
            now = self.statuses()
            return all(now[face] - before[face] >= answers for face in faces)

        until(came, f"too few answers {status}: {self.statuses()}")

    def _ask(self):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for path in itertools.cycle([None, FACE_A, None, FACE_B, None, PAGE]):
            if self._is_over.is_set():
                break
            with self._turn:
                path = path or next(self.clicks)
            try:
                if path == FACE_B:
                    line.request("POST", path, QUERY, self._bearer)
                else:
                    line.request("GET", path)
                self._note(path, Answer(line.getresponse()))
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append((path, repr(error)))
                line.close()
        line.close()

    def _note(self, path, answer):
        with self._turn:
            self.by_path[path].append(answer.status)
        if answer.status == 503 and "retry-after" not in answer.headers:
            self.wrong.append((path, "no Retry-After"))
        if answer.status not in (200, 503):
            self.wrong.append((path, answer.status))


@pytest.fixture
def own_cluster():
    with cluster() as running:
        yield running


def is_ready(service, path):
    """Return a question: whether the service is ready, and answers this click."""
    return lambda: {get(service.port, asked).status for asked in ("/readyz", path)} == {200}


def test_a_database_that_comes_and_goes_is_only_503_and_counts_stay_exact(own_cluster):
    with serving(own_cluster.url, STOREFRONT_KEY_RATE_PER_MINUTE="1000000") as service:
        file = service.ask("add_file", name="book.pdf", size_bytes=5000)
        *paths, first, second = service.paths(file["grant"], CLICKS)
        with Load(service, paths) as load:
            load.wait_for_more(200, AGAIN * CLIENTS)
            for mode, probe in (("fast", first), ("immediate", second)):
                own_cluster.stop(mode)
                load.wait_for_more(503, AGAIN * CLIENTS)
                assert get(service.port, "/healthz").status == 200
                assert get(service.port, "/readyz").status == 503
                own_cluster.start()
                until(is_ready(service, probe), "not ready again", seconds=READY_SECONDS)
                load.wait_for_more(200, AGAIN * CLIENTS)
        assert load.wrong == []
        clicked = [path for path in load.by_path if path.startswith("/downloads/")]
        lost = [path for path in clicked if 503 in load.by_path[path]]
        assert len(lost) >= 2 * AGAIN * CLIENTS
        answers = get_in_turn(service.port, lost)
        assert Counter((a.status, a.sha256) for a in answers) == {(200, file["sha256"]): len(lost)}
        counts = service.ask("counts", grant=file["grant"])
        every = len(clicked) + 2
        assert (counts["used"], counts["deliveries"]) == (every, every)
        assert counts["events"]["charged"] == every
        assert service.ask("audit") == []
