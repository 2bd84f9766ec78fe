"""Each answer a mail server may give, at each point where it may give it, and what it means."""

import ssl
from datetime import timedelta

import environ
import pytest

from config.email import sent_by
from downloads.fulfilment.mails import outbox
from downloads.models import Mail
from storefront.mail import sender, smtp_backend
from tests.factories import NOW
from tests.system.harness.mail_server import serving_mail, write_certificate

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=2)
UNUSABLE = "The mail server cannot be used: "
ANSWERED = "The mail server answered "
UNSURE = "The mail server did not say whether it took the mail. "
TIMED_OUT = "Connection unexpectedly closed: timed out"
CLOSED = "Connection unexpectedly closed"

# Not this mail's fault: none can be sent just now.
NONE_NOW = [
    ("connect", "421 4.3.2 Not now", UNUSABLE + "421 4.3.2 Not now"),
    ("connect", "554 5.3.2 Go away", UNUSABLE + "554 5.3.2 Go away"),
    ("connect", "drop", UNUSABLE + CLOSED),
    ("connect", "stall", UNUSABLE + TIMED_OUT),
    ("EHLO", "stall", UNUSABLE + TIMED_OUT),
    ("EHLO", "drop", UNUSABLE + CLOSED),
    ("MAIL", "421 4.7.0 Too busy", UNUSABLE + "421 4.7.0 Too busy"),
    ("MAIL", "451 4.3.0 Try later", UNUSABLE + "451 4.3.0 Try later"),
    ("MAIL", "452 4.3.1 Disk full", UNUSABLE + "452 4.3.1 Disk full"),
    ("MAIL", "530 5.7.0 Sign in first", UNUSABLE + "530 5.7.0 Sign in first"),
    ("MAIL", "553 5.7.1 Not your address", UNUSABLE + "553 5.7.1 Not your address"),
    ("MAIL", "stall", UNUSABLE + TIMED_OUT),
    ("MAIL", "drop", UNUSABLE + CLOSED),
    ("RCPT", "421 4.7.0 Too busy", ANSWERED + "421 4.7.0 Too busy"),
    ("RCPT", "530 5.7.0 Sign in first", ANSWERED + "530 5.7.0 Sign in first"),
    ("RCPT", "538 5.7.11 Encrypt first", ANSWERED + "538 5.7.11 Encrypt first"),
    ("RCPT", "stall", UNUSABLE + TIMED_OUT),
    ("RCPT", "drop", UNUSABLE + CLOSED),
    ("DATA", "421 4.7.0 Too busy", ANSWERED + "421 4.7.0 Too busy"),
    ("DATA", "stall", UNUSABLE + TIMED_OUT),
    ("DATA", "drop", UNUSABLE + CLOSED),
    ("end", "421 4.3.2 Shutting down", ANSWERED + "421 4.3.2 Shutting down"),
]
# This mail alone, and it may pass.
NOT_THIS_NOW = [
    ("RCPT", "450 4.2.1 Mailbox busy", ANSWERED + "450 4.2.1 Mailbox busy"),
    ("RCPT", "451 4.7.1 Greylisted", ANSWERED + "451 4.7.1 Greylisted"),
    ("RCPT", "452 4.2.2 Mailbox full", ANSWERED + "452 4.2.2 Mailbox full"),
    ("RCPT", "552 5.5.3 Too many", ANSWERED + "552 5.5.3 Too many"),
    ("RCPT", "554 5.7.1 Relay denied", ANSWERED + "554 5.7.1 Relay denied"),
    ("end", "550 5.7.1 Looks like spam", ANSWERED + "550 5.7.1 Looks like spam"),
    ("DATA", "451 4.3.0 Try later", ANSWERED + "451 4.3.0 Try later"),
    ("end", "451 4.7.1 Greylisted", ANSWERED + "451 4.7.1 Greylisted"),
    ("end", "452 4.3.1 Disk full", ANSWERED + "452 4.3.1 Disk full"),
]
# This mail, for good.
NEVER = [
    ("RCPT", "550 5.1.1 No such user", ANSWERED + "550 5.1.1 No such user"),
    ("RCPT", "551 5.1.6 Moved", ANSWERED + "551 5.1.6 Moved"),
    ("RCPT", "553 5.1.3 No mailbox", ANSWERED + "553 5.1.3 No mailbox"),
    ("RCPT", "554 Refused", ANSWERED + "554 Refused"),
    ("DATA", "554 5.5.1 No valid recipients", ANSWERED + "554 5.5.1 No valid recipients"),
    ("end", "550 5.6.0 Looks odd", ANSWERED + "550 5.6.0 Looks odd"),
    ("end", "552 5.3.4 Too large", ANSWERED + "552 5.3.4 Too large"),
    ("end", "554 5.6.0 Refused", ANSWERED + "554 5.6.0 Refused"),
]
# The content has gone out, and nobody said what became of it; so many it has taken.
IN_DOUBT = [
    ("content", "drop", 0),
    ("content", "stall", 0),
    ("end", "drop", 0),
    ("end", "stall", 0),
    ("end", "word without a number", 0),
    ("answer", "drop", 1),
    ("answer", "stall", 1),
]
STATE = Mail.State


@pytest.fixture(autouse=True)
def _in_a_hurry(server, patience, settings):
    settings.EMAIL_TIMEOUT = 0.2


@pytest.fixture
def begun(monkeypatch):
    """What was noted as being handed over."""
    noted = []
    begin = outbox._begin_handing

    def note(mail):
        begin(mail)
        noted.append(mail.email)

    monkeypatch.setattr(outbox, "_begin_handing", note)
    return noted


def send(at=NOW):
    return sender.send_due(clock=lambda: at)


def fate(mail):
    mail.refresh_from_db()
    return mail.state, mail.attempts, mail.error


def test_a_mail_that_is_taken_is_sent_once(server, write):
    mail = write()
    assert send() is True
    assert fate(mail) == (STATE.SENT, 0, "")
    mail.order.refresh_from_db()
    assert (mail.sent_at, mail.order.email_sent_at) == (NOW, NOW)
    assert send(LATER) is True
    assert server.accepted == [(mail.message_id, mail.email)]


@pytest.mark.slow
@pytest.mark.parametrize(("point", "what", "said"), NONE_NOW)
def test_what_is_no_mails_fault_stops_the_run_and_is_tried_again(
    server, write, begun, point, what, said
):
    first, second = write(), write()
    server.does(**{point: what})
    assert send() is False
    # Before the content, nothing was handed over.
    assert begun == [first.email] * (point == "end")
    assert fate(first) == (STATE.WAITING, 1, said)
    assert fate(second) == (STATE.WAITING, 0, "")
    server.does()
    assert send(LATER) is True
    assert sorted(server.recipients) == sorted([first.email, second.email])


@pytest.mark.slow
@pytest.mark.parametrize(("point", "what", "said"), NOT_THIS_NOW)
def test_what_may_pass_is_tried_again(server, write, point, what, said):
    mails = [write(), write()]
    server.does(**{point: what})
    assert send() is True
    assert [fate(mail) for mail in mails] == [(STATE.WAITING, 1, said)] * 2
    server.does()
    assert send(LATER) is True
    assert server.recipients == [mail.email for mail in mails]


@pytest.mark.slow
@pytest.mark.parametrize(("point", "what", "said"), NEVER)
def test_what_will_not_pass_is_set_aside(server, write, point, what, said):
    mails = [write(), write()]
    server.does(**{point: what})
    assert send() is True
    assert [fate(mail) for mail in mails] == [(STATE.SET_ASIDE, 0, said)] * 2
    server.does()
    assert send(LATER) is True
    assert server.accepted == []


@pytest.mark.slow
@pytest.mark.parametrize(("point", "what", "taken"), IN_DOUBT)
def test_no_answer_to_a_mails_content_is_doubt(server, write, point, what, taken):
    first, second = write(), write()
    server.does(**{point: what})
    assert send() is False
    state, attempts, error = fate(first)
    assert (state, attempts, error.startswith(UNSURE)) == (STATE.DOUBTFUL, 0, True)
    # The next one would be in doubt as well.
    assert fate(second) == (STATE.WAITING, 0, "")
    server.does()
    assert send(LATER) is True
    assert server.recipients == [first.email] * taken + [second.email]


def test_an_old_mail_server_that_knows_no_ehlo_will_do(server, write):
    server.does(EHLO="502 5.5.1 What?")
    mail = write()
    assert send() is True
    assert (fate(mail), server.recipients) == ((STATE.SENT, 0, ""), [mail.email])


# --- The point from which a mail may have been sent ----------------------------------------------


@pytest.mark.parametrize("what", ["drop", "451 4.7.1 Greylisted", "554 5.6.0 Refused", "250 OK"])
def test_with_the_content_it_was_handed_over_once(server, write, begun, what):
    mail = write()
    server.does(end=what)
    send()
    assert begun == [mail.email]


def test_whoever_lost_the_mail_meanwhile_sends_no_content(server, write, monkeypatch):
    mail, other = write(), write()
    real = smtp_backend._Plain.data

    def data(self, content):
        Mail.objects.filter(pk=mail.pk).update(claim="of another")
        return real(self, content)

    goodbyes = []
    quit_line = smtp_backend._Plain.quit

    def say_goodbye(self):
        goodbyes.append(self.sock is not None)
        return quit_line(self)

    monkeypatch.setattr(smtp_backend._Plain, "data", data)
    monkeypatch.setattr(smtp_backend._Plain, "quit", say_goodbye)
    assert send() is True
    assert fate(mail) == (STATE.SENDING, 0, "")
    assert server.recipients == [other.email]
    # Said in the midst of it, it would be taken for content, and its answer waited for in vain.
    assert (goodbyes, server.connected) == ([False, True], 2)


def test_a_final_answer_is_waited_for_longer_than_any_other(server, write, monkeypatch, settings):
    waits = []
    monkeypatch.setattr(
        smtp_backend._Plain, "_wait_at_most", lambda self, seconds: waits.append(seconds)
    )
    settings.MAIL_ANSWER_SECONDS = 600
    write()
    send()
    assert waits == [600, settings.EMAIL_TIMEOUT]


# --- Lines ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_many_mails_go_over_one_line(server, write):
    mails = [write() for _ in range(5)]
    assert send() is True
    assert server.recipients == [mail.email for mail in mails]
    assert server.connected == 1


@pytest.mark.slow
@pytest.mark.parametrize(("most", "point"), [(1, "MAIL"), (2, "MAIL"), (2, "RCPT"), (2, "DATA")])
def test_a_line_that_takes_no_more_is_opened_anew_at_once(server, write, most, point):
    server.takes(most, at=point)
    mails = [write() for _ in range(5)]
    assert send() is True
    assert server.recipients == [mail.email for mail in mails]
    assert {fate(mail) for mail in mails} == {(STATE.SENT, 0, "")}
    assert server.connected == -(-5 // most)


def test_a_fresh_line_that_takes_none_is_not_opened_again_and_again(server, write):
    server.takes(0)
    write()
    assert send() is False
    assert server.connected == 1


# --- Encryption and signing in -------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return write_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def _guarded(certificate):
    with serving_mail(certificate=certificate, login="ada:s3cret w/ord") as server:
        yield server


@pytest.fixture
def guarded(_guarded, settings):
    """A mail server that wants encryption and a password; `use(url)` sets `EMAIL_URL`."""
    _guarded.forget()

    def use(url):
        given = environ.Env.email_url_config(url.format(port=_guarded.port))
        for name, value in sent_by(given, provider="").items():
            setattr(settings, name, value)

    _guarded.use = use
    return _guarded


def trust(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


WITH_PASSWORD = "smtp+tls://ada:s3cret%20w%2Ford@127.0.0.1:{port}"


def test_mail_goes_encrypted_and_signed_in(guarded, certificate, write, monkeypatch):
    trust(certificate, monkeypatch)
    guarded.use(WITH_PASSWORD)
    mail = write()
    assert send() is True
    assert (fate(mail), guarded.recipients) == ((STATE.SENT, 0, ""), [mail.email])


def test_a_certificate_nobody_vouches_for_is_refused(guarded, write):
    guarded.use(WITH_PASSWORD)
    first, second = write(), write()
    assert send() is False
    state, attempts, error = fate(first)
    assert (state, attempts) == (STATE.WAITING, 1)
    assert error.startswith(UNUSABLE + "[SSL: CERTIFICATE_VERIFY_FAILED]")
    assert (fate(second), guarded.accepted) == ((STATE.WAITING, 0, ""), [])


def test_a_wrong_password_is_no_mails_fault(guarded, certificate, write, monkeypatch):
    trust(certificate, monkeypatch)
    guarded.use("smtp+tls://ada:wrong-password@127.0.0.1:{port}")
    first, second = write(), write()
    assert send() is False
    assert fate(first) == (
        STATE.WAITING,
        1,
        UNUSABLE + "535 5.7.8 Authentication credentials invalid",
    )
    assert fate(second) == (STATE.WAITING, 0, "")


def test_no_password_where_one_is_asked_for_is_no_mails_fault(
    guarded, certificate, write, monkeypatch
):
    trust(certificate, monkeypatch)
    guarded.use("smtp+tls://127.0.0.1:{port}")
    mail = write()
    assert send() is False
    assert fate(mail)[:2] == (STATE.WAITING, 1)
    assert fate(mail)[2].startswith(UNUSABLE + "530 5.7.0")


def test_a_server_that_stops_offering_encryption_gets_no_mail_and_loses_none(
    server, write, settings
):
    settings.EMAIL_USE_TLS = True
    first, second = write(), write()
    assert send() is False
    assert fate(first) == (
        STATE.WAITING,
        1,
        UNUSABLE + "STARTTLS extension not supported by server.",
    )
    assert (fate(second), server.accepted) == ((STATE.WAITING, 0, ""), [])


def test_a_password_for_a_server_that_asks_none_is_no_mails_fault(server, write, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "ada", "a-password"
    mail = write()
    assert send() is False
    assert fate(mail) == (
        STATE.WAITING,
        1,
        UNUSABLE + "SMTP AUTH extension not supported by server.",
    )


def test_mail_goes_encrypted_from_the_first_byte_on():
    backend = smtp_backend.EmailBackend(use_ssl=True, use_tls=False)
    assert issubclass(backend.connection_class, smtp_backend._Notifying)
    assert backend.ssl_context.verify_mode == ssl.CERT_REQUIRED


# --- Addresses -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "email", ["jörg@example.com", "ſome@example.com", "ada", "a@b@c.example", "a b@example.com"]
)
def test_an_address_no_mail_server_takes_is_set_aside_unasked(server, write, email):
    mail, other = write(email=email), write()
    assert send() is True
    assert fate(mail) == (STATE.SET_ASIDE, 0, "Mail cannot be sent to this address.")
    assert server.recipients == [other.email]


@pytest.mark.parametrize(
    ("host", "wire"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        # Python's own would mail these two at other hosts: strasse.example, a final sigma's.
        ("straße.example", "xn--strae-oqa.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("\u2603.example", "xn--n3h.example"),
    ],
)
def test_a_domain_in_any_script_is_written_as_mail_servers_know_it(server, write, host, wire):
    mail = write(email=f"ada@{host}")
    assert send() is True
    assert (fate(mail)[0], server.recipients) == (STATE.SENT, [f"ada@{wire}"])


def test_two_addresses_in_one_are_written_to_neither(server, write):
    mail = write(email="ada@example.com, eve@example.com")
    assert send() is True
    assert (fate(mail)[0], server.accepted) == (STATE.SET_ASIDE, [])


def test_what_a_server_says_can_be_stored_whatever_it_is(server, write):
    server.does(RCPT="550 " + "\x00 nul, \x7f and " + "long " * 90)
    mail = write()
    assert send() is True
    assert fate(mail)[2].startswith(ANSWERED + "550 nul, \x7f and long long")
