"""Test mail: staff send themselves what their shop's buyers would get."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from downloads.audit.entries import enter_audit
from downloads.email_addresses import require_email
from downloads.errors import BadInput
from downloads.fulfilment import lock_shop
from downloads.models import Mail, Shop

HOUR = timedelta(hours=1)
SENT = "Sent a test mail"
ON_ITS_WAY = _("A test mail to you is on its way already.")
TOO_OFTEN = _(
    "This shop has sent {} test mails within an hour, as many as it may. Try again later."
)


@transaction.atomic
def send_test_mail(shop: Shop, email: str, *, at: datetime) -> Mail:
    """Queue a mail about an example order.

    Raises:
        BadInput: no mail address, one is on its way, or too often.
    """
    address = require_email(email)
    lock_shop(shop)
    tests = Mail.objects.filter(shop=shop, kind=Mail.Kind.TEST)
    if tests.filter(email=address, state__in=Mail.MOVING).exists():
        raise BadInput(ON_ITS_WAY)
    most = settings.TEST_MAILS_PER_HOUR
    if tests.filter(created_at__gt=at - HOUR).count() >= most:
        raise BadInput(TOO_OFTEN.format(most))
    enter_audit(SENT, row=shop)
    return Mail.objects.create(
        shop=shop, kind=Mail.Kind.TEST, email=address, created_at=at, due_at=at
    )
