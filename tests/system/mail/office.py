"""The mail server of a test, as the test sees it; and a certificate nobody has signed."""

import contextlib
import datetime
import ipaddress
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.system.storms.storm import ROOT


class MailServer:
    """`tests.system.mail.server` in a process of its own. Stopped, nobody listens on its port."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.port = 0
        self._process: subprocess.Popen | None = None
        self._turn = threading.Lock()

    def start(self) -> None:
        """Start listening, on the same port as before."""
        command = [sys.executable, "-m", "tests.system.mail.server", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, *self.options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """Hang up and listen no more; what it took is forgotten."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def does(self, **points: str) -> None:
        """Have it misbehave from now on at these points, and nowhere else."""
        self._ask({"does": points})

    def takes(self, mails: int, *, at: str = "MAIL") -> None:
        """Have it take so many mails a connection, and say so at a point of the next one."""
        self._ask({"limit": mails, "at": at})

    def thinks(self, seconds: float) -> None:
        """Have it think so long before it takes a mail, and again before it says so."""
        self._ask({"seconds": seconds})

    def hang_up(self) -> None:
        """Have it break every line there is."""
        self._ask({"hang_up": True})

    def forget(self) -> None:
        """Have it behave, and count anew."""
        self._ask({})

    @property
    def accepted(self) -> list[tuple[str, str]]:
        """Message-ID and recipient of each mail it took, in turn."""
        return [(name, recipient) for name, recipient in self._ask({"ask": "accepted"})]

    @property
    def recipients(self) -> list[str]:
        """Who was written to, in turn."""
        return [recipient for _name, recipient in self.accepted]

    @property
    def contents(self) -> list[str]:
        """What the mails said, headers included."""
        return self._ask({"ask": "contents"})

    @property
    def connections(self) -> int:
        """How often somebody connected."""
        return self._ask({"ask": "connections"})

    @property
    def most_at_once(self) -> int:
        """How many mails it had at once that it was still thinking about, at most."""
        return self._ask({"ask": "most_at_once"})

    def _ask(self, question: dict[str, Any]) -> Any:
        with self._turn:
            assert self._process is not None
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def serving_mail(*options: str) -> Iterator[MailServer]:
    """Yield a mail server that runs, and is gone afterwards."""
    server = MailServer(*options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def write_certificate(folder: Path, *, host: str = "127.0.0.1") -> Path:
    """Write a key and a certificate that it signed itself into one file; return where."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "certificate.pem"
    path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return path
