"""A mail server that counts what it takes, and misbehaves when told; a certificate of its own."""

import asyncio
import contextlib
import datetime
import ipaddress
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

STALL, DROP = "stall", "drop"
FOREVER = 3600
# It logs each line of each conversation.
logging.getLogger("mail.log").setLevel(logging.WARNING)
CLOSING = "421 4.7.0 Enough mails on this line"


class MailServer:
    """An SMTP server in a thread. Stopped, nobody listens on its port.

    A point is `connect`, `EHLO`, `MAIL`, `RCPT`, `DATA` (before 354), `content` (in the midst of
    it), `end` (after the final dot: the mail is not taken) or `answer` (taken; its answer is lost).
    What it does there is a reply, `stall` (say nothing more) or `drop` (break the line).
    """

    def __init__(self, *, certificate: Path | None = None, login: str = "") -> None:
        self.options: dict[str, Any] = {}
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            self.options |= {"tls_context": context, "require_starttls": True}
        if login:

            def authenticate(
                server: SMTP, session: Session, envelope: Envelope, way: str, who: Any
            ):
                pair = f"{who.login.decode()}:{who.password.decode()}"
                return AuthResult(success=pair == login, handled=False)

            self.options |= {"auth_required": True, "authenticator": authenticate}
        self.port = 0
        self.connections: set[Connection] = set()
        self.loop = asyncio.new_event_loop()
        # Broken connections are its trade.
        self.loop.set_exception_handler(lambda loop, context: None)
        self._listening: asyncio.Server | None = None
        self.forget()

    def start(self) -> None:
        """Start listening, on the same port as before."""

        async def listen() -> asyncio.Server:
            return await self.loop.create_server(
                lambda: Connection(self, loop=self.loop, **self.options), "127.0.0.1", self.port
            )

        self._listening = asyncio.run_coroutine_threadsafe(listen(), self.loop).result()
        self.port = self._listening.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Hang up and listen no more."""

        def close() -> None:
            if self._listening is not None:
                self._listening.close()
            for task in asyncio.all_tasks(self.loop):
                task.cancel()

        self._run(close)
        self.hang_up()

    def forget(self) -> None:
        """Have it behave, and count anew."""
        # Message-ID and recipient of each mail it took, in turn.
        self.accepted: list[tuple[str, str]] = []
        # How often somebody connected; how many mails it thinks about, and thought about at most.
        self.connected = self.open = self.most_at_once = 0
        self.points: dict[str, str] = {}
        self.limit, self.limited_at = FOREVER, "MAIL"
        self.seconds = 0.0
        # While it is so, it thinks about each mail.
        self.holds = False

    def does(self, **points: str) -> None:
        """Have it misbehave from now on at these points, and nowhere else."""
        self.points = points

    def takes(self, mails: int, *, at: str = "MAIL") -> None:
        """Have it take so many mails a connection, and say so at a point of the next one."""
        self.limit, self.limited_at = mails, at

    def thinks(self, seconds: float) -> None:
        """Have it think so long before it takes a mail, and again before it says so."""
        self.seconds = seconds

    def hang_up(self) -> None:
        """Have it break every connection there is."""
        self._run(lambda: [each.transport.abort() for each in list(self.connections)])

    @property
    def recipients(self) -> list[str]:
        """Who was written to, in turn."""
        return [recipient for _name, recipient in self.accepted]

    def _run(self, act: Callable[[], Any]) -> None:
        is_done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (act(), is_done.set()))
        is_done.wait(10)


class Connection(SMTP):
    def __init__(self, server: MailServer, **options: Any) -> None:
        super().__init__(self, hostname="mail.example", enable_SMTPUTF8=False, **options)
        self.server = server
        self.taken = 0

    async def _handle_client(self) -> None:
        self.server.connected += 1
        self.server.connections.add(self)
        reply = await self.misbehave("connect")
        if reply is None:
            await super()._handle_client()
            return
        await self.push(reply)
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.server.connections.discard(self)
        super().connection_lost(error)

    async def misbehave(self, point: str) -> str | None:
        """Return the reply to give at a point instead of the usual one, if there is one."""
        if self.taken >= self.server.limit and point == self.server.limited_at:
            await self.push(CLOSING)
            self.transport.close()
            await asyncio.sleep(FOREVER)
        what = self.server.points.get(point)
        if what == DROP:
            self.transport.abort()
        if what in (STALL, DROP):
            await asyncio.sleep(FOREVER)
        return what

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's names)
        reply = await self.misbehave("DATA")
        if reply is not None:
            await self.push(reply)
        elif "content" in self.server.points:
            await self.push("354 Go on")
            await self._reader.readline()
            await self.misbehave("content")
        else:
            await super().smtp_DATA(arg)

    async def handle_EHLO(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        reply = await self.misbehave("EHLO")
        return [reply] if reply else responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self.misbehave("MAIL") or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self.misbehave("RCPT")
        if reply is None or reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        reply = await self.misbehave("end")
        if reply is not None:
            return reply
        ours = self.server
        ours.open += 1
        ours.most_at_once = max(ours.most_at_once, ours.open)
        try:
            while ours.holds:
                await asyncio.sleep(0.02)
            await asyncio.sleep(ours.seconds)
            name = message_from_bytes(envelope.original_content or b"")["Message-ID"]
            ours.accepted += [(name, recipient) for recipient in envelope.rcpt_tos]
            self.taken += 1
            await asyncio.sleep(ours.seconds)
            return await self.misbehave("answer") or "250 2.0.0 Taken"
        finally:
            ours.open -= 1


@contextlib.contextmanager
def serving_mail(**options: Any) -> Iterator[MailServer]:
    """Yield a mail server that runs, and is gone afterwards."""
    server = MailServer(**options)
    thread = threading.Thread(target=server.loop.run_forever, daemon=True)
    thread.start()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.loop.call_soon_threadsafe(server.loop.stop)
        thread.join()
        server.loop.close()


def write_certificate(folder: Path) -> Path:
    """Write a key and a certificate that it signed itself into one file; return where."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    return path
