"""A real mail server in a process of its own: it counts what it takes, and misbehaves when told.

`python -m tests.system.mail.server` prints the port it listens on. Then it reads questions
from its input, one JSON object a line, and answers each with a line:

    {"does": {"RCPT": "550 5.1.1 No such user"}}   from now on, at these points
    {"limit": 3, "at": "MAIL"}                     so many mails a connection, then 421 there
    {"seconds": 0.02}                              think so long before a mail is taken, and after
    {"ask": "accepted"}                            what it took: [[Message-ID, recipient], …]
    {"hang_up": true}                              break every line there is

A point is `connect`, `EHLO`, `MAIL`, `RCPT`, `DATA` (before 354), `content` (in the midst of it),
`end` (after the final dot: the mail is not taken) or `answer` (taken; its answer is lost). What is
done there is a reply, `stall` (say nothing more) or `drop` (break the line).
"""

import argparse
import asyncio
import json
import ssl
import sys
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

STALL, DROP = "stall", "drop"
FOREVER = 3600
TAKEN = "250 2.0.0 Taken"
CLOSING = "421 4.7.0 Enough mails on this line"


class Office:
    """What the server took, and how it behaves just now."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, str]] = []
        self.contents: list[str] = []
        self.lines: set[Server] = set()
        self.forget()

    def forget(self) -> None:
        """Take everything, and count anew."""
        self.accepted.clear()
        self.contents.clear()
        self.connections = 0
        self.handed = self.most_at_once = 0
        self.does: dict[str, str] = {}
        self.limit: int | None = None
        self.limited_at = "MAIL"
        self.seconds = 0.0

    def answer(self, question: dict[str, Any]) -> Any:
        """Do as told; return what was asked."""
        match question:
            case {"ask": str(name)}:
                return getattr(self, name)
            case {"does": dict(does)}:
                self.does = does
            case {"limit": int(limit), "at": str(point)}:
                self.limit, self.limited_at = limit, point
            case {"seconds": float(seconds)}:
                self.seconds = seconds
            case {"hang_up": _}:
                for line in list(self.lines):
                    line.transport.abort()
            case _:
                self.forget()
        return None


class Server(SMTP):
    """One connection."""

    def __init__(self, office: Office, **options: Any) -> None:
        super().__init__(self, hostname="mail.example", enable_SMTPUTF8=False, **options)
        self.office = office
        self.taken = 0

    async def _handle_client(self) -> None:
        self.office.connections += 1
        self.office.lines.add(self)
        reply = await self.misbehave("connect")
        if reply is None:
            await super()._handle_client()
            return
        await self.push(reply)
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.office.lines.discard(self)
        super().connection_lost(error)

    async def misbehave(self, point: str) -> str | None:
        """Return the reply to give at a point instead of the usual one, if there is one."""
        limit = self.office.limit
        if limit is not None and self.taken >= limit and point == self.office.limited_at:
            await self.push(CLOSING)
            self.transport.close()
            await asyncio.sleep(FOREVER)
        what = self.office.does.get(point)
        if what == STALL:
            await asyncio.sleep(FOREVER)
        if what == DROP:
            self.transport.abort()
            await asyncio.sleep(FOREVER)
        return what

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's name)
        reply = await self.misbehave("DATA")
        if reply is not None:
            await self.push(reply)
        elif "content" in self.office.does:
            await self.push("354 Go on")
            await self._reader.readline()
            await self.misbehave("content")
        else:
            await super().smtp_DATA(arg)

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str
    ) -> str:
        session.host_name = hostname
        return await self.misbehave("EHLO") or "250 HELP"

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
        self.office.handed += 1
        self.office.most_at_once = max(self.office.most_at_once, self.office.handed)
        try:
            return await self.take(envelope)
        finally:
            self.office.handed -= 1

    async def take(self, envelope: Envelope) -> str:
        """Take a mail, as slowly as told."""
        await asyncio.sleep(self.office.seconds)
        content = envelope.original_content or b""
        name = message_from_bytes(content)["Message-ID"]
        self.office.accepted += [(name, recipient) for recipient in envelope.rcpt_tos]
        self.office.contents.append(content.decode("ascii", errors="backslashreplace"))
        self.taken += 1
        await asyncio.sleep(self.office.seconds)
        return await self.misbehave("answer") or TAKEN


async def serve(options: argparse.Namespace) -> None:
    """Serve until the input ends."""
    office = Office()
    given: dict[str, Any] = {}
    if options.certificate:
        given["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        given["tls_context"].load_cert_chain(options.certificate)
        given["require_starttls"] = True
    if options.login:

        def authenticate(server: SMTP, session: Session, envelope: Envelope, way: str, who: Any):
            pair = f"{who.login.decode()}:{who.password.decode()}"
            return AuthResult(success=pair == options.login, handled=False)

        given |= {"auth_required": True, "authenticator": authenticate}
    loop = asyncio.get_running_loop()
    # Broken lines are its trade.
    loop.set_exception_handler(lambda loop, context: None)
    listening = await loop.create_server(
        lambda: Server(office, loop=loop, **given), "127.0.0.1", options.port
    )
    print(listening.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(office.answer(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate")
    parser.add_argument("--login")
    asyncio.run(serve(parser.parse_args()))
