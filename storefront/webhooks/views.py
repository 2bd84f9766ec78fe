"""Webhook view, `POST /webhooks/{source}`: verify, store once, answer; apply afterwards."""

import logging
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from downloads.errors import BadInput, NoMessage, NotFound
from downloads.fulfilment import InboundMessage
from downloads.json_names import in_short
from downloads.models import Shop
from storefront.http.errors import TooLarge
from storefront.http.json_errors import answers_with_json
from storefront.http.requests import SentHeaders, declared_length, require_length
from storefront.inbox import WORD, store, store_if, unclear
from storefront.platforms.base import Envelope, Platform
from storefront.platforms.payloads import parse_message
from storefront.platforms.registry import PLATFORMS
from storefront.webhooks.known_secrets import known_secrets
from storefront.webhooks.signatures import shop_of_message

RECEIVED = b'{"message": "Received."}'

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
@answers_with_json
def receive(request: HttpRequest, source: str, shop_domain: str = "") -> HttpResponse:
    """Receive a webhook. A repeated one is answered alike and stored once.

    Where the address names the shop, its headers need not.

    Raises:
        NotFound: we know no such platform.
        RequestRefused: its length is not said.
        TooLarge: more than `WEBHOOK_MAX_BYTES`. It is left unread.
        SignatureRefused: none of this shop's secrets signed exactly these bytes, or not lately.
        SealBroken: one of them cannot be opened, and none of the others signed.
        BadInput: signed, but no JSON.
    """
    at = timezone.now()
    platform = PLATFORMS.get(source)
    if platform is None:
        raise NotFound("No such platform.")
    envelope = platform.read_envelope(SentHeaders(request))
    if shop_domain:
        envelope = replace(envelope, shop_domain=shop_domain)
    body = _read_body(request)
    if not envelope.signature and platform.is_ping(body):
        return JsonResponse({"message": "Heard."})
    if not _store_at_once(platform, envelope, body, at=at):
        shop = shop_of_message(platform, envelope, body, at=at)
        inbound, repeated = _read(platform, _with_id(envelope, body), body)
        if store(shop, inbound, at=at):
            _tell_repeated(shop, inbound, repeated)
    return HttpResponse(RECEIVED, content_type="application/json")


def _store_at_once(platform: Platform, envelope: Envelope, body: bytes, *, at: datetime) -> bool:
    """Store a message that a secret known here signed; say whether it was, and was new."""
    signer = known_secrets.signer(platform, envelope, body, at=at)
    if signer is None:
        return False
    try:
        inbound, repeated = _read(platform, _with_id(envelope, body), body)
    except BadInput:
        return False  # who is told why is to be known for certain
    is_news = store_if(signer.proviso(at), signer.shop, inbound, at=at)
    if is_news:
        _tell_repeated(signer.shop, inbound, repeated)
    return is_news


def _tell_repeated(shop: Shop, inbound: InboundMessage, repeated: list[str]) -> None:
    # What decides is set aside when it is applied; the rest is no matter of ours.
    if repeated:
        about = (inbound.source, shop.domain, inbound.topic, inbound.delivery_id)
        words = "A %s message of %s (%s, %s) repeats names: %s"
        logger.warning(words, *about, in_short(repeated))


def _read(platform: Platform, envelope: Envelope, body: bytes) -> tuple[InboundMessage, list[str]]:
    """Return what to store of a message, and the names that stand twice in it."""
    try:
        payload, repeated = parse_message(body)
    except NoMessage as error:
        # A platform switches off what refuses it: so it is stored, and a person is told.
        return unclear(platform, envelope, body, str(error)), []
    inbound = platform.parse(envelope, payload)
    if not WORD.fullmatch(inbound.topic):
        inbound = unclear(platform, envelope, body, "The message does not say its topic.")
    return inbound, repeated


def _read_body(request: HttpRequest) -> bytes:
    require_length(request)
    if declared_length(request) > settings.WEBHOOK_MAX_BYTES:
        raise TooLarge(f"A message may have at most {settings.WEBHOOK_MAX_BYTES} bytes.")
    try:
        return request.read()
    except UnreadablePostError:
        raise BadInput("The line broke before the message was complete.") from None


def _with_id(envelope: Envelope, body: bytes) -> Envelope:
    if WORD.fullmatch(envelope.delivery_id):
        return envelope
    # Without a name of its own a message is known by its content.
    return replace(envelope, delivery_id=f"sha256:{sha256(body).hexdigest()}")
