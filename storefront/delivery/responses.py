"""Conditional and range requests: the part of a file to answer with, and its headers (RFC 9110)."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from downloads.models import Asset
from storefront.delivery.ranges import Span, Unsatisfiable, read_range
from storefront.http.file_names import disposition

# Types no browser runs anything from. Everything else leaves as plain bytes.
PASSIVE_TYPES = ("audio/", "video/", "image/avif", "image/gif", "image/jpeg", "image/png",
                 "image/webp", "application/epub+zip", "application/vnd.amazon.mobi8-ebook",
                 "application/x-mobipocket-ebook", "application/zip", "text/plain")  # fmt: skip

NOTHING = Span(0, 0)


@dataclass(frozen=True)
class Part:
    """A response's status, the bytes it holds (an empty span: none) and its headers.

    `is_blind` says that a range was asked for, and not of which version of the file.
    """

    status: int
    span: Span
    headers: dict[str, str]
    is_blind: bool = False

    def without_bytes(self) -> HttpResponse:
        """Return the response without a body: to HEAD, and where there are no bytes."""
        response = HttpResponse(status=self.status, headers=self.headers)
        if self.status == 304:
            # Of a page, says Django; a cache would write that over what it knows of the file.
            del response["Content-Type"]
        return response


def part_of(request: HttpRequest, asset: Asset, *, is_whole: bool = False) -> Part:
    """Evaluate conditions and range: all of a file (200), one range (206), or no bytes.

    `is_whole` leaves a range aside.

    No bytes: it has this version already (304), it wants another (412), or none lies in the range
    (416). We offer no dates, so what a request says of one is left aside.
    """
    headers = file_headers(asset)
    size_bytes = asset.size_bytes or 0
    if _wants_another(request, asset):
        return Part(412, NOTHING, headers)
    if _has_it(request, asset):
        kept = {name: headers[name] for name in ("ETag", "Accept-Ranges")}
        return Part(304, NOTHING, kept | {"Content-Length": str(size_bytes)})
    is_blind = not names_version(request, asset)
    try:
        span = None if is_whole else _range(request, asset)
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{size_bytes}"
        return Part(416, NOTHING, headers, is_blind)
    if span is None:
        headers["Content-Length"] = str(size_bytes)
        return Part(200, Span(0, size_bytes), headers)
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size_bytes}"
    headers["Content-Length"] = str(span.length)
    return Part(206, span, headers, is_blind)


def file_headers(asset: Asset) -> dict[str, str]:
    """Return the security headers that keep a stranger's file from acting in our name."""
    is_passive = asset.content_type.startswith(PASSIVE_TYPES)
    return {
        "Content-Type": asset.content_type if is_passive else "application/octet-stream",
        "Content-Disposition": disposition(asset.file_name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": etag(asset),
    }


def etag(asset: Asset) -> str:
    """Return a file's strong ETag: its SHA-256."""
    return f'"{asset.sha256}"'


def names_version(request: HttpRequest, asset: Asset) -> bool:
    """Say whether a request names this version of the file by its ETag."""
    etags = parse_etags(request.headers.get("If-Match", ""))
    return etag(asset) in (*etags, request.headers.get("If-Range", "").strip())


def _wants_another(request: HttpRequest, asset: Asset) -> bool:
    etags = parse_etags(request.headers.get("If-Match", "*"))
    return "*" not in etags and etag(asset) not in etags


def _has_it(request: HttpRequest, asset: Asset) -> bool:
    etags = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in etags or etag(asset) in (tag.removeprefix("W/") for tag in etags)


def _range(request: HttpRequest, asset: Asset) -> Span | None:
    # A resume of another version of the file gets the whole of this one. Dates are not offered,
    # so an If-Range that holds one never matches.
    if request.headers.get("If-Range", etag(asset)).strip() != etag(asset):
        return None
    return read_range(request.headers.get("Range"), asset.size_bytes or 0)
