"""The way out through nginx, as it ships, beside the bytes that the service streams itself."""

import contextlib
import email
import email.policy
import socket

import pytest

from tests.system.harness.clients import get
from tests.system.harness.servers import before
from tests.system.harness.service import FACE_A, PAGE, TOKEN, beside

pytestmark = pytest.mark.slow

SIZE = 100_000
WAYS = ["application", "nginx"]
# Of the server in front, and of the moment.
NOT_OURS = {"server", "date", "connection"}
PAST, FUTURE = "Sun, 01 Mar 2020 12:00:00 GMT", "Sun, 01 Mar 2037 12:00:00 GMT"
ASKED = {
    "nothing more": {},
    "first byte": {"Range": "bytes=0-0"},
    "middle": {"Range": "bytes=5000-70000"},
    "last byte": {"Range": f"bytes={SIZE - 1}-"},
    "all of it": {"Range": "bytes=0-"},
    "past the end": {"Range": f"bytes=5-{SIZE * 2}"},
    "suffix": {"Range": "bytes=-500"},
    "suffix of the file": {"Range": f"bytes=-{SIZE}"},
    "suffix longer than the file": {"Range": f"bytes=-{SIZE * 9}"},
    "huge end": {"Range": "bytes=5-999999999999999999"},
    "huge suffix": {"Range": "bytes=-999999999999999999"},
    "in spaces": {"Range": "bytes= 5 - 9"},
    "suffix in spaces": {"Range": "bytes= -9 "},
    "in capitals": {"Range": "BYTES=5-9"},
    "zeros in front": {"Range": "bytes=0005-0009"},
    "beyond the end": {"Range": f"bytes={SIZE}-"},
    "far beyond the end": {"Range": "bytes=999999999999999999-"},
    "empty suffix": {"Range": "bytes=-0"},
    "backwards": {"Range": "bytes=9-5"},
    "no number": {"Range": "bytes=a-b"},
    "no range": {"Range": "bytes="},
    "only a dash": {"Range": "bytes=-"},
    "two dashes": {"Range": "bytes=--5"},
    "space in the suffix": {"Range": "bytes=- 5"},
    "a tab": {"Range": "bytes=\t5-9"},
    "another unit": {"Range": "items=0-5"},
    "too huge": {"Range": "bytes=0-99999999999999999999"},
    "several": {"Range": "bytes=0-1,50-60"},
    "a comma": {"Range": "bytes=0-1,"},
    "a comma first": {"Range": "bytes=,0-1"},
    "a thousand": {"Range": "bytes=" + ",".join(["0-9"] * 1000)},
    "the same version": {"If-Range": "{etag}", "Range": "bytes=5-9"},
    "another version": {"If-Range": '"0"', "Range": "bytes=5-9"},
    "a weak version": {"If-Range": "W/{etag}", "Range": "bytes=5-9"},
    "an unquoted version": {"If-Range": "0", "Range": "bytes=5-9"},
    "a version's date": {"If-Range": FUTURE, "Range": "bytes=5-9"},
    "the same version alone": {"If-Range": "{etag}"},
    "another version beyond the end": {"If-Range": '"0"', "Range": f"bytes={SIZE}-"},
    "held": {"If-None-Match": "{etag}"},
    "held weakly": {"If-None-Match": "W/{etag}"},
    "held among others": {"If-None-Match": '"0", {etag}'},
    "any held": {"If-None-Match": "*"},
    "another held": {"If-None-Match": '"0"'},
    "another held, a part": {"If-None-Match": '"0"', "Range": "bytes=5-9"},
    "held, a part": {"If-None-Match": "{etag}", "Range": "bytes=5-9"},
    "unchanged since": {"If-Modified-Since": FUTURE},
    "changed since": {"If-Modified-Since": PAST},
    "unchanged since, a part": {"If-Modified-Since": FUTURE, "Range": "bytes=5-9"},
    "unchanged since, another held": {"If-Modified-Since": FUTURE, "If-None-Match": '"0"'},
    "wanted": {"If-Match": "{etag}"},
    "wanted, a part": {"If-Match": "{etag}", "Range": "bytes=5-9"},
    "any wanted": {"If-Match": "*"},
    "another wanted": {"If-Match": '"0"'},
    "another wanted, a part": {"If-Match": '"0"', "Range": "bytes=5-9"},
    "wanted as of long ago": {"If-Unmodified-Since": PAST},
    "wanted as of long ago, a part": {"If-Unmodified-Since": PAST, "Range": "bytes=5-9"},
    "packed": {"Accept-Encoding": "gzip"},
    "a script elsewhere": {"Origin": "https://shop.example", "Sec-Fetch-Mode": "cors"},
    "a script's part": {"Origin": "https://shop.example", "Range": "bytes=5-9"},
}
NAMES = [
    'a"b.pdf', "a;b.svg", "a\\b.html", "../../etc/passwd", "a\r\nSet-Cookie: a=b.xml", "a\nb.js",
    "%2e%2e%2f.pdf", "ünï.pdf", "文書.zip", "😀.mp4", "a'b.epub", "a\u202efdp.exe", "a\0b.txt",
    "a,b.csv", "a=b; filename=c.exe", 'a"; filename="c.exe', "%00.pdf", " lead.pdf ", "-rf.txt",
    "a/b.pdf", "CON.txt", "a\tb.mp3", "a*b.png", "é" * 200, "x" * 196 + ".pdf", "$(id).sh",
    "`id`.htm", "<script>.xhtml", "a&b.php", "a#b?c.pdf",
]  # fmt: skip


@pytest.fixture(scope="module")
def file(ways):
    return ways.service.ask("add_file", name="file.bin", size_bytes=SIZE)


@pytest.fixture
def own_file(ways):
    """A file whose counts no other test moves."""
    return ways.service.ask("add_file", name="file.bin", size_bytes=SIZE)


def on_both(ways, file, asked, *, method="GET"):
    """Ask for a file by a fresh click on each way; return what can be told of the answers."""
    given = {name: value.replace("{etag}", f'"{file["sha256"]}"') for name, value in asked.items()}
    paths = ways.service.paths(file["grant"], 2)
    return [
        told(get(ways.port(way), path, method=method, **given))
        for way, path in zip(WAYS, paths, strict=True)
    ]


def told(answer):
    headers = {name: value for name, value in answer.headers.items() if name not in NOT_OURS}
    if len(headers.get("x-request-id", "")) == 32:
        headers["x-request-id"] = "its own"
    if "content-security-policy" in headers:
        # A page's policy comes in an order that changes with the process.
        policy = headers["content-security-policy"]
        headers["content-security-policy"] = "; ".join(sorted(policy.split("; ")))
    return answer.status, headers, answer.body


# --- Alike ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_nginx_answers_as_the_application_does(ways, file, asked, method):
    streamed, by_nginx = on_both(ways, file, asked, method=method)
    assert by_nginx == streamed


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_leaves_alike_and_as_one_name(ways, name):
    file = ways.service.ask("add_file", name=name, size_bytes=500)
    streamed, by_nginx = on_both(ways, file, {})
    assert by_nginx == streamed
    headers = streamed[1]
    read = email.message_from_string(
        f"Content-Disposition: {headers['content-disposition']}\n\n", policy=email.policy.HTTP
    )
    assert read.get_content_disposition() == "attachment"
    assert read.get_filename()
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("way", WAYS)
def test_a_budget_is_three_sizes_on_either_way(ways, own_file, way):
    whole, halves = ways.service.paths(own_file["grant"], 2)
    for _ in range(3):
        answer = get(ways.port(way), whole)
        assert (answer.status, answer.sha256) == (200, own_file["sha256"])
        ways.service.counts(own_file["grant"])
    assert get(ways.port(way), whole).status == 410
    for start in (0, SIZE // 2) * 3:
        answer = get(ways.port(way), halves, Range=f"bytes={start}-{start + SIZE // 2 - 1}")
        assert (answer.status, len(answer.body)) == (206, SIZE // 2)
        ways.service.counts(own_file["grant"])
    assert get(ways.port(way), halves, Range="bytes=0-0").status == 410
    counts = ways.service.counts(own_file["grant"])
    assert (counts["used"], counts["deliveries"], counts["sent_bytes"]) == (2, 2, 6 * SIZE)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_revoked_stops_at_the_next_request(ways, own_file, way):
    [path] = ways.service.paths(own_file["grant"], 1)
    assert get(ways.port(way), path, Range="bytes=0-9").status == 206
    ways.service.ask("revoke", grant=own_file["grant"])
    for headers in ({}, {"Range": "bytes=10-19"}, {"If-None-Match": f'"{own_file["sha256"]}"'}):
        answer = get(ways.port(way), path, **headers)
        assert answer.status == 410
        assert answer.headers["content-type"] == "application/json"


# --- Unreadable ----------------------------------------------------------------------------------


def in_trouble(case, file, folder):
    """Return what makes an nginx that cannot read a file."""
    (folder / "assets").mkdir()
    stored = folder / file["key"]
    match case:
        case "another user's":
            return {"user": "nobody nogroup"}
        case "a device":
            stored.symlink_to("/dev/null")
        case "a loop":
            stored.symlink_to(stored.name)
    return {"uploads": folder}


@pytest.mark.parametrize("case", ["missing", "another user's", "a device", "a loop"])
def test_what_nginx_cannot_read_is_given_back(ways, own_file, tmp_path, case):
    [path] = ways.service.paths(own_file["grant"], 1)
    given = in_trouble(case, own_file, tmp_path)
    with before(ways.behind_nginx, case.replace(" ", "-"), **given) as front:
        for number, headers in enumerate(({}, {"Range": "bytes=5-9"}), start=1):
            answer = get(front.port, path, **headers)
            assert answer.status == 503
            assert b"This file cannot be read just now." in answer.body
            assert answer.headers["retry-after"] == "30"
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["cache-control"] == "no-store, private"
            # Else a browser would save the refusal under the file's name.
            assert "content-disposition" not in answer.headers
            counts = ways.service.counts(own_file["grant"])
            assert (counts["used"], counts["deliveries"]) == (0, 0)
            assert counts["events"]["released"] == counts["events"]["charged"] == number
        assert set(counts["reasons"]) == {"storage"}
        assert path not in front.log()
    answer = get(ways.nginx.port, path)
    assert (answer.status, answer.sha256) == (200, own_file["sha256"])
    assert ways.service.counts(own_file["grant"])["used"] == 1


def test_a_part_that_nginx_does_not_find_is_given_back(ways, own_file, tmp_path):
    [path] = ways.service.paths(own_file["grant"], 1)
    (tmp_path / "assets").mkdir()
    (tmp_path / own_file["key"]).write_bytes(b"cut short")
    with before(ways.behind_nginx, "short", uploads=tmp_path) as front:
        answer = get(front.port, path, Range="bytes=5000-")
    assert answer.status == 503
    assert ways.service.counts(own_file["grant"])["used"] == 0


# --- Strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "path",
    [
        "/_files/{key}", "/_files/whole/{key}", "/_files/part/{key}", "/_files/", "/_files",
        "//_files/whole/{key}", "/%5ffiles/whole/{key}", "/static/../_files/whole/{key}",
        "/_files/whole/../../db.sqlite3", "/_files/whole/..%2f..%2fdb.sqlite3",
        "/_files/part../db.sqlite3", "/uploads/{key}", "/media/{key}", "/var/uploads/{key}",
        "/{key}", "/static/../uploads/{key}", "/static/%2e%2e/uploads/{key}",
    ],
)  # fmt: skip
def test_a_stored_file_has_no_address(ways, file, way, path):
    for headers in ({}, {"X-Files-Proof": "x"}, {"X-Accel-Redirect": f"/_files/{file['key']}"}):
        answer = get(ways.port(way), path.format(key=file["key"]), **headers)
        assert answer.status == 404
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("header", ["X-Files-Proof", "x-files-proof", "X_Files_Proof"])
def test_a_visitor_cannot_speak_for_nginx(ways, own_file, header):
    [address] = ways.service.ask("mint", grant=own_file["grant"], clicks=1)
    # The very proof, which no visitor is ever shown.
    given = {header: ways.service.ask("prove", address=address)}
    path = address.removeprefix("http://localhost:8000")
    line = contextlib.closing(socket.create_connection(("127.0.0.1", ways.nginx.port)))
    with line as sent:
        lines = [f"GET {path} HTTP/1.0", *(f"{name}: {said}" for name, said in given.items())]
        sent.sendall("\r\n".join([*lines, "Host: localhost", "", ""]).encode())
        status = sent.makefile("rb").readline()
    assert status == b"HTTP/1.1 200 OK\r\n"
    counts = ways.service.counts(own_file["grant"])
    assert (counts["used"], counts["events"]) == (1, {"charged": 1, "served": 1})


def test_a_visitor_of_the_service_itself_cannot_guess_the_proof(ways, own_file):
    [path] = ways.service.paths(own_file["grant"], 1)
    for proof in ("x", *path.split("/")[-3:-1]):
        answer = get(ways.service.port, path, **{"X-Files-Proof": proof})
        assert (answer.status, answer.sha256) == (200, own_file["sha256"])
    assert ways.service.counts(own_file["grant"])["events"] == {"charged": 1, "served": 1}


# --- Logs ----------------------------------------------------------------------------------------


def test_no_key_reaches_a_log_of_nginx(ways, own_file):
    nonce = "a-nonce-to-look-for-00"
    signed = ways.service.ask("mint_named", grant=own_file["grant"], nonce=nonce).split(
        "/downloads/"
    )[1]
    targets = [
        f"/downloads/{signed}", f"/downloads/{signed}?a={nonce}", f"//downloads//{signed}",
        f"/%64ownloads/{signed}", f"/downloads%2F{signed}", f"/x/../downloads/{signed}",
        f"/Downloads/{signed}", f"/download/{signed}", f"/clicks/{signed}", f"/{signed}",
        f"/downloads/{signed}%zz", f"/downloads/{signed}\0", f"http://localhost/downloads/{signed}",
        f"/../{signed}", f"/downloads/{signed}{'x' * 9000}", FACE_A, PAGE, f"/order/{TOKEN}",
        f"/orders/{TOKEN}/", f"/{TOKEN}", f"/?id={TOKEN}", f"/static/../orders/{TOKEN}",
    ]  # fmt: skip
    with beside(ways.service, FILES_LEAVE_BY="nginx") as service, before(service, "keys") as front:
        answered = [status_of(front.port, target) for target in targets]
        service.stop()
        answered += [status_of(front.port, target) for target in targets[:1]]
        logged = front.log()
    assert (answered[0], answered[-1]) == (b"200", b"502")
    assert len(logged.splitlines()) >= len(targets)
    assert [key for key in (nonce, signed, signed.split("/")[-2], TOKEN) if key in logged] == []


def status_of(port, target):
    """Ask for a target as it stands, however wrong; return the status."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as line:
        line.sendall(
            f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        with line.makefile("rb") as answer:
            status = answer.readline().split()[1:2]
            answer.read()
    return status[0] if status else b""
