"""Mail by a provider's interface: what each answer means. A stand-in answers for the provider."""

import json
import socket
import ssl
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.email import sent_by
from downloads.models import Mail
from storefront.mail import sender
from tests.factories import NOW
from tests.system.harness.mail_server import write_certificate
from tests.system.harness.processes import free_port

pytestmark = pytest.mark.django_db

State = Mail.State
LATER = NOW + timedelta(hours=2)
UNSURE = "The mail server did not say whether it took the mail. ("
UNUSABLE = "The provider cannot be used: "
REFUSED = "The provider refused the mail: "
NAME = "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"
TAKEN = {
    "To": "ada@example.com",
    "SubmittedAt": "2026-03-01T12:00:00Z",
    "MessageID": NAME,
    "ErrorCode": 0,
    "Message": "OK",
}
INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to a recipient that has been marked as inactive.\n"
    "Found inactive addresses: ada@example.com.\nInactive recipients are ones that have generated "
    "a hard bounce, a spam complaint, or a manual suppression.",
}
NOT_CONFIRMED = {
    "ErrorCode": 400,
    "Message": "The 'From' address you supplied is not a Sender Signature on your account.",
}


class Provider(ThreadingHTTPServer):
    """Answers as told, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.status, self.body = 200, TAKEN
        self.does = ""
        self.sent: list[dict] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def answers(self, status: int, body: object) -> None:
        self.status, self.body = status, body

    def handle_error(self, request, client_address) -> None:
        """Say nothing: broken lines are its trade."""


class _Asked(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.sent.append(json.loads(body))
        if self.server.does == "stall":
            time.sleep(0.6)
            return
        if self.server.does == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        said = self.server.body
        answer = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format, *args) -> None:
        pass


@pytest.fixture
def postmark(settings):
    """A stand-in for Postmark's interface; mail goes by it."""
    provider = Provider()
    use(settings, provider.url)
    yield provider
    provider.shutdown()
    provider.server_close()


def use(settings, url):
    backend = sent_by({"EMAIL_BACKEND": "unused"}, provider="postmark")["EMAIL_BACKEND"]
    settings.EMAIL_BACKEND = backend
    settings.MAIL_FROM = "downloads@shop.example"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "a-server-token",
        "POSTMARK_API_URL": url,
        "REQUESTS_TIMEOUT": 0.3,
    }


@pytest.fixture
def mails(write):
    return [write(email="ada@example.com"), write(email="ada@example.com")]


def send(at=NOW):
    return sender.send_due(clock=lambda: at)


def fate(mail):
    mail.refresh_from_db()
    return mail.state, mail.attempts, mail.error


def test_what_is_taken_is_known_by_the_providers_name_for_it(postmark, mails):
    assert send() is True
    assert [fate(mail) for mail in mails] == [(State.SENT, 0, "")] * 2
    assert {mail.message_id for mail in mails} == {NAME}
    [first, _second] = postmark.sent
    assert (first["To"], "/orders/" in first["TextBody"]) == ("ada@example.com", True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (422, INACTIVE),
        (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'ada@example.com'."}),
    ],
)
def test_whom_it_refuses_is_set_aside_alone(postmark, mails, status, body):
    postmark.answers(status, body)
    assert send() is True
    assert {fate(mail)[:2] for mail in mails} == {(State.SET_ASIDE, 0)}
    assert all(mail.error.startswith(REFUSED) for mail in mails)
    assert len(postmark.sent) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("status", "body"), [(422, NOT_CONFIRMED), (400, {}), (413, "Too large")])
def test_what_may_be_mended_is_tried_again(postmark, mails, status, body):
    postmark.answers(status, body)
    assert send() is True
    assert {fate(mail)[:2] for mail in mails} == {(State.WAITING, 1)}
    assert all(mail.error.startswith(REFUSED) for mail in mails)
    postmark.answers(200, TAKEN)
    assert send(LATER) is True
    assert {fate(mail)[0] for mail in mails} == {State.SENT}


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 402, 403, 404, 429, 500, 503])
def test_what_is_no_mails_fault_stops_the_run_and_is_tried_again(postmark, mails, status):
    postmark.answers(status, {"ErrorCode": 10, "Message": "No."})
    assert send() is False
    first, second = map(fate, mails)
    assert (first[:2], first[2].startswith(UNUSABLE)) == ((State.WAITING, 1), True)
    assert second == (State.WAITING, 0, "")
    postmark.answers(200, TAKEN)
    assert send(LATER) is True
    assert [fate(mail)[0] for mail in mails] == [State.SENT] * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, "<h1>Bad gateway</h1>"),
        (504, "<h1>Gateway timeout</h1>"),
        (200, "<h1>Welcome to this hotel's network</h1>"),
        (200, ""),
        (200, {"ErrorCode": 0}),
        (202, {"ErrorCode": 0, "Message": "OK"}),
    ],
)
def test_an_answer_that_says_neither_yes_nor_no_is_doubt(postmark, mails, status, body):
    postmark.answers(status, body)
    send()
    assert fate(mails[0])[0] == State.DOUBTFUL
    postmark.answers(200, TAKEN)
    send(LATER)
    assert fate(mails[0])[0] == State.DOUBTFUL
    assert len(postmark.sent) == 2


@pytest.mark.slow
@pytest.mark.parametrize("does", ["stall", "drop"])
def test_no_answer_is_doubt_for_one_mail_and_not_for_all(postmark, mails, does):
    postmark.does = does
    assert send() is False
    first, second = map(fate, mails)
    assert (first[0], first[2].startswith(UNSURE)) == (State.DOUBTFUL, True)
    assert second == (State.WAITING, 0, "")
    assert len(postmark.sent) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{free}/",
        "https://127.0.0.1:{free}/",
        "http://no-such-provider.invalid/",
    ],
)
def test_a_provider_out_of_reach_is_no_doubt(settings, mails, url):
    use(settings, url.format(free=free_port()))
    assert send() is False
    first, second = map(fate, mails)
    assert (first[:2], second) == ((State.WAITING, 1), (State.WAITING, 0, ""))
    assert first[2].startswith(UNUSABLE)


@pytest.mark.slow
def test_a_provider_nobody_vouches_for_is_told_nothing(settings, mails, tmp_path):
    provider = Provider()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(write_certificate(tmp_path))
    provider.socket = context.wrap_socket(provider.socket, server_side=True)
    use(settings, provider.url.replace("http:", "https:"))
    assert send() is False
    first, second = map(fate, mails)
    assert (first[:2], second) == ((State.WAITING, 1), (State.WAITING, 0, ""))
    assert (first[2].startswith(UNUSABLE), provider.sent) == (True, [])
    provider.shutdown()
    provider.server_close()


def test_a_provider_without_its_key_loses_no_mail(settings, mails):
    use(settings, "http://127.0.0.1:9/")
    settings.ANYMAIL = {}
    assert send() is False
    first, second = map(fate, mails)
    assert (first[:2], second) == ((State.WAITING, 1), (State.WAITING, 0, ""))
    assert "POSTMARK_SERVER_TOKEN" in first[2]
