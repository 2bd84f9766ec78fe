"""How a platform is asked: whom, how much, how often, and what is said when it goes wrong."""

import socket
import threading

import pytest

from storefront.platforms import client
from storefront.platforms.client import Connection, Missing, NotTaken, PlatformFault, Refused
from storefront.platforms.ssrf import NotPublic, public_addresses
from tests.invariants.reconciliation.standin import Reply, Standin

HOST = "127.0.0.1"


class Script(Standin):
    """It answers with these replies, one after the other, and with the last one from then on."""

    def __init__(self, *replies, **bounds):
        super().__init__(bucket=10**6, **bounds)
        self.replies = list(replies)
        self.heard = []

    def refusal(self, headers):
        self.heard.append(dict(headers))

    def answer(self, path, query):
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def ask(settings):
    """Return a function that asks a script and returns the document."""
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0

    def get(script, **line):
        with script, Connection(script.address, **line) as opened:
            return opened.get("/x.json", limit=5).document

    return get


def refusal_of(ask, script, kind=PlatformFault):
    with pytest.raises(kind) as error:
        ask(script)
    return str(error.value).replace(script.address.removeprefix("http://"), "HOST")


def test_an_answer_is_read(ask):
    script = Script(Reply({"a": 1}))
    assert ask(script, headers={"X-Token": "t"}) == {"a": 1}
    assert script.asked == [("/x.json", {"limit": "5"})]
    assert script.heard[0]["X-Token"] == "t"
    assert "Authorization" not in script.heard[0]


@pytest.mark.slow
def test_what_fails_or_breaks_off_is_asked_again(ask):
    broken = Script(Reply([1, 2, 3]), breaks_every=1)
    said = refusal_of(ask, broken)
    assert said == "HOST cannot be reached (ProtocolError). Run it again later."
    assert len(broken.asked) == 6
    failing = Script(Reply(0, 502), Reply(0, 503), Reply("whole"))
    assert ask(failing) == "whole"
    assert failing.statuses == [502, 503, 200]


def test_the_pause_doubles_with_each_attempt(ask, settings, monkeypatch):
    settings.PLATFORM_RETRY_SECONDS = 3
    slept = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    said = refusal_of(ask, Script(Reply(0, 500)))
    assert said == "HOST fails (500). Run it again later."
    assert [seconds for seconds in slept if seconds] == [3, 6, 12, 24, 48]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2.0", 2),
        ("7", 7),
        ("", 1),
        ("soon", 1),
        ("nan", 1),
        ("-5", 1),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.1),
    ],
)
def test_too_many_questions_wait_as_long_as_they_are_told(ask, monkeypatch, said, seconds):
    slept = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    assert ask(Script(Reply(0, 429, {"Retry-After": said}), Reply("in"))) == "in"
    assert [pause for pause in slept if pause] == [seconds]


def test_who_is_told_to_wait_for_ever_gives_up(ask, monkeypatch):
    slept = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    said = refusal_of(ask, Script(Reply(0, 429, {"Retry-After": "400"})))
    assert said == "HOST asks us to wait too long. Run it again later."
    assert [pause for pause in slept if pause] == [400, 400]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Reply(0, 401), Refused, "HOST does not let us in (401)"),
        (Reply(0, 403), Refused, "HOST does not let us in (403)"),
        (Reply(0, 404), Missing, "HOST has nothing at that place (404)"),
        (Reply(0, 400), NotTaken, "HOST does not understand us (400)"),
        (Reply(0, 418), PlatformFault, "HOST answers 418."),
        (
            Reply(0, 301, {"Location": "https://www.shop.example/x.json?a=b"}),
            PlatformFault,
            "HOST sends us on to https://www.shop.example: enter the address it leads to.",
        ),
        (
            Reply(0, 200, {"Content-Type": "text/html"}),
            PlatformFault,
            "HOST answers with a page: is this the shop's address?",
        ),
    ],
    ids=str,
)
def test_what_no_repetition_mends_is_asked_once(ask, reply, kind, said):
    script = Script(reply)
    if "Content-Type" in reply.headers:
        script.content_type = reply.headers.pop("Content-Type")
    assert refusal_of(ask, script, kind) == said
    assert len(script.asked) == 1


def test_no_answer_is_larger_than_we_can_take(ask, settings):
    settings.PLATFORM_MAX_BYTES = 1000
    assert ask(Script(Reply("x" * 998))) == "x" * 998
    said = refusal_of(ask, Script(Reply("x" * 999)))
    assert said == "HOST answers with more than PLATFORM_MAX_BYTES (1000)."


@pytest.mark.slow
def test_a_platform_that_says_nothing_is_not_waited_for(settings):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0
    settings.PLATFORM_READ_SECONDS, settings.PLATFORM_MAX_ATTEMPTS = 0.2, 2
    with socket.create_server((HOST, 0)) as silent:
        address = f"http://{HOST}:{silent.getsockname()[1]}"
        with Connection(address) as line, pytest.raises(PlatformFault) as error:
            line.get("/x.json")
    assert str(error.value).endswith("did not answer in time. Run it again later.")


@pytest.mark.slow
def test_a_drip_is_not_waited_for_either(settings):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0
    settings.PLATFORM_READ_SECONDS, settings.PLATFORM_MAX_ATTEMPTS = 0.1, 1
    over = threading.Event()

    def drip(server):
        with server.accept()[0] as heard:
            heard.recv(10_000)
            heard.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.05):
                try:
                    heard.sendall(b" ")
                except OSError:
                    return

    with socket.create_server((HOST, 0)) as server:
        dripping = threading.Thread(target=drip, args=(server,))
        dripping.start()
        address = f"http://{HOST}:{server.getsockname()[1]}"
        with Connection(address) as line, pytest.raises(PlatformFault) as error:
            line.get("/x.json")
        over.set()
        dripping.join()
    assert str(error.value).endswith("answers too slowly. Run it again later.")


# --- Whom ---------------------------------------------------------------------------------------


@pytest.fixture
def resolves(monkeypatch):
    """Return a function that lets every name lead to these addresses, and counts the questions."""

    def to(*addresses):
        asked = []

        def lookup(host, port, *rest, **named):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in addresses]

        monkeypatch.setattr("storefront.platforms.ssrf.socket.getaddrinfo", lookup)
        return asked

    return to


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:192.168.0.1"],
        ["93.184.215.14", "192.168.0.1"],
    ],
    ids=str,
)
def test_a_name_that_leads_inside_is_not_connected_to(resolves, addresses):
    resolves(*addresses)
    with pytest.raises(NotPublic):
        public_addresses("shop.example", 443)
    with Connection("https://shop.example") as line, pytest.raises(PlatformFault) as error:
        line.get("/x.json")
    assert str(error.value) == (
        "shop.example leads to a local or private address. Enter the shop's public address."
    )


def test_the_address_connected_to_is_the_one_that_was_checked(resolves, monkeypatch, settings):
    settings.PLATFORM_MAX_ATTEMPTS = 1
    asked = resolves("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    tried = []

    def connect(place, *rest, **named):
        tried.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr("storefront.platforms.ssrf.create_connection", connect)
    with Connection("https://shop.example") as line, pytest.raises(PlatformFault):
        line.get("/x.json")
    assert asked == ["shop.example"]
    assert tried == [("93.184.215.14", 443), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 443)]


def test_no_plain_line_is_opened():
    script = Script(Reply("in"))
    with script, Connection(script.address) as line, pytest.raises(PlatformFault) as error:
        line.get("/x.json")
    assert str(error.value) == "A token goes by https:// alone. Enter the address anew."
    assert script.asked == []


def test_no_proxy_of_the_machine_hears_the_token(ask, monkeypatch):
    with Script(Reply("proxied")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        assert ask(Script(Reply("direct"))) == "direct"
    assert proxy.asked == []


def send(script, method, **question):
    with script, Connection(script.address, headers={"X-Token": "t"}) as opened:
        return opened.request(client.Question(method, "/x.json", **question)).document


@pytest.fixture
def _here(settings):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0


class Takes(Script):
    """It answers what is sent as it answers what is asked."""

    def change(self, method, path, query, body):
        self.sent = (method, body)
        return self.answer(path, query)


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_is_sent_goes_to_no_other_place(method):
    script = Takes(Reply(None, 307, {"Location": "https://evil.example/x.json"}))
    with pytest.raises(PlatformFault, match="sends us on to https://evil"):
        send(script, method, json={"a": 1})
    assert len(script.asked) == 1


@pytest.mark.usefixtures("_here")
def test_a_body_is_json_or_a_form():
    script = Takes(Reply({"id": 1}, 201))
    assert send(script, "POST", json={"a": 1}) == {"id": 1}
    assert script.sent == ("POST", b'{"a": 1}')
    assert script.heard[0]["Content-Type"] == "application/json"
    script = Takes(Reply({}))
    send(script, "POST", form={"a": "1&2"})
    assert script.sent == ("POST", b"a=1%262")


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(("status", "times"), [(401, 1), (403, 0)])
def test_who_is_known_no_more_is_asked_for_anew_once(status, times):
    script, renewed = Script(Reply({"errors": "no"}, status)), []

    def renew():
        renewed.append(None)
        return {"X-Token": "another"}

    with script, Connection(script.address, renew=renew) as opened, pytest.raises(Refused) as error:
        opened.get("/x.json")
    assert len(renewed) == times
    assert script.heard[-1].get("X-Token") == ("another" if times else None)
    assert (error.value.status, error.value.answer) == (status, '{"errors": "no"}')


@pytest.mark.usefixtures("_here")
def test_of_a_long_refusal_the_beginning_is_read():
    with pytest.raises(NotTaken) as error:
        send(Takes(Reply("x" * 10**6, 422)), "POST", json={})
    assert len(error.value.answer) == client.FIRST_WORDS
    assert "xxx" not in str(error.value)
