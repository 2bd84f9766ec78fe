"""DRF exception handlers: domain errors as JSON."""

from typing import Any

from django.utils import translation
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from downloads.errors import (
    Contended,
    DownloadsError,
    PasswordsBusy,
    StorageDown,
    TooManyAtOnce,
    Unavailable,
)
from downloads.lookups.orders import ORDER_NOT_FOUND
from storefront.http.errors import (
    OpensInTab,
    OutOfReach,
    code_of,
    code_of_status,
    details_of,
    headers_of,
    note_outage,
    status_of,
)
from storefront.http.outage_errors import is_outage
from storefront.pages.languages import DEPENDS_ON_READER, language_of, words_of

# Whose words a storefront shows as they are, and no document has settled.
FOR_PEOPLE = (
    *(Unavailable, StorageDown, TooManyAtOnce, Contended, PasswordsBusy),
    *(OpensInTab, OutOfReach),
)


def answer_customer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Exception handler: any error as `{"message": …, "error": …}`.

    Whatever keeps a download from being had is a 403 here (CONTRACTS, "REST counterpart").
    """
    response = answer_rest_error(error, context)
    if response is None:
        return None
    if isinstance(error, DownloadsError):
        response.data["error"] = code_of(error)
    else:
        response.data["error"] = code_of_status(response.status_code)
    if isinstance(error, Unavailable):
        response.status_code = 403
    return response


def answer_rest_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Exception handler: any error as `{"message": …}`."""
    if is_outage(error):
        error = note_outage(error)
    if isinstance(error, DownloadsError):
        if isinstance(error, FOR_PEOPLE) or str(error) == ORDER_NOT_FOUND:
            return _in_language(error, context["request"])
        body = {"message": str(error)} | details_of(error)
        return Response(body, status=status_of(error), headers=headers_of(error))
    response = exception_handler(error, context)
    if response is not None and isinstance(error, APIException):
        response.data = {"message": str(error.detail)}
    return response


def _in_language(error: DownloadsError, request: Any) -> Response:
    """Tell an error in the caller's language."""
    # Where the framework has not wrapped it, it is Django's own.
    language = language_of(getattr(request, "_request", request))
    with translation.override(language):
        body = {"message": words_of(error)} | details_of(error)
    headers = headers_of(error) | {"Content-Language": language, "Vary": DEPENDS_ON_READER}
    return Response(body, status=status_of(error), headers=headers)
