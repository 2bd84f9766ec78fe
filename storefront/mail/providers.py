"""Whether mail goes anywhere, and whether a provider's webhooks (bounces) can be believed."""

import warnings

from anymail import urls
from anymail.exceptions import AnymailWarning
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from downloads.errors import NotFound
from storefront.http.errors import SignatureRefused

BACKENDS = "django.core.mail.backends."
# They print mails, keep them or throw them away.
GOES_NOWHERE = {
    "storefront.mail.console_backend.EmailBackend",
    *(f"{BACKENDS}{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")),
}


def reaches_people() -> bool:
    """Say whether mail is sent at all, and not printed or kept here."""
    return settings.EMAIL_BACKEND not in GOES_NOWHERE


def require_view(provider: str) -> AnymailCoreWebhookView:
    """Return what reads a provider's events, and proves whose they are.

    Raises:
        NotFound: it tells nothing.
        SignatureRefused: nothing is set by which it could prove who it is.
    """
    view_class = _views().get(f"{provider}_tracking_webhook")
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


def _views() -> dict[str, type[AnymailCoreWebhookView]]:
    return {str(row.name): row.callback.view_class for row in urls.urlpatterns}
