"""Mail providers tell what came back. The bodies are those that each publishes."""

import base64
import hashlib
import hmac
import json
import warnings

import pytest
from anymail.exceptions import AnymailNotSupportedWarning
from django.core.files.base import ContentFile
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from downloads.models import Mail
from tests.factories import NOW, MailFactory

pytestmark = pytest.mark.django_db

POSTMARK = "/mail/bounces/postmark"
MAILGUN = "/mail/bounces/mailgun"
WEBHOOK_SECRET = "postmark:correct-horse-battery"
KNOWN_AS = "883953f4-6105-42a2-a16a-77a8eac79483"
REFUSED = {"message": "The signature does not match."}
RECEIVED = {"message": "Received."}

BOUNCE = {
    "RecordType": "Bounce",
    "ID": 42,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "Tag": "Test",
    "MessageID": KNOWN_AS,
    "Metadata": {"a_key": "a_value"},
    "ServerID": 1234,
    "Description": "The server was unable to deliver your message (ex: unknown user).",
    "Details": "smtp;550 5.1.1 No such user",
    "Email": "ada@example.com",
    "From": "downloads@shop.example",
    "BouncedAt": "2026-03-01T12:00:00Z",
    "DumpAvailable": True,
    "Inactive": True,
    "CanActivate": True,
    "Subject": "Your downloads",
    "MessageStream": "outbound",
}
COMPLAINT = BOUNCE | {
    "RecordType": "SpamComplaint",
    "Type": "SpamComplaint",
    "TypeCode": 512,
    "Name": "Spam complaint",
    "Description": "The subscriber explicitly marked this message as spam.",
    "Details": "Test spam complaint details",
}
DELIVERY = {
    "RecordType": "Delivery",
    "MessageID": KNOWN_AS,
    "Recipient": "ada@example.com",
    "DeliveredAt": "2026-03-01T12:00:00Z",
    "Details": "Test delivery webhook details",
    "Tag": "welcome",
    "ServerID": 1234,
    "Metadata": {},
    "MessageStream": "outbound",
}


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def provider(settings):
    """Return a function that makes us send by a provider with these keys."""

    def use(name, **keys):
        settings.MAIL_PROVIDER, settings.ANYMAIL = name, keys

    use("postmark", WEBHOOK_SECRET=WEBHOOK_SECRET, POSTMARK_SERVER_TOKEN="a-server-token")
    return use


@pytest.fixture
def mail(provider):
    """A mail that the provider knows."""
    return MailFactory(state=Mail.State.SENT, sent_at=NOW, message_id=KNOWN_AS)


def basic(pair=WEBHOOK_SECRET):
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def tell(client, body, url=POSTMARK, **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = headers or basic()
    return client.post(url, body, content_type="application/json", headers=headers)


def outcome(response):
    return response.status_code, response.json()


def noted():
    return list(Mail.objects.exclude(bounced_at=None).values_list("bounced_at", "bounce"))


# --- What is told --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOUNCE, "bounced: smtp;550 5.1.1 No such user"),
        (COMPLAINT, "complained: Test spam complaint details"),
        (BOUNCE | {"Type": "SoftBounce", "Details": None}, f"bounced: {BOUNCE['Description']}"),
        (BOUNCE | {"Type": "BadEmailAddress"}, "rejected: smtp;550 5.1.1 No such user"),
        (BOUNCE | {"Details": "", "Description": ""}, "bounced: bounced"),
    ],
)
def test_what_came_back_is_noted(client, mail, body, reason):
    assert outcome(tell(client, body)) == (200, RECEIVED)
    assert noted() == [(NOW, reason)]


@pytest.mark.parametrize(
    "body",
    [
        DELIVERY,
        BOUNCE | {"Type": "Transient"},
        BOUNCE | {"Type": "AutoResponder"},
        {"RecordType": "Open", "MessageID": KNOWN_AS},
        {"RecordType": "Never heard of", "MessageID": KNOWN_AS},
        {},
    ],
)
def test_what_did_not_come_back_is_taken_in_and_nothing(client, mail, body):
    assert outcome(tell(client, body)) == (200, RECEIVED)
    assert noted() == []


@pytest.mark.parametrize("name", ["another", "", None, 7, ["list"], {"a": 1}, "\x00", "\ud800"])
def test_a_mail_we_do_not_know_is_taken_in_and_nothing(client, mail, name):
    MailFactory()  # one that no provider knows yet
    assert outcome(tell(client, BOUNCE | {"MessageID": name})) == (200, RECEIVED)
    assert noted() == []


def test_the_same_told_twice_is_noted_once(client, mail, frozen):
    assert outcome(tell(client, BOUNCE)) == (200, RECEIVED)
    frozen(NOW.replace(hour=13))
    assert outcome(tell(client, COMPLAINT)) == (200, RECEIVED)
    assert noted() == [(NOW, "bounced: smtp;550 5.1.1 No such user")]


@pytest.mark.parametrize("details", ["\x00", "\ud800", "x" * 100_000, ["a"], {"a": 1}, 7, True])
def test_any_reason_can_be_noted(client, mail, details):
    assert outcome(tell(client, BOUNCE | {"Details": details})) == (200, RECEIVED)
    assert len(noted()) == 1


def test_a_provider_may_look_whether_we_are_there(client, provider):
    response = client.head(POSTMARK)
    assert (response.status_code, response.content) == (200, b"")
    assert client.get(POSTMARK).status_code == 405


# --- Who tells it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Nothing": "1"},
        basic("postmark:wrong"),
        basic("wrong:correct-horse-battery"),
        basic("None"),
        basic(""),
        {"Authorization": "Basic"},
        {"Authorization": "Basic not-base64!"},
        {"Authorization": "Basic //79"},
        {"Authorization": f"Bearer {WEBHOOK_SECRET}"},
        {"Authorization": basic()["Authorization"] + " and more"},
    ],
)
def test_whoever_does_not_know_the_secret_is_refused(client, mail, headers):
    assert outcome(tell(client, BOUNCE, **headers)) == (401, REFUSED)
    assert noted() == []


@pytest.mark.parametrize("secret", [{}, {"WEBHOOK_SECRET": ""}, {"WEBHOOK_SECRET": []}])
def test_without_a_secret_of_ours_nobody_is_believed(client, mail, provider, secret):
    provider("postmark", POSTMARK_SERVER_TOKEN="a-server-token", **secret)
    for headers in (basic(), basic("None"), basic(""), basic(":")):
        assert outcome(tell(client, BOUNCE, **headers)) == (401, REFUSED)
    assert noted() == []


def test_one_of_several_secrets_will_do_while_they_change(client, mail, provider):
    provider("postmark", WEBHOOK_SECRET=["ada:former-secret", WEBHOOK_SECRET])
    assert outcome(tell(client, BOUNCE)) == (200, RECEIVED)
    assert len(noted()) == 1


@pytest.mark.parametrize(
    "name", ["mailgun", "sendgrid", "Postmark", "postmark2", "test", "console", "base"]
)
def test_a_provider_we_do_not_send_by_is_not_heard(client, mail, name):
    response = tell(client, BOUNCE, url=f"/mail/bounces/{name}")
    assert outcome(response) == (404, {"message": "No such provider."})
    assert noted() == []


def test_without_a_provider_nobody_is_heard(client, provider):
    provider("")
    assert tell(client, BOUNCE).status_code == 404


def test_a_provider_that_tells_nothing_is_not_heard(client, provider):
    provider("scaleway", WEBHOOK_SECRET=WEBHOOK_SECRET)
    response = tell(client, BOUNCE, url="/mail/bounces/scaleway")
    assert outcome(response) == (404, {"message": "This provider tells nothing."})


# --- Signatures ----------------------------------------------------------------------------------

SIGNING_KEY = "key-of-mailgun-webhooks"


def mailgun(key=SIGNING_KEY, **event):
    """Return a failure as Mailgun tells and signs it."""
    timestamp, token = "1529006854", "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    signed = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signed},
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "reason": "suppress-bounce",
            "id": "G9Bn5sl1TC6nu79C8C0bwg",
            "timestamp": 1521233195.375624,
            "recipient": "ada@example.com",
            "delivery-status": {
                "attempt-no": 1,
                "message": "",
                "code": 605,
                "description": "Not delivering to previously bounced address",
                "session-seconds": 0,
            },
            "message": {"headers": {"message-id": KNOWN_AS, "to": "ada@example.com"}},
            "user-variables": {},
            "tags": [],
        }
        | event,
    }


@pytest.fixture
def by_mailgun(provider):
    provider("mailgun", MAILGUN_API_KEY="an-api-key", MAILGUN_WEBHOOK_SIGNING_KEY=SIGNING_KEY)
    return MailFactory(state=Mail.State.SENT, message_id=f"<{KNOWN_AS}>")


def tell_unsigned(client, body):
    return tell(client, body, MAILGUN, X_Nothing="1")


def test_a_signature_is_proof_without_a_secret_of_ours(client, by_mailgun):
    assert outcome(tell_unsigned(client, mailgun())) == (200, RECEIVED)
    assert noted() == [(NOW, "bounced: Not delivering to previously bounced address")]


def test_what_may_still_arrive_did_not_come_back(client, by_mailgun):
    assert outcome(tell_unsigned(client, mailgun(severity="temporary"))) == (200, RECEIVED)
    assert noted() == []


@pytest.mark.parametrize(
    "body",
    [
        mailgun("another key"),
        mailgun() | {"signature": {}},
        mailgun() | {"signature": None},
        mailgun() | {"signature": {"timestamp": "é", "token": "ü", "signature": "ß"}},
        mailgun() | {"signature": {"timestamp": 1, "token": [], "signature": None}},
        {},
        [],
        None,
        b"",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_wrong_signature_is_refused(client, by_mailgun, body):
    assert outcome(tell_unsigned(client, body)) == (401, REFUSED)
    assert noted() == []


def test_a_form_that_is_not_signed_is_refused(client, by_mailgun):
    assert outcome(client.post(MAILGUN, {"event": "bounced"})) == (401, REFUSED)
    assert outcome(client.post(MAILGUN, {"file": ContentFile(b"x", name="x")})) == (401, REFUSED)


@pytest.mark.parametrize("name", ["mailgun", "mailersend", "postal", "unisender_go"])
def test_a_provider_whose_key_we_lack_is_refused(client, provider, name):
    provider(name, WEBHOOK_SECRET=WEBHOOK_SECRET)
    response = tell(client, mailgun(), f"/mail/bounces/{name}")
    assert outcome(response) == (401, REFUSED)


def test_a_signing_key_alone_opens_a_provider_that_may_sign(client, provider):
    """Mailtrap signs where it is told to, and needs no secret of ours then."""
    provider("mailtrap", MAILTRAP_TRACKING_SECRET="a-signing-secret")
    MailFactory(state=Mail.State.SENT, message_id=KNOWN_AS)
    event = {
        "event": "bounce",
        "message_id": KNOWN_AS,
        "event_id": "1",
        "timestamp": 1521233195,
        "email": "ada@example.com",
        "response": "550 No such user",
    }
    body = json.dumps({"events": [event]}).encode()
    signed = hmac.new(b"a-signing-secret", body, hashlib.sha256).hexdigest()
    url = "/mail/bounces/mailtrap"
    assert outcome(tell(client, body, url, **{"Mailtrap-Signature": "wrong"})) == (401, REFUSED)
    assert noted() == []
    assert outcome(tell(client, body, url, **{"Mailtrap-Signature": signed})) == (200, RECEIVED)
    assert noted() == [(NOW, "bounced: 550 No such user")]


def test_several_events_in_one_message_are_each_noted(client, provider):
    provider("sendgrid", WEBHOOK_SECRET=WEBHOOK_SECRET)
    mails = [MailFactory(state=Mail.State.SENT, message_id=f"anymail-{n}") for n in range(2)]
    events = [
        {
            "email": "ada@example.com",
            "timestamp": 1461095246,
            "event": "bounce",
            "anymail_id": mail.message_id,
            "reason": "500 unknown recipient",
            "type": "bounce",
            "status": "5.0.0",
        }
        for mail in mails
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnymailNotSupportedWarning)
        response = tell(client, events, "/mail/bounces/sendgrid")
    assert outcome(response) == (200, RECEIVED)
    assert noted() == [(NOW, "bounced: 500 unknown recipient")] * 2


# --- Rubbish -------------------------------------------------------------------------------------

WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["Bounce", "SpamComplaint", "Inbound", "HardBounce", KNOWN_AS]),
)
FIELDS = st.sampled_from(
    [*BOUNCE, "FromFull", "event", "event-data", "message", "headers", "events", "signature"]
)
RUBBISH = st.recursive(
    WORDS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(FIELDS, inner)),
    max_leaves=12,
)


@pytest.mark.slow
@tries(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(document=RUBBISH, name=st.sampled_from(["postmark", "brevo", "resend", "mailjet"]))
def test_no_signed_body_is_a_fault_of_ours(provider, document, name):
    provider(name, WEBHOOK_SECRET=WEBHOOK_SECRET)
    client = Client(raise_request_exception=True)
    response = tell(client, document, f"/mail/bounces/{name}")
    assert response.status_code in (200, 400)
    assert list(response.json()) == ["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"RecordType": "Inbound"}',
        b'{"FromFull": {}}',
        b'{"RecordType": "Bounce", "BouncedAt": "yesterday", "Metadata": "text"}',
        b'{"RecordType": "Bounce", "BouncedAt": "2026-99-99T99:99:99Z"}',
    ],
)
def test_what_cannot_be_read_is_said_so(client, mail, body):
    assert outcome(tell(client, body)) == (
        400,
        {"message": "This is not what the provider tells of mails."},
    )


def test_a_body_larger_than_any_is_refused(client, mail):
    assert tell(client, b'{"a": "' + b"x" * 3_000_000 + b'"}').status_code == 400
