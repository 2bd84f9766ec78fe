"""JSON errors: which requests get one in place of a page, and its body."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from downloads.errors import DownloadsError
from storefront.http.errors import (
    answering,
    code_of,
    code_of_status,
    details_of,
    headers_of,
    status_of,
)

JSON_ALONE = ("/api/", "/downloadable/", "/webhooks/", "/mail/")
# Where people's browsers and programs ask for the same address.
AS_ACCEPTED = "/downloads/"
WITH_CODE = ("/downloadable/", "/downloads/")


def accepts_pages(request: HttpRequest) -> bool:
    """Say whether a request accepts `text/html` by name, as every browser does for a person."""
    html = ("text", "html")
    return any(
        (kind.main_type, kind.sub_type) == html and kind.quality for kind in request.accepted_types
    )


def reads_json(request: HttpRequest) -> bool:
    """Say whether a request gets JSON errors, by its path and Accept header."""
    if request.path.startswith(AS_ACCEPTED):
        return not accepts_pages(request)
    return request.path.startswith(JSON_ALONE)


def json_refusal(error: DownloadsError, **more: Any) -> JsonResponse:
    """Render an error as `{"message": …, "error": …}`, with its status and headers."""
    body = {"message": str(error), "error": code_of(error)} | details_of(error) | more
    return JsonResponse(body, status=status_of(error), headers=headers_of(error))


def json_error(
    request: HttpRequest, message: str, status: int, headers: dict[str, str] | None = None
) -> JsonResponse:
    """Render an error of no view, in the shape of the path's other errors."""
    body = {"message": message}
    if request.path.startswith(WITH_CODE):
        body["error"] = code_of_status(status)
    return JsonResponse(body, status=status, headers=headers)


@answering
def answers_with_json(request: HttpRequest, error: DownloadsError) -> JsonResponse:
    """Decorate a view: its domain errors are answered as `{"message": …}`."""
    return JsonResponse({"message": str(error)}, status=status_of(error), headers=headers_of(error))
