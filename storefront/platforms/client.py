"""HTTP client of platform APIs: public hosts only, bounded answers, retries, rate limits."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings

from downloads.json_names import in_short, parse_marking
from storefront.platforms.faults import Missing, NotTaken, PlatformFault, Refused
from storefront.platforms.retry_after import seconds_to_wait
from storefront.platforms.ssrf import NotPublic, PublicAdapter

__all__ = [
    "Answer",
    "Connection",
    "Missing",
    "NotTaken",
    "PlatformFault",
    "Question",
    "Refused",
]

logger = logging.getLogger(__name__)
CHUNK = 64 * 1024
# Of a refusal so much is read, to tell one from another.
FIRST_WORDS = 4096
LONGEST_PAUSE_SECONDS = 60
# How long one question may be put off because we asked too often.
PATIENCE_SECONDS = 15 * 60
# How many times its pause an answer that drips in may take as a whole.
DRIPS = 10
LINE_FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class _Broken(Exception):
    """An answer that did not come whole, or was a fault of the platform's own: ask again."""


@dataclass(frozen=True)
class Answer:
    """A platform's response: its JSON, and its headers."""

    document: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """What is asked: with words in the address, or with a body as JSON or as a form's."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None


@dataclass
class Connection:
    """One platform's API, for one run. Use it in a `with` block.

    `credentials` are a user name and a password, or `headers` say who we are. `pause_after` tells
    from an answer's headers how many seconds to leave before the next question. `renew` returns
    other headers once the platform knows us no more (401). One that `is_hurried` asks as while
    somebody waits for a page.
    """

    address: str
    credentials: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_after: Callable[[Mapping[str, str]], float] = lambda headers: 0
    renew: Callable[[], Mapping[str, str]] | None = None
    is_hurried: bool = False

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
        self._patience_seconds: float = PATIENCE_SECONDS
        self._attempts: int = settings.PLATFORM_MAX_ATTEMPTS
        self._timeout = (settings.PLATFORM_CONNECT_SECONDS, settings.PLATFORM_READ_SECONDS)
        if self.is_hurried:
            seconds = settings.PLATFORM_TEST_SECONDS
            self._patience_seconds, self._attempts = seconds, min(2, self._attempts)
            self._timeout = (min(seconds, self._timeout[0]), min(seconds, self._timeout[1]))

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
        words = {name: str(value) for name, value in query.items()}
        return self.request(Question("GET", path, query=words))

    def request(self, question: Question) -> Answer:
        """Return what the platform answers to any question, as `get` does.

        What was asked may have been done though the line broke: it is asked again.
        """
        waited = 0.0
        pause = float(settings.PLATFORM_RETRY_SECONDS)
        attempt = 1
        renew = self.renew
        while True:
            try:
                answer = self._request(question)
            except _Broken as error:
                if attempt >= self._attempts:
                    raise PlatformFault(f"{self.host} {error}. Run it again later.") from None
                attempt += 1
                time.sleep(min(pause, LONGEST_PAUSE_SECONDS))
                pause *= 2
                continue
            except Refused as error:
                if renew is None or error.status != requests.codes.unauthorized:
                    raise
                self.session.headers.update(renew())
                renew = None
                continue
            if isinstance(answer, Answer):
                return answer
            waited += answer
            self.wait(answer, waited=waited)

    def wait(self, seconds: float, *, waited: float) -> None:
        """Leave the platform alone for so long, `waited` with it.

        Raises:
            PlatformFault: it has asked for too long a pause by now.
        """
        if waited > self._patience_seconds:
            raise PlatformFault(f"{self.host} asks us to wait too long. Run it again later.")
        time.sleep(seconds)

    def _request(self, question: Question) -> Answer | float:
        """Return the answer, or how many seconds to wait before asking again."""
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        try:
            with self.session.request(
                question.method,
                self.address + question.path,
                params=question.query,
                json=question.json,
                data=question.form,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                self._next_at = time.monotonic() + self.pause_after(response.headers)
                if response.status_code == requests.codes.too_many_requests:
                    return max(seconds_to_wait(response.headers), 0.1)
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
        if status in (requests.codes.ok, requests.codes.created):
            return
        if response.is_redirect:
            place = urlsplit(response.headers["Location"])
            leads_to = f"{place.scheme}://{place.netloc}" if place.netloc else place.path
            raise PlatformFault(
                f"{self.host} sends us on to {leads_to[:200]}: enter the address it leads to."
            )
        if status in (requests.codes.unauthorized, requests.codes.forbidden):
            raise self._refusal(Refused, "does not let us in", response)
        if status in (requests.codes.not_found, requests.codes.gone):
            raise Missing(f"{self.host} has nothing at that place ({status})")
        if status in (requests.codes.bad, requests.codes.unprocessable):
            raise self._refusal(NotTaken, "does not understand us", response)
        if status >= requests.codes.server_error:
            raise _Broken(f"fails ({status})")
        raise PlatformFault(f"{self.host} answers {status}.")

    def _refusal(
        self, kind: type[PlatformFault], words: str, response: requests.Response
    ) -> PlatformFault:
        error = kind(f"{self.host} {words} ({response.status_code})")
        error.status = response.status_code
        error.answer = response.raw.read(FIRST_WORDS, decode_content=True).decode(errors="replace")
        return error

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
