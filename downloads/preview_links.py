"""Preview links of file services: they open a page about a file instead of downloading it.

Merchants copy them from the service's "share" button. They are taken as they are: the merchant is
told what buyers will see, and which form downloads at once.
"""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate

_DRIVE_FILE = re.compile(r"/file/(?:u/\d+/)?d/([\w-]+)")
_GOOGLE_DOCUMENT = re.compile(r"/(document|spreadsheets|presentation)/(?:u/\d+/)?d/([\w-]+)")
_GOOGLE_FORMATS = {"document": "pdf", "spreadsheets": "xlsx", "presentation": "pptx"}
_GITHUB_FILE = re.compile(r"/[^/]+/[^/]+/(blob)/")
BY_HAND = _(
    "Your buyers will see a page of {service} first and download from there. Open the link in a "
    "private window to see what they see."
)
DIRECT = _("Your buyers will see a page of {service} first. This form downloads at once: {link}")
# Google asks once more before it sends what it has not looked through.
DIRECT_FROM_DRIVE = _(
    "Your buyers will see a page of Google Drive first. This form downloads at once, though for "
    "files over 100 MB Google asks once more: {link}"
)
FOLDER = _(
    "This is a folder of {service}: your buyers will see its list. Share the one file instead."
)
# Theirs lead to a page whose download has no address that lasts.
OTHERS = {
    "box.com": "Box",
    "1drv.ms": "OneDrive",
    "mega.nz": "MEGA",
    "wetransfer.com": "WeTransfer",
    "we.tl": "WeTransfer",
    "icloud.com": "iCloud",
    "pcloud.link": "pCloud",
    "pcloud.com": "pCloud",
    "disk.yandex.com": "Yandex Disk",
    "disk.yandex.ru": "Yandex Disk",
    "yadi.sk": "Yandex Disk",
    "mediafire.com": "MediaFire",
}


def preview_hint(link: str) -> str | None:
    """Return a hint for a preview link: what buyers will see, and the direct form to enter.

    None for every other link, and for what is no link.
    """
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").removesuffix(".")
    except ValueError:
        return None
    for domain, hint in HINTS.items():
        if _is_of(host, domain):
            return hint(parts)
    for domain, service in OTHERS.items():
        if _is_of(host, domain):
            return None if "/shared/static/" in parts.path else BY_HAND.format(service=service)
    return None


def _dropbox(parts: SplitResult) -> str | None:
    query = dict(parse_qsl(parts.query))
    if parts.hostname == "dl.dropbox.com" or "1" in (query.get("dl"), query.get("raw")):
        return None
    if re.match(r"/(s|sh|scl/fi|scl/fo)/", parts.path):
        return _direct("Dropbox", parts, dl="1", raw=None)
    return BY_HAND.format(service="Dropbox")


def _google_drive(parts: SplitResult) -> str | None:
    query = dict(parse_qsl(parts.query))
    if "/folders/" in parts.path or parts.path.startswith("/folderview"):
        return FOLDER.format(service="Google Drive")
    if parts.path == "/uc" and query.get("export") == "download":
        return None
    match = _DRIVE_FILE.match(parts.path)
    number = match[1] if match else query.get("id")
    if number is None:
        return BY_HAND.format(service="Google Drive")
    params = {"export": "download", "id": number}
    if "resourcekey" in query:
        params["resourcekey"] = query["resourcekey"]
    link = f"https://drive.google.com/uc?{urlencode(params)}"
    return DIRECT_FROM_DRIVE.format(link=isolate(link))


def _google_documents(parts: SplitResult) -> str | None:
    match = _GOOGLE_DOCUMENT.match(parts.path)
    if match is None or "/export" in parts.path:
        return None
    kind, number = match[1], match[2]
    extension = _GOOGLE_FORMATS[kind]
    ending = f"/{extension}" if kind == "presentation" else f"?format={extension}"
    link = f"https://docs.google.com/{kind}/d/{number}/export{ending}"
    return DIRECT.format(service="Google Docs", link=isolate(link))


def _onedrive(parts: SplitResult) -> str | None:
    query = dict(parse_qsl(parts.query))
    if parts.path.startswith("/download") or query.get("download") == "1":
        return None
    if parts.path in {"/redir", "/embed"}:
        return _direct("OneDrive", parts._replace(path="/download"))
    return BY_HAND.format(service="OneDrive")


def _sharepoint(parts: SplitResult) -> str | None:
    if dict(parse_qsl(parts.query)).get("download") == "1" or "/download.aspx" in parts.path:
        return None
    if re.match(r"/:[a-z]:/", parts.path):
        return _direct("SharePoint", parts, download="1")
    return BY_HAND.format(service="SharePoint")


def _github(parts: SplitResult) -> str | None:
    match = _GITHUB_FILE.match(parts.path)
    if match is None:
        return None
    raw = f"{parts.path[: match.start(1)]}raw{parts.path[match.end(1) :]}"
    return _direct("GitHub", parts._replace(path=raw))


HINTS: dict[str, Callable[[SplitResult], str | None]] = {
    "dropbox.com": _dropbox,
    "drive.google.com": _google_drive,
    "docs.google.com": _google_documents,
    "onedrive.live.com": _onedrive,
    "sharepoint.com": _sharepoint,
    "github.com": _github,
}


def _direct(service: str, parts: SplitResult, **changes: str | None) -> str:
    """Return the hint that names a link's direct form: its query with these changes."""
    query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **changes}
    encoded = urlencode({name: value for name, value in query.items() if value is not None})
    link = urlunsplit(parts._replace(query=encoded))
    return DIRECT.format(service=service, link=isolate(link))


def _is_of(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
