"""Connections to public addresses alone, for whatever a merchant lets us fetch."""

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from downloads.links import is_public_host


class NotPublic(Exception):
    """A host's name leads to an address that is not one of the public web."""


def public_addresses(host: str, port: int) -> list[str]:
    """Return where a host's name leads.

    Raises:
        NotPublic: one of the addresses is local or private, whatever the others are.
        OSError: nobody knows the name.
    """
    try:
        rows = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("no such name") from None
    addresses = list(dict.fromkeys(str(row[4][0]) for row in rows))
    if not all(map(is_public_host, addresses)):
        raise NotPublic(f"{host} leads to a local or private address")
    return addresses


class PublicConnection(HTTPSConnection):
    """It resolves the name itself and connects to what it has checked.

    A check beforehand would be worth nothing: the name may lead elsewhere a moment later.
    """

    def _new_conn(self) -> socket.socket:
        fault: Exception | None = None
        for address in public_addresses(self.host, self.port):
            try:
                return create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except TimeoutError as error:
                fault = ConnectTimeoutError(self, str(error))
            except OSError as error:
                fault = NewConnectionError(self, str(error))
        raise fault or NewConnectionError(self, "the name leads nowhere")


class PublicPool(HTTPSConnectionPool):
    ConnectionCls = PublicConnection


class PublicAdapter(HTTPAdapter):
    """Requests over `PublicConnection`, by https alone."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": PublicPool}
