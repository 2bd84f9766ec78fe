"""No secret that a test makes or uses stands in a log line, or in an answer it is not meant for.

Every test is watched. What it hashes, seals, signs or enters as a password is a secret; when it is
over, each line it logged, as the configured handlers write it, and each answer its clients got are
searched for all of them.
"""

import functools
import hashlib
import html
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.fernet import MultiFernet
from django.contrib.auth import hashers
from django.core.signing import Signer
from django.test import Client

from storefront.http.log_redaction import RedactingFormatter

TOKEN, STOREFRONT_KEY, SECRET_KEY = "token or bearer", "storefront key", "secret key"
SEALED, PASSWORD, SESSION = "sealed secret", "password", "session"
ADDRESS, TICKET, ACCOUNT, PROOF = "signed address", "page ticket", "account ticket", "proof"
SIGNED = {
    "storefront.click": ADDRESS,
    "storefront.ticket": TICKET,
    "storefront.account": ACCOUNT,
    "storefront.proof": PROOF,
}
PREFIXES = {"pk_storefront_": STOREFRONT_KEY, "sk_": SECRET_KEY}
# Shorter ones are words that tests ask with in vain; the service takes no shorter token either.
MIN_LENGTH, MIN_PASSWORD_LENGTH = 16, 8
HASHERS = (
    hashers.Argon2PasswordHasher,
    hashers.MD5PasswordHasher,
    hashers.PBKDF2PasswordHasher,
)

# The answers that hand a secret over, by route and kind, each with its reason.
HANDED_OVER = {
    ("face-a", ADDRESS): "a file's address on face A",
    ("face-b", ADDRESS): "`downloadUrl`",
    ("home", TOKEN): "the way into the demo's own order, on a laptop alone",
    ("downloadables", ADDRESS): "`downloadUrl` of each",
    ("downloadable", ADDRESS): "`downloadUrl`",
    ("order", ADDRESS): "the form of each download",
    ("click", ADDRESS): "a way to a fresh click where this one is over",
    ("download", ADDRESS): "a way to a fresh click where this one is over",
    ("download", PROOF): "what nginx is told of the click; it passes no such header on",
    ("click", PROOF): "what nginx is told of the click; it passes no such header on",
    (
        "downloadable-download",
        PROOF,
    ): "what nginx is told of the click; it passes no such header on",
    ("purchased-download", PROOF): "what nginx is told of the click; it passes no such header on",
    ("downloadable-download", ADDRESS): "the address that `as=address` asks for",
    ("purchased-download", ADDRESS): "the address that `as=address` asks for",
    ("customer-tokens", TOKEN): "the bearer a shop's server asked for",
    ("customer-tokens", SEALED): "the same bearer, kept for a repetition",
    ("admin:downloads_shop_changelist", STOREFRONT_KEY): "a fresh key, shown once",
    ("admin:downloads_shop_changelist", SECRET_KEY): "a fresh key, shown once",
    ("admin:storefront_storefrontkey_changelist", STOREFRONT_KEY): "a key's successor, shown once",
    ("admin:storefront_secretkey_changelist", SECRET_KEY): "a key's successor, shown once",
    ("admin:storefront_webhooksecret_add", SEALED): "a fresh secret, shown once",
    ("admin:downloads_customer_changelist", TOKEN): "a fresh bearer, shown once",
    ("admin:downloads_account_changelist", ACCOUNT): "a link for the account's owner, shown once",
    ("admin:downloads_invitation_add", TOKEN): "a link for whoever is invited, shown once",
    ("invitation", TOKEN): "the way to the same invitation's button, for who signs in already",
    ("admin:invitation_accept", TOKEN): "the way back to the same invitation, from the sign-in",
    ("admin:login", TOKEN): "the way back to the invitation that its own address names",
    ("admin:second_factor", TOKEN): "the way back to the same invitation, behind the code",
    ("admin:second_factor_set_up", SEALED): "the key that an app is to read",
    ("admin:second_factor_set_up", TOKEN): "recovery codes, shown once",
    ("admin:own_second_factor", TOKEN): "renewed recovery codes, shown once",
    ("admin:order_link", TICKET): "the link that a merchant gives to a buyer",
}
# An invitation is kept sealed while a mail with it waits.
HANDED_OVER |= {
    (route, SEALED): HANDED_OVER[route, TOKEN]
    for route in (
        *("admin:downloads_invitation_add", "invitation", "admin:invitation_accept"),
        *("admin:login", "admin:second_factor"),
    )
}
# These hand it over to those alone who asked with these words.
HANDED_OVER_WHEN_ASKED = {("face-b", TOKEN): b"createCustomerLogin"}


@dataclass(frozen=True)
class Answer:
    """What a client got: where from, in answer to which body, and its whole text."""

    route: str
    asked: bytes
    text: str

    def hands_over(self, kind: str) -> bool:
        words = HANDED_OVER_WHEN_ASKED.get((self.route, kind))
        is_asked = words is not None and words in self.asked
        return is_asked or (self.route, kind) in HANDED_OVER


class Watch(logging.Handler):
    """Knows the secrets of the test that runs, its lines and its answers."""

    def __init__(self) -> None:
        super().__init__()
        written = next(
            handler
            for handler in logging.getLogger().handlers
            if isinstance(handler.formatter, RedactingFormatter)
        )
        # Not as its formatter: the tests of the handlers look for theirs.
        self.as_written = written.formatter
        self.filters = list(written.filters)
        self.forget()

    def forget(self) -> None:
        """Begin anew, for the next test."""
        self.secrets: dict[str, str] = {}
        self.lines: list[tuple[str, str]] = []
        self.answers: list[Answer] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.name, self.as_written.format(record)))

    def learn(self, secret: str, kind: str) -> None:
        """Look for this one too, in each form a text may take on its way out."""
        if len(secret) >= (MIN_PASSWORD_LENGTH if kind == PASSWORD else MIN_LENGTH):
            in_address = quote(secret, safe="", errors="replace")
            forms = (secret, html.escape(secret), in_address, json.dumps(secret)[1:-1])
            self.secrets.update(dict.fromkeys(forms, kind))

    def learn_token(self, token: str) -> None:
        # A copy, because tests that race learn from several threads.
        if any(known in token for known in list(self.secrets)):
            return  # a ticket, say: what is secret in it is looked for already, by its own name
        kinds = (kind for prefix, kind in PREFIXES.items() if token.startswith(prefix))
        self.learn(token, next(kinds, TOKEN))

    def hear(self, response: Any) -> None:
        """Keep an answer: its headers, and its body unless it is a stream."""
        match = response.wsgi_request.resolver_match
        body = b"" if response.streaming else response.content
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.answers.append(
            Answer(
                route=match.view_name if match else "no route",
                asked=getattr(response.wsgi_request, "_body", b""),
                text=f"{headers}\n\n{body.decode(errors='replace')}",
            )
        )

    def leaks(self) -> list[str]:
        """Say which kinds of secret stand where they should not, without the secret."""
        found = {
            f"a {kind} in a line of {name}: {line.replace(secret, '…')}"
            for secret, kind in self.secrets.items()
            for name, line in self.lines
            if secret in line
        }
        found |= {
            f"a {kind} in an answer of {answer.route}"
            for secret, kind in self.secrets.items()
            for answer in self.answers
            if secret in answer.text and not answer.hands_over(kind)
        }
        return sorted(found)


class HashingOverheard:
    """`hashlib` as a room sees it that hashes secrets."""

    def __init__(self, learn: Callable[[str], None]) -> None:
        self.learn = learn

    def sha256(self, secret: bytes) -> Any:
        self.learn(secret.decode(errors="surrogatepass"))
        return hashlib.sha256(secret)


@pytest.fixture(scope="session", autouse=True)
def watch() -> Iterator[Watch]:
    """Overhear the places that every secret passes, for the whole session."""
    watch = Watch()
    with pytest.MonkeyPatch.context() as patch:
        session = HashingOverheard(lambda key: watch.learn(key, SESSION))
        patch.setattr("downloads.tokens.hashlib", HashingOverheard(watch.learn_token))
        patch.setattr("storefront.staff.session_store.hashlib", session)
        _overhear_seals(patch, watch)
        _overhear_signatures(patch, watch)
        _overhear_passwords(patch, watch)
        _overhear_answers(patch, watch)
        logging.getLogger().addHandler(watch)
        yield watch
        logging.getLogger().removeHandler(watch)


@pytest.fixture(autouse=True)
def _nothing_leaks(watch: Watch) -> Iterator[None]:
    watch.forget()
    yield
    leaks = watch.leaks()
    watch.forget()
    if leaks:
        pytest.fail("\n".join(leaks), pytrace=False)


def _overhear_seals(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    class Overheard(MultiFernet):
        def encrypt(self, msg: bytes) -> bytes:
            watch.learn(msg.decode(), SEALED)
            return super().encrypt(msg)

    patch.setattr("downloads.encryption.MultiFernet", Overheard)


def _overhear_signatures(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    sign = Signer.sign

    def overheard(self: Signer, value: str) -> str:
        signed = sign(self, value)
        if self.salt in SIGNED:
            watch.learn(signed.rpartition(self.sep)[2], SIGNED[self.salt])
        return signed

    patch.setattr(Signer, "sign", overheard)


def _overhear_passwords(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    def overhear(call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def overheard(self: Any, password: str, *given: Any, **named: Any) -> Any:
            watch.learn(str(password), PASSWORD)
            return call(self, password, *given, **named)

        return overheard

    for hasher in HASHERS:
        for verb in ("encode", "verify"):
            patch.setattr(hasher, verb, overhear(getattr(hasher, verb)))


def _overhear_answers(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    request = Client.request

    def overheard(self: Client, **asked: Any) -> Any:
        response = request(self, **asked)
        watch.hear(response)
        return response

    patch.setattr(Client, "request", overheard)
