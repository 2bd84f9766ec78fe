"""Models of credentials, staff sign-in and platform access."""

from storefront.models.backfills import Backfill
from storefront.models.credentials import Credential, CredentialQuerySet
from storefront.models.customer_tokens import CustomerToken, TokenExchange
from storefront.models.keys import ApiKey, SecretKey, StorefrontKey, default_rate
from storefront.models.order_imports import OrderImport
from storefront.models.password_requests import PasswordRequest
from storefront.models.platform_access import PlatformAccess
from storefront.models.staff import CountedTries, RecoveryCode, SecondFactor, StaffSession
from storefront.models.staff_languages import StaffLanguage
from storefront.models.webhook_secrets import WebhookSecret

__all__ = [
    "ApiKey",
    "Backfill",
    "CountedTries",
    "Credential",
    "CredentialQuerySet",
    "CustomerToken",
    "OrderImport",
    "PasswordRequest",
    "PlatformAccess",
    "RecoveryCode",
    "SecondFactor",
    "SecretKey",
    "StaffLanguage",
    "StaffSession",
    "StorefrontKey",
    "TokenExchange",
    "WebhookSecret",
    "default_rate",
]
