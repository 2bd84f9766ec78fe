"""Requests of staff for a new password, answered out of the sight of whoever asks."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from downloads import fulfilment
from downloads.errors import SealBroken
from storefront.models import PasswordRequest

# How many people one name or address may be of.
MOST_PEOPLE = 5


def answer_next(*, at: datetime) -> bool:
    """Queue the mails that one request comes to; say whether there was one."""
    # Without a look first each idle round would take SQLite's one lock for writing.
    return PasswordRequest.objects.exists() and _answer(at)


@transaction.atomic
def _answer(at: datetime) -> bool:
    request = PasswordRequest.objects.select_for_update(skip_locked=True).first()
    if request is None:
        return False
    try:
        entered = request.reveal()
    except SealBroken:
        entered = ""
    if entered:
        staff = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
        meant = staff.filter(Q(username__iexact=entered) | Q(email__iexact=entered))
        # Each mail goes to the address that we have, never to what was entered.
        for person in meant.order_by("pk")[:MOST_PEOPLE]:
            fulfilment.mail_requested_link(person, at=at)
    request.delete()
    return True
