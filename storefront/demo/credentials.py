"""Credentials of the demo: keys, bearers and passwords, the same at every run.

Only hashes of them are stored, so each is derived from SECRET_KEY.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.crypto import salted_hmac

from downloads import fulfilment
from downloads.models import Account, Customer, Membership, Role, Shop
from downloads.tokens import hash_token, with_checksum
from storefront.models import ApiKey, CustomerToken, WebhookSecret
from storefront.platforms.generic.platform import GENERIC
from storefront.platforms.generic.signing import secret_of
from storefront.platforms.shopify.platform import SHOPIFY

ADMIN = "merchant"
STAFF = "manager"


def api_key(kind: type[ApiKey], shop: Shop, *, purpose: str) -> str:
    """Get or create an API key."""
    key = with_checksum(kind.PREFIX + _derived(purpose))
    if not kind._default_manager.filter(key_hash=hash_token(key)).exists():
        kind.issue(shop, name="Demo", key=key)
    return key


def customer_password(shop: Shop, email: str, *, at: datetime) -> str:
    """Get or create an account with this mail address; return its password."""
    password = _derived("customer password")[:20]
    if not Account.objects.filter(shop=shop).with_email(email).exists():
        names = {"first_name": "Ada", "last_name": "Byron"}
        account = Account.objects.create(shop=shop, email=email, **names)
        fulfilment.choose_password(account.pk, state=account.state, password=password, at=at)
    return password


def shopify_secret(shop: Shop) -> str:
    """Get or create the secret of Shopify's webhooks."""
    return _kept(shop, source=SHOPIFY.name, secret=_derived("webhook secret"))


def generic_secret(shop: Shop) -> str:
    """Get or create the secret of the generic platform's webhooks."""
    key = bytes.fromhex(_derived("generic webhook secret"))
    return _kept(shop, source=GENERIC.name, secret=secret_of(key))


def bearer(customer: Customer, *, at: datetime) -> str:
    """Get or create the bearer of the owner of a customer's address, which never expires."""
    secret = _derived(f"bearer of {customer.email}")
    token = CustomerToken.objects.filter(secret_hash=hash_token(secret)).first()
    if token is None:
        token, _whole = CustomerToken.issue(
            customer, at=at, email=customer.email or "", secret=secret
        )
        CustomerToken.objects.filter(pk=token.pk).update(expires_at=None)
    return f"{token.pk}|{secret}"


def admin_password() -> str:
    """Get or create the superuser; return their password."""
    password = _derived("staff password")[:20]
    if not User.objects.filter(username=ADMIN).exists():
        User.objects.create_superuser(ADMIN, "merchant@example.com", password)
    return password


def staff_password(shop: Shop) -> str:
    """Get or create a manager of this shop alone; return their password."""
    password = _derived("manager password")[:20]
    if not User.objects.filter(username=STAFF).exists():
        user = User.objects.create_user(STAFF, "manager@example.com", password, is_staff=True)
        Membership.objects.create(shop=shop, user=user, role=Role.MANAGER)
    return password


def _kept(shop: Shop, *, source: str, secret: str) -> str:
    if not WebhookSecret.objects.filter(shop=shop, source=source).exists():
        WebhookSecret.keep(shop, source=source, secret=secret)
    return secret


def _derived(purpose: str) -> str:
    return salted_hmac("storefront.demo", purpose, algorithm="sha256").hexdigest()
