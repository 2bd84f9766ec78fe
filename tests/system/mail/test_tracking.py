"""No provider leads the secret links in our letters through addresses of its own."""

import json
import pkgutil
from urllib.parse import parse_qsl

import anymail.backends
import pytest
import requests
from anymail.backends.base import AnymailBaseBackend
from django.core.mail import get_connection

from config.email import sent_by
from downloads import fulfilment
from downloads.models import Mail, Message
from storefront.mail import sender
from storefront.mail.tracking import SWITCHES, switches_of
from tests.factories import NOW, MailFactory, MessageFactory

pytestmark = [
    pytest.mark.django_db,
    # Two providers are on their way out of anymail; mail still goes by them.
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailWarning"),
]

TO = "ada@example.com"
# What each provider wants to be set, and what it says of a mail that it takes.
KEYS = {
    "brevo": {"BREVO_API_KEY": "k"},
    "mailersend": {"MAILERSEND_API_TOKEN": "k"},
    "mailgun": {"MAILGUN_API_KEY": "k"},
    "mailjet": {"MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "k"},
    "mailtrap": {"MAILTRAP_API_TOKEN": "k"},
    "mandrill": {"MANDRILL_API_KEY": "k"},
    "postal": {"POSTAL_API_KEY": "k", "POSTAL_API_URL": "https://postal.example"},
    "postmark": {"POSTMARK_SERVER_TOKEN": "k"},
    "resend": {"RESEND_API_KEY": "k"},
    "scaleway": {"SCALEWAY_SECRET_KEY": "k", "SCALEWAY_PROJECT_ID": "p"},
    "sendgrid": {"SENDGRID_API_KEY": "k"},
    "sendinblue": {"SENDINBLUE_API_KEY": "k"},
    "sparkpost": {"SPARKPOST_API_KEY": "k"},
    "unisender_go": {
        "UNISENDER_GO_API_KEY": "k",
        "UNISENDER_GO_API_URL": "https://go.example/en/transactional/api/v1/",
    },
}
TAKEN = {
    "brevo": {"messageId": "m"},
    "mailersend": {},
    "mailgun": {"id": "<m@mail.example>", "message": "Queued. Thank you."},
    "mailjet": {"Messages": [{"Status": "success", "To": [{"Email": TO, "MessageID": 1}]}]},
    "mailtrap": {"success": True, "message_ids": ["m"]},
    "mandrill": [{"email": TO, "status": "sent", "_id": "m"}],
    "postal": {"status": "success", "data": {"messages": {TO: {"id": "m"}}}},
    "postmark": {"To": TO, "MessageID": "m", "ErrorCode": 0, "Message": "OK"},
    "resend": {"id": "m"},
    "scaleway": {"emails": [{"id": "m", "mail_rcpt": TO, "status": "new"}]},
    "sendgrid": {},
    "sendinblue": {"messageId": "m"},
    "sparkpost": {
        "results": {"id": "m", "total_accepted_recipients": 1, "total_rejected_recipients": 0}
    },
    "unisender_go": {"status": "success", "job_id": "m", "emails": [TO]},
}
# What says in each provider's own words that clicks and openings are not tracked. The others have
# no word for it.
OFF = {
    "mailersend": {"settings": {"track_clicks": False, "track_opens": False}},
    "mailgun": {"o:tracking-clicks": "no", "o:tracking-opens": "no"},
    "mailjet": {"Globals": {"TrackClicks": "disabled", "TrackOpens": "disabled"}},
    "mandrill": {"message": {"track_clicks": False, "track_opens": False}},
    "postmark": {"TrackLinks": "None", "TrackOpens": False},
    "sendgrid": {
        "tracking_settings": {
            "click_tracking": {"enable": False},
            "open_tracking": {"enable": False},
        }
    },
    "sparkpost": {"options": {"click_tracking": False, "open_tracking": False}},
    "unisender_go": {"message": {"track_links": 0, "track_read": 0}},
}
# Amazon's interface needs boto3, which we do not bring; the other two are for tests of its own.
LEFT_OUT = {"amazon_ses", "base", "base_requests", "console", "test"}


@pytest.fixture
def provider(settings, monkeypatch):
    """Return a function that lets mail go by a provider, and returns what it is sent, a list."""

    def use(name, **others):
        settings.EMAIL_BACKEND = sent_by({"EMAIL_BACKEND": "unused"}, provider=name)[
            "EMAIL_BACKEND"
        ]
        settings.MAIL_FROM = "downloads@shop.example"
        settings.ANYMAIL = KEYS[name] | others
        sent = []

        def answer(adapter, request, **kwargs):
            body = request.body
            text = body.decode() if isinstance(body, bytes) else body
            is_form = "form" in request.headers.get("Content-Type", "")
            sent.append(dict(parse_qsl(text)) if is_form else json.loads(text))
            response = requests.Response()
            response.status_code, response.request = 200, request
            response.headers.update({"Content-Type": "application/json", "X-Message-Id": "m"})
            response._content = json.dumps(TAKEN[name]).encode()
            return response

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", answer)
        return sent

    return use


def holds(said, expected):
    """Say whether all of one structure stands in another."""
    if isinstance(expected, dict):
        return all(name in said and holds(said[name], part) for name, part in expected.items())
    return said == expected


def words_for_tracking(said):
    """Return the names in a structure, and in its texts, that have to do with tracking."""
    if isinstance(said, dict):
        inside = {word for part in said.values() for word in words_for_tracking(part)}
        return inside | {name for name in said if "track" in name.lower()}
    if isinstance(said, list):
        return {word for part in said for word in words_for_tracking(part)}
    return set()


@pytest.mark.parametrize("name", KEYS)
def test_a_mail_goes_out_untracked(provider, write, name):
    sent, mail = provider(name), write(email=TO)
    assert sender.send_due(clock=lambda: NOW) is True
    mail.refresh_from_db()
    assert (mail.state, mail.error) == (Mail.State.SENT, "")
    [said] = sent
    assert "/orders/" in json.dumps(said)
    if name in OFF:
        assert holds(said, OFF[name])
    else:
        assert words_for_tracking(said) == set()


def test_every_provider_is_asked_about():
    known = {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)}
    assert known - LEFT_OUT == set(KEYS) == set(TAKEN)


@pytest.mark.parametrize("name", OFF)
def test_a_setting_for_all_mail_does_not_switch_it_on(provider, write, name):
    on = {"track_clicks": True, "track_opens": True, "tags": ["ours"]}
    sent = provider(name, SEND_DEFAULTS=on)
    write(email=TO)
    sender.send_due(clock=lambda: NOW)
    assert [holds(said, OFF[name]) for said in sent] == [True]


def every_kind(write):
    order_mail = write(email=TO)
    shop = order_mail.shop
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    fulfilment.register(shop, email=TO, password="seventeen blue horses", at=NOW, **names)
    MessageFactory(shop=shop, state=Message.State.SET_ASIDE, due_at=NOW)
    Mail.objects.exclude(pk=order_mail.pk).delete()
    bare = ("links", "registration", "password", "sign_in", "set_aside")
    about = {"shop": shop, "email": TO}
    mails = [MailFactory(**about, kind=kind, order=None) for kind in bare]
    # Those of staff and on trial are written for a reason of their own: `test_credentials_dump`.
    mails += [MailFactory(**about, kind=Mail.Kind.ONCE, order=order_mail.order)]
    return [order_mail, *mails]


def test_every_letter_goes_out_untracked_and_nothing_secret_in_its_tags(provider, write):
    mails, sent = every_kind(write), provider("postmark")
    assert sender.send_due(clock=lambda: NOW) is True
    assert len(sent) == len(mails) == 7
    assert all(holds(said, OFF["postmark"]) for said in sent)
    assert [{"Tag", "Metadata"} & said.keys() for said in sent] == [set()] * 7


def test_a_provider_that_takes_one_switch_alone_is_given_that_one():
    class Payload(anymail.backends.base.BasePayload):
        set_from_email = set_to = set_subject = set_reply_to = set_extra_headers = set_text_body = (
            set_track_opens
        ) = lambda self, value: None

        def init_payload(self):
            pass

    class Backend(AnymailBaseBackend):
        esp_name = "Half"

        def build_message_payload(self, message, defaults):
            return Payload(message, defaults, self)

    assert switches_of(Backend()) == ("track_opens",)


def test_a_mail_server_is_told_nothing(settings):
    settings.EMAIL_BACKEND = "storefront.mail.smtp_backend.EmailBackend"
    assert switches_of(get_connection()) == ()
    assert set(SWITCHES) == {"track_clicks", "track_opens"}


def test_what_anymail_may_ignore_is_left_to_it(provider, write):
    sent = provider("brevo", IGNORE_UNSUPPORTED_FEATURES=True)
    write(email=TO)
    assert sender.send_due(clock=lambda: NOW) is True
    assert words_for_tracking(sent) == set()
