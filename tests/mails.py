"""A mail taken apart, as two generations of mail programs read its bytes."""

import email
from dataclasses import dataclass
from email import policy
from html.parser import HTMLParser

from django.core.mail import EmailMessage

from downloads.models import Mail
from tests.factories import NOW

HEADERS = [
    "Content-Type",
    "MIME-Version",
    "Subject",
    "From",
    "To",
    "Reply-To",
    "Message-ID",
    "Date",
    "Content-Language",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
]
PART_HEADERS = ["Content-Type", "MIME-Version", "Content-Transfer-Encoding"]
# What a mail program, or the server it is read through, would fetch or send.
REACHING_OUT = {"src", "srcset", "background", "poster", "data", "action", "cite", "ping"}


@dataclass(frozen=True)
class Read:
    """What a mail program shows: headers decoded, both parts decoded."""

    headers: dict[str, str]
    addresses: dict[str, list[tuple[str, str]]]
    text: str
    html: str


def wire(message: EmailMessage) -> bytes:
    """Return a mail as it goes to a server."""
    return message.message().as_bytes(linesep="\r\n")


def read(message: EmailMessage) -> Read:
    """Read a mail back from its bytes, with what the standard library calls its default policy."""
    mail = email.message_from_bytes(wire(message), policy=policy.default)
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    addresses = {
        name: [(one.display_name, one.addr_spec) for one in mail[name].addresses]
        for name in ("From", "To", "Reply-To")
        if name in mail
    }
    headers = {name: str(value) for name, value in mail.items()}
    return Read(headers, addresses, text, html)


def faults(message: EmailMessage) -> list[str]:
    """Say what a strict server, or a careful reader, would find wrong with a mail's bytes."""
    raw = wire(message)
    found = [] if raw.isascii() else ["an octet above 127"]
    found += [f"a line of {len(line)} octets" for line in raw.split(b"\r\n") if len(line) > 998]
    if b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b""):
        found.append("a line end that is none")
    for name, rules in (("default", policy.default), ("compat32", policy.compat32)):
        mail = email.message_from_bytes(raw, policy=rules)
        found += [f"{name}: {defect!r}" for part in mail.walk() for defect in part.defects]
        found += [f"{name}: {fault}" for fault in _shape_faults(mail)]
    parsed = email.message_from_bytes(raw, policy=policy.default)
    for part in parsed.walk():
        for header, value in part.items():
            found += [f"{header}: {defect!r}" for defect in value.defects]
    return found


def _shape_faults(mail) -> list[str]:
    """Compare headers and parts with the only ones there are to be."""
    types = [part.get_content_type() for part in mail.walk()]
    optional = [] if "Reply-To" in mail else ["Reply-To"]
    expected = [name for name in HEADERS if name not in optional]
    found = [] if mail.keys() == expected else [f"the headers {mail.keys()}"]
    if types != ["multipart/alternative", "text/plain", "text/html"]:
        found.append(f"the parts {types}")
    for part in mail.get_payload():
        if part.keys() != PART_HEADERS:
            found.append(f"a part's headers {part.keys()}")
        if part["Content-Transfer-Encoding"] != "quoted-printable":
            found.append(f"the encoding {part['Content-Transfer-Encoding']}")
    return found


class Html(HTMLParser):
    """HTML taken apart: where its links lead, what it would fetch, its words as shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.hrefs: list[str] = []
        self.reaching_out: list[str] = []
        self.root: dict[str, str | None] = {}
        self._texts: list[str] = []
        self.feed(html)
        self.close()

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._texts).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "html":
            self.root = given
        self.hrefs += [given["href"]] if "href" in given else []
        style = given.get("style") or ""
        if REACHING_OUT & given.keys() or "url(" in style or "@import" in style:
            self.reaching_out.append(self.get_starttag_text() or tag)
        self.reaching_out += [name for name in given if name.startswith("on")]

    def handle_data(self, text):
        self._texts.append(text)


def outbox(shop, kind=Mail.Kind.ORDER, *, order=None, email="ada@example.com", **values):
    """Return a mail as it waits in the outbox, its shop loaded."""
    return Mail.objects.create(
        shop=shop, kind=kind, order=order, email=email, created_at=NOW, due_at=NOW, **values
    )
