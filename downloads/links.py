"""Validation of link assets: URLs of public web hosts alone. They are never fetched."""

import ipaddress
import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri

from downloads.errors import LinkBroken

LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test", ".invalid")
# Other ranges of IPv6 are local, or wrap an IPv4 address (`_wrapped`).
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Not every Python we run on knows these: documentation, segment routing, and the tunnels 6to4 and
# Teredo, out of use, which would lead to an IPv4 address of the sender's choice.
NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in ("3fff::/20", "5f00::/16", "2002::/16", "2001::/32", "192.88.99.0/24")
]
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# The interface of an address made by ISATAP, above the IPv4 address it holds.
ISATAP = (0x0000_5EFE, 0x0200_5EFE)
# A numeric last label makes the whole host an IPv4 address to a browser ("127.1", "0x7f.1").
_NUMERIC_LABEL = re.compile(r"\A(0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)
_HOST = re.compile(r"\A[^\s/?#@:\[\]\\%<>\"'`{}|^]+\Z")
# Soft hyphens, joiners and variation selectors: browsers leave them out of a host.
_IGNORED = re.compile("[\u00ad\u034f\u180b-\u180f\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff]")
NO_HOST = "No website can have this name. Copy the link from your browser."
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def validate_link(link: str) -> None:
    """Refuse a link that does not lead to a public web host.

    Raises:
        ValidationError: with a message that says what to enter instead.
    """
    schemes = ("https", "http") if settings.ALLOW_HTTP_LINKS else ("https",)
    if _UNSAFE.search(link):
        raise ValidationError("Remove the spaces, line breaks and backslashes from the link.")
    try:
        parts = urlsplit(link)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValidationError("This is not a web address. Copy it from your browser.") from None
    if parts.scheme not in schemes:
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValidationError(f"The link must begin with {expected}.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("Remove the user name and password from the link.")
    if ("[" in parts.netloc and ":" not in host) or not is_public_host(host):
        raise ValidationError(
            "The link must lead to a public website, not to a local or private address."
        )
    try:
        public_url(link)
    except LinkBroken:
        raise ValidationError(NO_HOST) from None


def public_url(link: str) -> str:
    """Return a link as a plain URL: its host in IDNA's ASCII, the rest percent-encoded.

    Raises:
        LinkBroken: its host can be written in no such way.
    """
    parts = urlsplit(link)
    if not parts.netloc.isascii():
        try:
            host = _in_ascii(parts.hostname or "")
        except UnicodeError:
            raise LinkBroken from None
        port = "" if parts.port is None else f":{parts.port}"
        parts = parts._replace(netloc=f"{host}{port}")
    return iri_to_uri(parts.geturl())


def _in_ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        # Signs and underscores, which IDNA 2008 knows no more and browsers look up all the same.
        return unicodedata.normalize("NFKC", host).encode("idna").decode()


def is_public_host(host: str) -> bool:
    """Say whether a host, a name or an IP address, is one of the public web."""
    # Browsers read full-width digits and ideographic stops like plain ones.
    host = unicodedata.normalize("NFKC", _IGNORED.sub("", host))
    host = host.replace("\u3002", ".").lower().removesuffix(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _is_public_name(host)
    return _is_public_address(address)


def _is_public_address(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        wrapped = _wrapped(address)
        if wrapped is not None:
            return _is_public_address(wrapped)
        if address not in GLOBAL_UNICAST:
            return False
    if any(address in network for network in NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, or None for one of its own."""
    is_isatap = (int(address) >> 32) & 0xFFFF_FFFF in ISATAP
    if address.ipv4_mapped or address in NAT64 or is_isatap:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _is_public_name(host: str) -> bool:
    labels = host.split(".")
    if not _HOST.match(host) or len(labels) < 2 or not all(labels):
        return False
    if _NUMERIC_LABEL.match(labels[-1]):
        return False
    return not f".{host}".endswith(LOCAL_SUFFIXES)
