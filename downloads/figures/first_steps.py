"""Put away the first steps of a new shop."""

from datetime import datetime

from django.db import transaction

from downloads.audit.entries import enter_audit
from downloads.models import FirstSteps, Shop


@transaction.atomic
def dismiss_first_steps(shop: Shop, *, at: datetime) -> None:
    """Show the first steps of a shop no more. Again: nothing changes."""
    _row, is_new = FirstSteps.objects.get_or_create(shop=shop, defaults={"dismissed_at": at})
    if is_new:
        enter_audit("Put away the first steps", row=shop)
