"""The door for mail providers: they tell which mails came back."""

import warnings

from anymail import urls
from anymail.exceptions import AnymailError, AnymailWarning
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
def hear(request: HttpRequest, provider: str) -> JsonResponse:
    """Take in what the provider we send by tells of our mails.

    Raises:
        NotFound: we do not send by this provider, or it tells nothing.
        SignatureRefused: it does not prove who it is.
        BadInput: signed, but not to be read.
    """
    if provider != settings.MAIL_PROVIDER:
        raise NotFound("No such provider.")
    view = _view_of(provider)
    if request.method == "POST":
        for event in _events(view, request):
            if event.event_type in CAME_BACK:
                said = event.mta_response or event.description or event.reject_reason or ""
                reason = f"{event.event_type}: {said}".removesuffix(": ")
                message_id = str(event.message_id or "")
                fulfilment.note_bounce(message_id, reason=reason, at=timezone.now())
    return JsonResponse({"message": "Received."})


def has_bounces(provider: str) -> bool:
    """Say whether a provider tells what came back."""
    return _pattern_name(provider) in _views()


def _view_of(provider: str) -> AnymailCoreWebhookView:
    view_class = _views().get(_pattern_name(provider))
    if view_class is None:
        raise NotFound("This provider tells nothing.")
    try:
        # What it warns of is refused here, or told by `check`.
        with warnings.catch_warnings(action="ignore", category=AnymailWarning):
            view = view_class()
    except ImproperlyConfigured:
        # The key that its signatures are made with is not known.
        raise SignatureRefused from None
    is_signed = not getattr(view, "warn_if_no_basic_auth", False)
    if not is_signed and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        # Whoever came by could say that a mail came back.
        raise SignatureRefused
    return view


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


def _views() -> dict[str, type[AnymailCoreWebhookView]]:
    return {str(row.name): row.callback.view_class for row in urls.urlpatterns}


def _pattern_name(provider: str) -> str:
    return f"{provider}_tracking_webhook"
