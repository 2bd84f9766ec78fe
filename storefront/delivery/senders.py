"""File senders: stream from Django, or hand over to nginx with X-Accel-Redirect.

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
    """A sender of a file's bytes."""

    def upfront_bytes(self, part: Part) -> int | None:
        """Return how many bytes a request counts at once; None: they are counted as sent."""

    def answer(self, opened: Opened, part: Part) -> HttpResponseBase:
        """Return the response with a part's bytes. The opened file is closed by this sender."""


class ByApplication:
    """Stream from Django: what was sent is known, and one cut off at the start is given back."""

    def upfront_bytes(self, part: Part) -> int | None:
        return None

    def answer(self, opened: Opened, part: Part) -> HttpResponseBase:
        stream = CountedStream(opened, part.span)
        return StreamingHttpResponse(stream, status=part.status, headers=part.headers)


class ByNginx:
    """Hand over to nginx (X-Accel-Redirect): what is requested counts as sent.

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
    """Return the sender that the settings name, or the only one that can answer this request."""
    if settings.FILES_LEAVE_BY == "nginx" and not request.headers.keys() & JUDGED_BY_US:
        return ByNginx()
    return ByApplication()
