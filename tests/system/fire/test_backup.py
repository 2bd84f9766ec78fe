"""A backup made under load and restored elsewhere: whole, of one moment, and in agreement."""

import contextlib
import http.client
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.system.harness.clients import get, get_in_turn
from tests.system.harness.databases import created, program
from tests.system.harness.processes import manage, times, until, working
from tests.system.harness.service import FACE_A, PAGE, Service, serving
from tests.system.storms.storm import lives_of, signed

# Each engine is backed up with tools of its own.
pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

SECRET, DOMAIN = "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", "fire.example"
CLIENTS, CLICKS, EVENTS = 6, times(3000, drill=6000), 2000
EARLY = times(30, drill=60)
# Clients that never rest slow the backup they are to meet; all that was sent by then is applied.
PAUSE_SECONDS = times(100, drill=0) / 1000


class Load:
    """Clients that click, and a shop that sends, until it is over; what was answered so far."""

    def __init__(self, service, paths):
        self.port = service.port
        self.delivered, self.received, self.wrong = [], [], []
        self._paths = iter(paths)
        self._messages = iter([sent for life in lives_of(EVENTS, seed=7) for sent in life.sent])
        self._turn, self._is_over = threading.Lock(), threading.Event()
        asking = [self._click] * CLIENTS + [self._send] * 2
        self._clients = [threading.Thread(target=self._repeat, args=(one,)) for one in asking]

    def __enter__(self):
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *error):
        self._is_over.set()
        for client in self._clients:
            client.join()

    def wait_for_more(self, so_many):
        before = len(self.delivered), len(self.received)
        until(
            lambda: (
                len(self.delivered) >= before[0] + so_many
                and len(self.received) >= before[1] + so_many
            ),
            "too few were answered",
        )

    def _repeat(self, ask):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._is_over.wait(PAUSE_SECONDS) and ask(line):
            pass
        line.close()

    def _click(self, line):
        with self._turn:
            path = next(self._paths, None)
        if path:
            self._note(line, self.delivered, path, "GET", path)
        return path

    def _send(self, line):
        with self._turn:
            sent = next(self._messages, None)
        if sent:
            body, headers = signed(sent, domain=DOMAIN, secret=SECRET)
            self._note(line, self.received, sent.id, "POST", "/webhooks/shopify", body, headers)
        return sent

    def _note(self, line, answered, what, *asked):
        line.request(*asked)
        answer = line.getresponse()
        answer.read()
        (answered if answer.status == 200 else self.wrong).append(what)


def back_up(service, folder):
    """Back up as docs/operations.md says: the database first, then the uploads."""
    file, url = folder / "backup", service.environment.get("DATABASE_URL")
    done = manage(service.environment, "backup", str(file))
    if url is None:
        assert done.returncode == 0, done.stderr
    else:
        # It says what to run instead; the password and the place of the programs are ours.
        assert done.returncode == 1
        [command] = [line for line in done.stderr.splitlines() if "--format=custom" in line]
        dump, *options = shlex.split(command)
        secret = {"PGPASSWORD": unquote(urlsplit(url).password or "")}
        subprocess.run([program(dump), *options], env=os.environ | secret, check=True)
    shutil.copytree(service.uploads, folder / "uploads")
    return file


@contextlib.contextmanager
def restored(file):
    """Yield the environment of a fresh place with the backup in it."""
    with tempfile.TemporaryDirectory(prefix="restored-") as name:
        folder, server = Path(name), os.environ.get("DATABASE_URL")
        environment = os.environ | {"DATA_DIR": name}
        shutil.copytree(file.parent / "uploads", folder / "uploads")
        if server is None:
            shutil.copyfile(file, folder / "db.sqlite3")
            yield environment
            return
        with created(server) as own:
            options = ["--clean", "--if-exists", f"--dbname={own}", str(file)]
            subprocess.run([program("pg_restore"), *options], check=True)
            yield environment | {"DATABASE_URL": own}


def test_a_backup_under_load_is_whole_where_it_is_restored(tmp_path):
    with serving() as service:
        service.ask("open_shops", secret=SECRET, email="bob@example.com", password="open sesame")
        file = service.ask("add_file", name="book.pdf", size_bytes=5000)
        *paths, unused = service.paths(file["grant"], CLICKS)
        with working(service.environment), Load(service, paths) as load:
            load.wait_for_more(EARLY)
            clicks, messages = list(load.delivered), list(load.received)
            copy = back_up(service, tmp_path)
            load.wait_for_more(EARLY)
        assert load.wrong == []
        assert service.ask("audit") == []
        late = [path for path in load.delivered if path not in set(clicks)]
        before, after = service.ask("nonces", paths=clicks), service.ask("nonces", paths=late)
        with restored(copy) as environment:
            assert manage(environment, "migrate").returncode == 0
            audited = manage(environment, "audit_counters")
            assert audited.returncode == 0, audited.stderr
            again = Service(environment)
            try:
                kept = again.ask("contents", grant=file["grant"])
                # All that was answered before it began, and of what came later a part at most.
                assert set(before) <= set(kept["nonces"])
                assert set(messages) <= set(kept["messages"])
                assert set(kept["nonces"]) < {*before, *after}
                counts = again.ask("counts", grant=file["grant"])
                told = {counts["used"], counts["deliveries"], counts["events"]["charged"]}
                assert told == {len(kept["nonces"])}
                again.start()
                # Who had a click has it still; what it opens is the very file.
                some = clicks[:5]
                answers = get_in_turn(again.port, [*some, unused])
                assert {(a.status, a.sha256) for a in answers} == {(200, file["sha256"])}
                assert again.ask("counts", grant=file["grant"])["used"] == counts["used"] + 1
                assert {get(again.port, face).status for face in (FACE_A, PAGE)} == {200}
                assert get(again.port, "/readyz").status == 200
                # What waited is applied there.
                done = manage(environment, "worker", "--batch", "--no-startup-delay")
                assert done.returncode == 0, done.stderr
                assert again.ask("contents", grant=file["grant"])["states"] == ["applied"]
                assert again.ask("audit") == []
            finally:
                again.stop()
