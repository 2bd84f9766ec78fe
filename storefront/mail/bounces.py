"""Webhook view for mail providers: bounces and spam complaints."""

from anymail.exceptions import AnymailError
from anymail.signals import EventType
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from downloads import fulfilment
from downloads.errors import BadInput, NotFound
from downloads.json_names import RepeatedName, parse_once
from storefront.graphql_api.request import FORMS
from storefront.http.errors import SignatureRefused
from storefront.http.json_errors import answers_with_json
from storefront.mail.providers import require_view

# What anymail meets in a body that is not its provider's, or not for this address.
UNREADABLE = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(AssertionError, RecursionError, OSError, AnymailError, ImproperlyConfigured),
)
UNKNOWN = "This is not what the provider tells of mails."
# A mail that is called spam did arrive, but its sender wants to know of it alike.
CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED, EventType.COMPLAINED}


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
@answers_with_json
def receive(request: HttpRequest, provider: str) -> JsonResponse:
    """Receive a provider's tracking events, and record bounces.

    Raises:
        NotFound: we do not send by this provider, or it tells nothing.
        SignatureRefused: it does not prove who it is.
        BadInput: signed, but not to be read.
    """
    if provider != settings.MAIL_PROVIDER:
        raise NotFound("No such provider.")
    view = require_view(provider)
    if request.method == "POST":
        for event in _events(view, request):
            if event.event_type in CAME_BACK:
                detail = event.mta_response or event.description or event.reject_reason or ""
                reason = f"{event.event_type}: {detail}".removesuffix(": ")
                message_id = str(event.message_id or "")
                fulfilment.note_bounce(message_id, reason=reason, at=timezone.now())
    return JsonResponse({"message": "Received."})


def _events(view: AnymailCoreWebhookView, request: HttpRequest) -> list:
    try:
        view.run_validators(request)
    except UNREADABLE:
        raise SignatureRefused from None
    _require_once(request)
    try:
        return view.parse_events(request)
    except UNREADABLE:
        raise BadInput(UNKNOWN) from None


def _require_once(request: HttpRequest) -> None:
    """Refuse a body in JSON that two parsers might read as two things, or that none can."""
    if request.content_type in FORMS:
        return
    try:
        parse_once(request.body.decode())
    except RepeatedName as error:
        raise BadInput(str(error)) from None
    except (ValueError, RecursionError):
        raise BadInput(UNKNOWN) from None
