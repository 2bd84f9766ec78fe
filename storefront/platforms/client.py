"""HTTP client of platform APIs: public hosts only, bounded answers, retries, rate limits."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from django.utils import timezone

from downloads.json_names import in_short, parse_marking
from storefront.platforms.ssrf import NotPublic, PublicAdapter

logger = logging.getLogger(__name__)
CHUNK = 64 * 1024
LONGEST_PAUSE_SECONDS = 60
# How long one question may be put off because we asked too often.
PATIENCE_SECONDS = 15 * 60
# How many times its pause an answer that drips in may take as a whole.
DRIPS = 10
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
LINE_FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class PlatformFault(Exception):
    """A platform cannot be asked. The message says what a merchant can do."""


class Refused(PlatformFault):
    """The platform does not let us in, or not there."""


class Missing(PlatformFault):
    """The platform has no such thing."""


class NotTaken(PlatformFault):
    """The platform does not take the question as it stands, as with a cursor past its time."""


class _Broken(Exception):
    """An answer that did not come whole, or was a fault of the platform's own: ask again."""


@dataclass(frozen=True)
class Answer:
    """A platform's response: its JSON, and its headers."""

    document: Any
    headers: Mapping[str, str]


@dataclass
class Connection:
    """One platform's API, for one run. Use it in a `with` block.

    `credentials` are a user name and a password, or `headers` say who we are. `pause_after` tells
    from an answer's headers how many seconds to leave before the next question.
    """

    address: str
    credentials: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_after: Callable[[Mapping[str, str]], float] = lambda headers: 0

    def __post_init__(self) -> None:
        self.session = requests.Session()
        # No proxy and no password file of the machine: what is checked here is what is asked.
        self.session.trust_env = False
        self.session.auth = self.credentials
        self.session.headers.update({"Accept": "application/json", "User-Agent": "downloads"})
        self.session.headers.update(self.headers)
        if not settings.ALLOW_PRIVATE_PLATFORMS:
            self.session.adapters.clear()
            self.session.mount("https://", PublicAdapter())
        self._next_at = 0.0

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *raised: object) -> None:
        self.session.close()

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    def get(self, path: str, **query: object) -> Answer:
        """Return what the platform answers, asking again where that may help.

        Raises:
            PlatformFault: it cannot be reached, lets us in no more, or answers no JSON.
        """
        waited = 0.0
        pause = float(settings.PLATFORM_RETRY_SECONDS)
        attempt = 1
        while True:
            try:
                answer = self._request(path, query)
            except _Broken as error:
                if attempt >= settings.PLATFORM_MAX_ATTEMPTS:
                    raise PlatformFault(f"{self.host} {error}. Run it again later.") from None
                attempt += 1
                time.sleep(min(pause, LONGEST_PAUSE_SECONDS))
                pause *= 2
                continue
            if isinstance(answer, Answer):
                return answer
            waited += answer
            if waited > PATIENCE_SECONDS:
                raise PlatformFault(f"{self.host} asks us to wait too long. Run it again later.")
            time.sleep(answer)

    def _request(self, path: str, query: Mapping[str, object]) -> Answer | float:
        """Return the answer, or how many seconds to wait before asking again."""
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        timeout = (settings.PLATFORM_CONNECT_SECONDS, settings.PLATFORM_READ_SECONDS)
        try:
            with self.session.get(
                self.address + path,
                params={name: str(value) for name, value in query.items()},
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                self._next_at = time.monotonic() + self.pause_after(response.headers)
                if response.status_code == requests.codes.too_many_requests:
                    return max(_seconds_to_wait(response.headers), 0.1)
                self._require_success(response)
                return Answer(self._read(response), response.headers)
        except NotPublic as error:
            raise PlatformFault(f"{error}. Enter the shop's public address.") from None
        except requests.exceptions.InvalidSchema:
            raise PlatformFault("A token goes by https:// alone. Enter the address anew.") from None
        except requests.exceptions.SSLError:
            raise PlatformFault(f"{self.host} has no valid certificate.") from None
        except requests.Timeout:
            raise _Broken("did not answer in time") from None
        except LINE_FAULTS as error:
            raise _Broken(f"cannot be reached ({type(error).__name__})") from None

    def _require_success(self, response: requests.Response) -> None:
        status = response.status_code
        if status == requests.codes.ok:
            return
        if response.is_redirect:
            place = urlsplit(response.headers["Location"])
            leads_to = f"{place.scheme}://{place.netloc}" if place.netloc else place.path
            raise PlatformFault(
                f"{self.host} sends us on to {leads_to[:200]}: enter the address it leads to."
            )
        if status in (requests.codes.unauthorized, requests.codes.forbidden):
            raise Refused(f"{self.host} does not let us in ({status})")
        if status in (requests.codes.not_found, requests.codes.gone):
            raise Missing(f"{self.host} has nothing at that place ({status})")
        if status in (requests.codes.bad, requests.codes.unprocessable):
            raise NotTaken(f"{self.host} does not understand us ({status})")
        if status >= requests.codes.server_error:
            raise _Broken(f"fails ({status})")
        raise PlatformFault(f"{self.host} answers {status}.")

    def _read(self, response: requests.Response) -> Any:
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise PlatformFault(f"{self.host} answers with a page: is this the shop's address?")
        body = b"".join(self._chunks(response))
        try:
            document, repeated = parse_marking(body.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            # Where no length was told, this is how a line that broke looks.
            raise _Broken("does not answer with whole JSON") from None
        if repeated:
            # What decides is refused where it is read; the rest is no matter of ours.
            logger.warning("%s repeats names: %s", self.host, in_short(repeated))
        return document

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        size = 0
        deadline = time.monotonic() + DRIPS * settings.PLATFORM_READ_SECONDS
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            size += len(chunk)
            if size > settings.PLATFORM_MAX_BYTES:
                raise PlatformFault(
                    f"{self.host} answers with more than PLATFORM_MAX_BYTES "
                    f"({settings.PLATFORM_MAX_BYTES})."
                )
            if time.monotonic() > deadline:
                raise _Broken("answers too slowly")
            yield chunk


def _seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Read `Retry-After`: seconds, with a fraction at some, or a date."""
    text = headers.get("Retry-After", "")
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return (parsedate_to_datetime(text) - timezone.now()).total_seconds()
    except (ValueError, TypeError):
        return 1.0
