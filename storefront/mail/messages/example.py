"""Mail about an example order: what a shop's own mails look like."""

from datetime import datetime

from django.conf import settings

from downloads.brand.example import example_order
from downloads.models import Mail, Shop
from storefront.mail.messages.layout import Letter
from storefront.mail.messages.order_ready import letter_about


def about_example(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail that staff send themselves."""
    return example_letter(mail.shop, at=at)


def example_letter(shop: Shop, *, at: datetime) -> Letter:
    """Compose the mail about an example order; its link leads to no order."""
    return letter_about(example_order(shop, at=at), shop, at=at, url=settings.PUBLIC_BASE_URL)
