"""Token exchange for merchants' servers: `POST /api/v1/customer-tokens` with a secret key.

For shops whose customers sign in elsewhere: the server that knows who is signed in there asks for
a bearer of its own customer, and hands it to the storefront.
"""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from downloads import fulfilment, lookups
from downloads.models import Reader, Shop
from storefront.authentication import secret_key
from storefront.http.errors import KeyRefused, RequestRefused, TooLarge
from storefront.http.requests import require_length
from storefront.models import SecretKey, TokenExchange
from storefront.rest.base import KeyedFace, idempotency_key
from storefront.rest.customer_tokens_schema import (
    ExchangedTokenSerializer,
    documented,
    read_named_customer,
)

REUSED = "This Idempotency-Key was sent for another customer. Send a new one for each request."


class CustomerTokens(KeyedFace):
    """A short-lived bearer for one customer of the key's own shop."""

    http_method_names = ["post", "options"]

    @documented
    def post(self, request: Request) -> Response:
        at = timezone.now()
        key = secret_key(request.headers.get("Authorization", ""), at=at)
        self.admit(key, at=at)
        reader = _reader(key.shop, **read_named_customer(_body(request)))
        try:
            answered = TokenExchange.answer(key, reader, name=idempotency_key(request), at=at)
        except SecretKey.DoesNotExist:  # deleted in this very moment
            raise KeyRefused("Invalid API key", "invalid_key") from None
        if answered is None:
            raise RequestRefused(REUSED, 422)
        token, bearer = answered
        shape = ExchangedTokenSerializer({"token": bearer, "expires_at": token.expires_at})
        return Response(shape.data, status=201)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 401:
            response["WWW-Authenticate"] = "Bearer"
        return response


def _reader(shop: Shop, *, email: str = "", platform_id: int = 0) -> Reader:
    if email:
        return Reader(fulfilment.require_owner(shop, email), email)
    return Reader(lookups.customer_of_shop(shop, platform_id=platform_id))


def _body(request: Request) -> bytes:
    require_length(request._request)
    try:
        return request.body
    except RequestDataTooBig:
        raise TooLarge("The request is too large.") from None
