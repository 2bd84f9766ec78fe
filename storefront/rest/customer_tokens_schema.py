"""Serializers and OpenAPI schema of the token exchange."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers

from downloads.email_addresses import accepted_email
from downloads.errors import BadInput
from storefront import grant_fields
from storefront.platforms.payloads import parse_object
from storefront.rest.openapi import idempotency_header, rate_headers, refusals

ONE_OF = "Name the customer by one of: email, platform_id."
NO_EMAIL = "Enter a valid email address."
MAX_PLATFORM_ID = 2**63 - 1


class NamedCustomerSerializer(serializers.Serializer):
    """A customer of the shop, by one of the two."""

    email = serializers.CharField(required=False, error_messages={"invalid": NO_EMAIL})
    platform_id = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PLATFORM_ID)

    def validate_email(self, text: str) -> str:
        email = accepted_email(text)
        if email is None:
            raise serializers.ValidationError(NO_EMAIL)
        return email

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(ONE_OF)
        return attrs


def read_named_customer(body: bytes) -> dict[str, Any]:
    """Parse the customer that a request names, by `email` or `platform_id`.

    Raises:
        BadInput: no JSON object, or what it names is neither; the message says which field.
    """
    serializer = NamedCustomerSerializer(data=parse_object(body))
    if serializer.is_valid():
        return serializer.validated_data
    name, problems = next(iter(serializer.errors.items()))
    raise BadInput(problems[0] if name == "non_field_errors" else f"{name}: {problems[0]}")


# Source: `token`, the bearer itself, and `expires_at`.
class ExchangedTokenSerializer(serializers.Serializer):
    """A bearer of this customer, who needs no password here."""

    token = serializers.CharField(
        help_text="Give it to the storefront, which sends it as `Authorization: Bearer …`."
    )
    expires_at = serializers.SerializerMethodField()

    def get_expires_at(self, exchanged: dict[str, Any]) -> datetime:
        moment: Any = grant_fields.moment(exchanged["expires_at"])
        return moment


REQUEST = {
    "oneOf": [
        {
            "type": "object",
            "required": [name],
            "properties": {name: schema},
            "not": {"required": [other]},
        }
        for name, other, schema in (
            (
                "email",
                "platform_id",
                {"type": "string", "format": "email", "description": "As in the shop's orders."},
            ),
            (
                "platform_id",
                "email",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_PLATFORM_ID,
                    "description": "The customer's number in the shop's own system.",
                },
            ),
        )
    ]
}
documented = extend_schema(
    operation_id="createCustomerToken",
    summary="A short-lived bearer for one customer of the shop",
    description="For shops whose customers sign in elsewhere. The merchant's own server, which "
    "knows who is signed in there, asks with the shop's secret key and hands the bearer to the "
    "storefront. Never send the secret key from a browser. A repetition with the same "
    "`Idempotency-Key` is answered with the same bearer, as long as that lasts.",
    auth=[{"SecretKey": []}],  # type: ignore[list-item]  # the stubs know names alone
    request={"application/json": REQUEST},
    parameters=[
        idempotency_header("request"),
        *rate_headers((201, 400, 404, 413, 422, 429)),
    ],
    responses={201: OpenApiResponse(ExchangedTokenSerializer, description="The bearer.")}
    | refusals(
        {
            400: "`invalid_request`: the body is no JSON or names no customer, or the "
            "`Idempotency-Key` is too long.",
            401: "`missing_key` or `invalid_key`: no secret key, or none to be used.",
            404: "`not_found`: the shop has no such customer.",
            413: "`invalid_request`: the body is too large.",
            422: "`invalid_request`: this `Idempotency-Key` was sent for another customer.",
        }
    ),
)
