"""Mails to staff by which they get in: an invitation, or a link to choose a password."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.email_addresses import require_email
from downloads.encryption import seal
from downloads.errors import BadInput
from downloads.models import Invitation, Mail, Shop

HOUR = timedelta(hours=1)
NO_SHOP = gettext_lazy("There is no shop yet in whose name a mail could be sent.")


def mail_password_link(person: Any, *, at: datetime) -> Mail:
    """Queue a mail with a link to choose a password, to the address that a person's row has.

    The link is made as the mail is sent, and stored nowhere.

    Raises:
        BadInput: they may not sign in, have no address that can be mailed, or there is no shop.
    """
    if not (person.is_active and person.is_staff):
        raise BadInput(_("They may not sign in."))
    email = require_email(person.email)
    shop = Shop.objects.filter(memberships__user=person.pk).order_by("pk").first()
    # Whoever runs the service works for every shop, and for none.
    if shop is None and person.is_superuser:
        shop = Shop.objects.order_by("pk").first()
    if shop is None:
        raise BadInput(NO_SHOP)
    kind = Mail.Kind.STAFF_LINK
    return Mail.objects.create(
        shop=shop, kind=kind, email=email, person=person, created_at=at, due_at=at
    )


@transaction.atomic
def mail_requested_link(person: Any, *, at: datetime) -> bool:
    """Queue that mail on the word of whoever asked; say whether it was.

    A person gets `STAFF_LINKS_PER_HOUR` in an hour, however often strangers ask; further ones are
    not written.
    """
    # Held until the end: of two at once the second sees the first's.
    get_user_model()._default_manager.select_for_update(no_key=True).get(pk=person.pk)
    lately = Mail.objects.filter(
        person=person.pk, kind=Mail.Kind.STAFF_LINK, created_at__gt=at - HOUR
    )
    if lately.count() >= settings.STAFF_LINKS_PER_HOUR:
        return False
    try:
        mail_password_link(person, at=at)
    except BadInput:
        return False
    return True


@transaction.atomic
def mail_invitation(invitation: Invitation, token: str, *, at: datetime) -> bool:
    """Queue the mail with an invitation's link, in place of an earlier one; say whether it was.

    Its token is kept encrypted until the mail is sent. A shop gets `INVITATION_MAILS_PER_HOUR` in
    an hour: its name is not to be spent at mail servers, nor strangers drowned in its mail. Beyond
    it the link is handed over by hand.
    """
    shop, kind = invitation.shop, Mail.Kind.INVITATION
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    mails = Mail.objects.filter(shop=shop, kind=kind)
    # What has not left yet would say the same.
    mails.filter(email=invitation.email, state=Mail.State.WAITING).delete()
    if mails.filter(created_at__gt=at - HOUR).count() >= settings.INVITATION_MAILS_PER_HOUR:
        return False
    Invitation.objects.filter(pk=invitation.pk).update(sealed_token=seal(token))
    Mail.objects.create(shop=shop, kind=kind, email=invitation.email, created_at=at, due_at=at)
    return True


def forget_token(mail: Mail) -> None:
    """Forget the token of an invitation once the mail with it has been sent."""
    offered = Invitation.objects.filter(shop=mail.shop_id, email=mail.email)
    offered.exclude(sealed_token="").update(sealed_token="")  # nosec B106 (none)
