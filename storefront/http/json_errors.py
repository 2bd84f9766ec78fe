"""JSON errors: which requests get one in place of a page, and its body."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from downloads.errors import DownloadsError
from storefront.http.errors import code_of, code_of_status, details_of, headers_of, status_of

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


def json_refusal(error: DownloadsError) -> JsonResponse:
    """Render an error as `{"message": …, "error": …}`, with its status and headers."""
    body = {"message": str(error), "error": code_of(error)} | details_of(error)
    return JsonResponse(body, status=status_of(error), headers=headers_of(error))


def json_error(
    request: HttpRequest, message: str, status: int, headers: dict[str, str] | None = None
) -> JsonResponse:
    """Render an error of no view, in the shape of the path's other errors."""
    body = {"message": message}
    if request.path.startswith(WITH_CODE):
        body["error"] = code_of_status(status)
    return JsonResponse(body, status=status, headers=headers)


def answers_with_json(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view: its domain errors are answered as `{"message": …}`."""

    @wraps(view)
    def answering(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DownloadsError as error:
            status, headers = status_of(error), headers_of(error)
            return JsonResponse({"message": str(error)}, status=status, headers=headers)

    return answering
