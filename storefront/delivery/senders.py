"""The ways out for a file's bytes: streamed by the application, or by the nginx in front of it.

The application decides in both what is sent and to whom; the setting `FILES_LEAVE_BY` names one.
"""

from typing import Protocol
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from downloads.fulfilment import Opened
from storefront.delivery.responses import Part
from storefront.delivery.streams import CountedStream
from storefront.signed_urls import proof_of

# Kept in nginx.conf.template too, where it is internal: nobody outside can ask for it.
INTERNAL = "/_files"
PROOF = "X-Files-Proof"
DISPOSITION = "X-Files-Disposition"


class WayOut(Protocol):
    def upfront_bytes(self, part: Part) -> int | None:
        """Return how many bytes a request counts at once; null: they are counted as sent."""

    def answer(self, opened: Opened, part: Part) -> HttpResponseBase:
        """Answer with a part's bytes. The file that was opened is closed by this way."""


class ByApplication:
    """Streamed by us: what was sent is known, and one cut off at the start is given back."""

    def upfront_bytes(self, part: Part) -> int | None:
        return None

    def answer(self, opened: Opened, part: Part) -> HttpResponseBase:
        stream = CountedStream(opened, part.span)
        return StreamingHttpResponse(stream, status=part.status, headers=part.headers)


class ByNginx:
    """Handed to nginx, which sends at its own speed: what is asked for counts as sent.

    nginx is told whether to look for a range, so that it never reads one otherwise than we did.
    """

    def upfront_bytes(self, part: Part) -> int | None:
        return part.span.length

    def answer(self, opened: Opened, part: Part) -> HttpResponseBase:
        opened.close()
        kind = "part" if part.status == 206 else "whole"
        key = str(opened.delivery.grant.asset.file.name)
        headers = part.headers | {
            "X-Accel-Redirect": f"{INTERNAL}/{kind}/{quote(key)}",
            PROOF: proof_of(opened.delivery.nonce),
        }
        # nginx writes these two of the file it finds.
        for name in ("Content-Length", "Content-Range"):
            headers.pop(name, None)
        # By its own name nginx would keep it for the page of a file it cannot read.
        headers[DISPOSITION] = headers.pop("Content-Disposition")
        return HttpResponse(headers=headers)


# What nginx would judge by its own knowledge of the file, and we have judged by ours.
JUDGED_BY_US = ("If-Match", "If-Unmodified-Since")


def way_out(request: HttpRequest) -> WayOut:
    """Return the way that the settings name, or the only one that can answer this request."""
    if settings.FILES_LEAVE_BY == "nginx" and not request.headers.keys() & JUDGED_BY_US:
        return ByNginx()
    return ByApplication()
