"""The code of the release before, on the database that the present code has migrated.

So it is while an upgrade rolls over several machines, and after one that was taken back.
`release_before` names the commit; a release moves it on.
"""

import http.client
import io
import json
import re
import subprocess
import tarfile
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.system.harness.clients import get, get_in_turn
from tests.system.harness.databases import database
from tests.system.harness.processes import ROOT, manage
from tests.system.harness.service import FACE_A, PAGE, Service
from tests.system.storms.storm import lives_of, signed

# Each engine changes tables in a way of its own.
pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

COMMIT = (Path(__file__).parent / "release_before").read_text(encoding="utf-8").strip()
SECRET, DOMAIN = "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", "fire.example"
# Where that release keeps what is asked of a service's database.
INSIDE = ("-m", "tests.fire.inside")
QUERY = json.dumps({"query": "{ customerDownloadableProducts { totalCount } }"}).encode()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The release before, unpacked."""
    archived = subprocess.run(
        ["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False
    )
    if archived.returncode:
        pytest.skip(f"the history here does not hold {COMMIT}: {archived.stderr.decode()}")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def both(tree):
    """The present service and the one before it, at work on one migrated database."""
    with database() as environment:
        present, before = Service(environment), Service(environment, root=tree)
        # By its own code, which knows its own names.
        before.inside.command, before.inside.root = INSIDE, tree
        try:
            present.opens = before.opens = present.ask("prepare")
            present.ask(
                "open_shops", secret=SECRET, email="bob@example.com", password="open sesame"
            )
            present.start()
            before.start()
            yield present, before
            assert present.ask("audit") == before.ask("audit") == []
            assert "Traceback" not in (present.folder / "log").read_text()
        finally:
            present.stop()
            before.stop()


def work(service):
    options = ("--batch", "--interval", "0", "--no-startup-delay")
    return manage(service.environment, "worker", *options, root=service.root)


def test_it_is_another_tree_with_fewer_migrations(tree):
    names = {path.name for path in (tree / "downloads" / "migrations").glob("0*.py")}
    assert names < {path.name for path in (ROOT / "downloads" / "migrations").glob("0*.py")}


def test_it_has_nothing_to_migrate(both):
    present, before = both
    for service in (present, before):
        assert manage(service.environment, "migrate", "--check", root=service.root).returncode == 0


def test_it_counts_clicks_and_both_agree(both):
    present, before = both
    file = before.ask("add_file", name="book.pdf", size_bytes=5000)
    for services in (both, (before, present)):
        # The name behind a signature is for the client's eyes, and newer than the release before.
        newer = [path.rpartition("/")[0] for path in present.paths(file["grant"], 30)]
        # The same click at one of them, then at the other: it rides on.
        for paths in (before.paths(file["grant"], 30), newer):
            for service in services:
                answers = get_in_turn(service.port, paths)
                assert {(a.status, a.sha256) for a in answers} == {(200, file["sha256"])}
    counts = [service.counts(file["grant"]) for service in both]
    assert counts[0] == counts[1]
    assert (counts[0]["used"], counts[0]["deliveries"]) == (120, 120)


def test_every_face_answers(both):
    present, before = both
    headers = {
        "X_Storefront_Key": before.opens["key"],
        "Authorization": f"Bearer {before.opens['bearer']}",
        "Content_Type": "application/json",
    }
    read = []
    for service in (present, before):
        face_b = get(service.port, "/api/graphql", method="POST", body=QUERY, **headers)
        assert (face_b.status, get(service.port, PAGE).status) == (200, 200)
        assert get(service.port, "/readyz").status == 200
        order = json.loads(get(service.port, FACE_A).body)["order"]
        read.append((json.loads(face_b.body), order["order_number"], len(order["assets"])))
    assert read[0] == read[1]


def test_a_message_is_received_by_one_and_applied_by_the_other(both):
    lives = lives_of(10, seed=1)
    # Of each order's five messages: who receives them, and who applies what came.
    turns = zip((0, 1, 0, 1, 1), (0, 0, 1, 1, 0), strict=True)
    for step, (receives, applies) in enumerate(turns):
        for life in lives:
            body, headers = signed(life.sent[step], domain=DOMAIN, secret=SECRET)
            headers = {name.replace("-", "_"): value for name, value in headers.items()}
            port = both[receives].port
            answer = get(port, "/webhooks/shopify", method="POST", body=body, **headers)
            assert answer.status == 200
        done = work(both[applies])
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    for life in lives:
        path = f"/api/v2/customer-account-orders?id={life.token}"
        told = [json.loads(get(service.port, path).body)["order"] for service in both]
        assert {order["order_number"] for order in told} == {life.number}
        assert len(told[0]["lines"]) == len(told[1]["lines"]) == len(life.lines)


def test_wrong_passwords_of_staff_are_counted(both):
    for service in both:
        for _try in range(2):
            line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
            line.request("GET", "/admin/login/")
            form = line.getresponse()
            page = form.read().decode()
            cookie = SimpleCookie(form.headers["Set-Cookie"])["csrftoken"].value
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
            entered = {"username": "ada", "password": "wrong", "csrfmiddlewaretoken": token}
            line.request(
                "POST",
                "/admin/login/",
                urlencode(entered),
                {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Cookie": f"csrftoken={cookie}",
                },
            )
            assert line.getresponse().status == 200
            line.close()
