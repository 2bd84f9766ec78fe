"""What a shop of one's own signs, held to the library that Standard Webhooks publishes."""

import base64
import hmac
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from standardwebhooks import webhooks as library

from storefront.platforms.generic.platform import GENERIC
from tests.factories import NOW

SECOND = timedelta(seconds=1)
KEY = bytes(range(32))
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
BODY = b'{"type": "order.paid"}'
NOW_SECONDS = int(NOW.timestamp())
ACCEPTED, REFUSED, BROKEN = "accepted", "refused", "broken"

# The clock that the library reads is set once, and the fixtures make nothing anew.
trying = hypothesis_settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def _library_reads_our_clock(monkeypatch):
    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW

    monkeypatch.setattr(library, "datetime", Stopped)


def signed(body=BODY, *, secret=SECRET, id=ID, at=NOW):
    """Return the headers that the library signs a body with."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": library.Webhook(secret).sign(id, at, body.decode()),
    }


def of_library(headers, body=BODY, *, secret=SECRET):
    """Return what the library makes of a message: it refuses, or breaks over what it cannot read"""
    try:
        library.Webhook(secret).verify(body, headers, json_parse=False)
    except (library.WebhookVerificationError, library.EmptyWebhookSecretError):
        return REFUSED
    except ValueError:
        return BROKEN
    return ACCEPTED


def of_ours(headers, body=BODY, *, secret=SECRET, at=NOW):
    envelope = GENERIC.read_envelope(headers)
    return ACCEPTED if GENERIC.is_signed(envelope, body, secret=secret, at=at) else REFUSED


def secrets_of(key):
    """Return the forms in which the library takes one key."""
    text = base64.b64encode(key).decode()
    return [f"whsec_{text}", text, f"whsec_{text.rstrip('=')}"]


KEYS = st.binary(min_size=1, max_size=80)
SECRETS = KEYS.flatmap(lambda key: st.sampled_from(secrets_of(key)))
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
BODIES = st.text(st.characters(exclude_categories=["Cs"])).map(str.encode)
OFFSETS = st.integers(-300, 300) | st.sampled_from([-302, -301, 301, 302, 10**6, -(10**6)])


@trying
@given(secret=SECRETS, id=IDS, body=BODIES, offset=OFFSETS)
@example(secret=SECRET, id="a.b", body=b"", offset=300)
def test_what_the_library_signs_is_accepted_within_five_minutes(secret, id, body, offset):
    headers = signed(body, secret=secret, id=id, at=NOW + offset * SECOND)
    expected = ACCEPTED if abs(offset) <= 300 else REFUSED
    assert of_library(headers, body, secret=secret) == expected
    assert of_ours(headers, body, secret=secret) == expected


@st.composite
def signatures(draw, good):
    """A header of entries as a sender may write them: the right one, or not, among others."""
    wrong = st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode())
    versions = st.sampled_from(["v1", "v1a", "v2", "", "V1"])
    entries = st.one_of(
        st.just(good),
        st.just(good.replace("v1,", "v1a,")),
        st.tuples(versions, wrong).map(",".join),
    )
    return " ".join(draw(st.lists(entries, min_size=1, max_size=4)))


@trying
@given(
    choices=st.data(),
    secret=st.sampled_from([SECRET, *secrets_of(KEY), *secrets_of(b"another key" * 3)]),
    id=st.sampled_from([ID, ID + "x", ID.lower(), "", f"{ID}.1"]),
    sent_at=st.sampled_from([0, 1, -1, 300, -300, 301, -301]).map(lambda n: str(NOW_SECONDS + n)),
    body=st.sampled_from([BODY, BODY + b" ", b"", BODY.replace(b"paid", b"Paid")]),
)
def test_what_is_well_formed_is_judged_as_the_library_does(choices, secret, id, sent_at, body):
    headers = {
        "webhook-id": id,
        "webhook-timestamp": sent_at,
        "webhook-signature": choices.draw(signatures(signed()["webhook-signature"])),
    }
    assert of_ours(headers, body, secret=secret) == of_library(headers, body, secret=secret)


ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ODD_TIMES = st.sampled_from(
    [
        str(NOW_SECONDS),
        *(f"{before}{NOW_SECONDS}" for before in (" ", "+", "-", "0", "1")),
        *(f"{NOW_SECONDS}{behind}" for behind in (".0", ".5", "e0", "_0")),
        *("0", "-1", "nan", "inf", "1e10", "9" * 400, "１７７２３６６４００"),
    ]
)


@trying
@given(
    choices=st.data(),
    secret=st.sampled_from([SECRET, "whsec_", "", "whsec_!", "A", SECRET + "!"]) | ANYTHING,
    sent_at=ODD_TIMES | ANYTHING,
    around=st.tuples(ANYTHING, ANYTHING),
    glue=st.sampled_from([" ", "", ",", "  ", "\t"]),
)
def test_what_the_library_refuses_is_refused(choices, secret, sent_at, around, glue):
    good = signed()["webhook-signature"]
    entry = choices.draw(st.sampled_from([good, good[:-1], good + "A", good[3:], ""]))
    signature = glue.join([around[0], entry, around[1]])
    headers = signed() | {"webhook-timestamp": sent_at, "webhook-signature": signature}
    if of_library(headers, secret=secret) == REFUSED:
        assert of_ours(headers, secret=secret) == REFUSED


@trying
@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 6))
def test_no_bit_of_the_body_can_be_turned(place, bit):
    turned = bytearray(BODY)
    turned[place] ^= 1 << bit
    assert of_ours(signed(), bytes(turned)) == REFUSED


CHANGES = {
    "cut off": lambda text: text[:-1],
    "longer": lambda text: text + "0",
    "its first letters alone": lambda text: text[:4],
    "of another message": lambda text: text.replace("1", "2").replace("A", "B"),
}


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_header_can_be_changed(name, change):
    right = signed()
    changed = right | {name: change(right[name])}
    assert changed != right
    assert of_ours(changed) == REFUSED


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", None])
def test_all_three_headers_are_needed(name, value):
    headers = signed() | {name: value}
    headers = {each: text for each, text in headers.items() if text is not None}
    assert of_ours(headers) == of_library(headers) == REFUSED


def test_an_empty_id_is_refused_also_when_it_was_signed():
    headers = signed(id="")
    assert of_ours(headers) == of_library(headers) == REFUSED


@pytest.mark.parametrize(
    ("offset", "verdict"),
    [
        (300 * SECOND, ACCEPTED),
        (-300 * SECOND, ACCEPTED),
        (301 * SECOND, REFUSED),
        (-301 * SECOND, REFUSED),
    ],
    ids=str,
)
def test_five_minutes_either_way_are_tolerated(offset, verdict):
    assert of_ours(signed(at=NOW + offset)) == verdict


def test_our_clock_counts_by_parts_of_a_second():
    headers = signed(at=NOW - 300 * SECOND)
    assert of_ours(headers, at=NOW + timedelta(microseconds=1)) == REFUSED
    assert of_ours(headers, at=NOW) == ACCEPTED


def test_the_tolerance_is_a_setting(settings):
    settings.WEBHOOK_TOLERANCE_SECONDS = 10
    assert of_ours(signed(at=NOW - 10 * SECOND)) == ACCEPTED
    assert of_ours(signed(at=NOW - 11 * SECOND)) == REFUSED


@pytest.mark.parametrize("before", ["0", "00", "+", " "])
def test_a_time_is_signed_in_its_one_form(before):
    sent_at = f"{before}{NOW_SECONDS}"
    content = f"{ID}.{sent_at}.".encode() + BODY
    signature = base64.b64encode(hmac.digest(KEY, content, "sha256")).decode()
    headers = signed() | {"webhook-timestamp": sent_at, "webhook-signature": f"v1,{signature}"}
    assert of_ours(headers) == of_library(headers) == REFUSED


# Where the library and the specification part, the specification is followed: the headers by the
# right signature, and what we say. None of these is ever signed by the library itself.
PARTING = {
    "a time with a fraction": (f"{NOW_SECONDS}.5", "{}", REFUSED),
    "a time with a sign": (f"+{NOW_SECONDS}", "{}", REFUSED),
    "a time with a nought before it": (f"0{NOW_SECONDS}", "{}", REFUSED),
    "a signature with junk in its base64": (None, "!{}", REFUSED),
    "a signature with something behind": (None, "{}0", REFUSED),
    "an entry without a version": (None, "x {}", ACCEPTED),
    "an entry that is empty": (None, "v1a,x=  {}", ACCEPTED),
    "an entry that is no base64": (None, "v1,x {}", ACCEPTED),
}


@pytest.mark.parametrize(("sent_at", "written", "verdict"), PARTING.values(), ids=PARTING)
def test_where_the_library_differs_the_specification_is_followed(sent_at, written, verdict):
    right = signed()
    signature = written.format(right["webhook-signature"]).replace("!v1,", "v1,!")
    headers = right | {"webhook-signature": signature}
    headers["webhook-timestamp"] = sent_at or right["webhook-timestamp"]
    assert of_ours(headers) == verdict
    assert of_library(headers) == (ACCEPTED if verdict == REFUSED else BROKEN)


def test_a_body_that_is_no_text_may_be_signed_all_the_same():
    # Ours refuses it where it is read; the library cannot be asked about it.
    assert of_library(signed(), b"\xff") == BROKEN
    assert of_ours(signed(), b"\xff") == REFUSED


# --- Secrets -----------------------------------------------------------------------------------


def test_a_fresh_secret_has_256_bits_and_is_another_each_time():
    fresh = {GENERIC.new_secret() for _time in range(20)}
    assert len(fresh) == 20
    assert {secret[:6] for secret in fresh} == {"whsec_"}
    assert {len(base64.b64decode(secret[6:])) for secret in fresh} == {32}
    assert {GENERIC.complaint_about(secret) for secret in fresh} == {None}


@pytest.mark.parametrize("size", [24, 25, 26, 32, 63, 64])
def test_a_secret_of_24_to_64_bytes_is_as_it_should_be(size):
    complaints = [GENERIC.complaint_about(secret) for secret in secrets_of(bytes(size))]
    assert complaints == [None] * 3


@pytest.mark.parametrize("size", [1, 23, 65, 200])
def test_a_secret_of_another_size_is_told_so(size):
    assert {GENERIC.complaint_about(secret) for secret in secrets_of(bytes(size))} == {
        f"This secret has {size} bytes; it needs 24 to 64."
    }


TEXT = SECRET.removeprefix("whsec_")
NO_SECRETS = ["", "whsec_", "whsec_" + "A" * 37, "hunter2!" * 5, f"{TEXT[:20]} {TEXT[20:]}"]
NO_SECRETS += [f"WHSEC_{TEXT}", f"whsec_whsec_{TEXT}", f"{TEXT[:-1]}=={TEXT}", f"{TEXT}==="]
NO_SECRETS += [TEXT.replace("A", "-"), f"{TEXT}\n", "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"]


@pytest.mark.parametrize("secret", NO_SECRETS)
def test_what_is_no_secret_is_told_so_and_signs_nothing(secret):
    assert GENERIC.complaint_about(secret) == (
        "Such a secret is whsec_ and base64 behind it. "
        "Leave the field empty, and one is made for you."
    )
    assert of_ours(signed(), secret=secret) == REFUSED
