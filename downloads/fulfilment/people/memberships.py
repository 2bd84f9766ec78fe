"""Staff memberships of a shop: invite, accept, change roles, remove."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.audit.entries import enter_audit, without_automatic_entries
from downloads.email_addresses import has_form, mailbox_of
from downloads.errors import BadInput, LinkSpent
from downloads.fulfilment.recalculation import lock_shop
from downloads.models import Invitation, Membership, Role, Shop
from downloads.tokens import hash_token, make_token, may_be_whole, with_checksum

# It becomes a user's name, which is no longer.
ADDRESS_LENGTH = 150
NO_ADDRESS = gettext_lazy(
    "Enter a mail address in plain letters, like ada@example.com, of at most 150."
)
LAST_OWNER = gettext_lazy(
    "Without {member}, {shop} has no owner who can sign in. Make somebody else an owner first."
)
KNOWN = gettext_lazy(
    "There is a sign-in with this address already. Sign in with it, and open the link again."
)
# What each role may do, the next one may too.
RANKS = list(Role.values)


@without_automatic_entries(Invitation)
@transaction.atomic
def invite(shop: Shop, email: str, role: str, *, at: datetime) -> tuple[Invitation, str]:
    """Create an invitation to a role; return its token, of which only the hash is stored.

    An earlier invitation of the same address to the same shop ends.

    Raises:
        BadInput: no mail address, or none that can be a user's name.
    """
    address = clean_email(email)
    lock_shop(shop)
    withdraw(Invitation.objects.filter(shop=shop, email=address))
    token = with_checksum(make_token())
    end = at + timedelta(days=settings.INVITATION_DAYS)
    invitation = Invitation.objects.create(
        shop=shop, email=address, role=role, token_hash=hash_token(token), expires_at=end
    )
    enter_audit("Invited", row=invitation, after={"email": address, "role": role})
    return invitation, token


def clean_email(email: str) -> str:
    """Validate and normalize a mail address, so that one person has one.

    Raises:
        BadInput: no mail address, or none that can be a user's name.
    """
    address = mailbox_of(email)
    # Letters that look alike would make two people of one name.
    if not has_form(address) or not address.isascii() or len(address) > ADDRESS_LENGTH:
        raise BadInput(NO_ADDRESS)
    return address


@without_automatic_entries(Invitation)
def withdraw(invitations: QuerySet[Invitation]) -> int:
    """End the invitations that nobody has accepted; return how many that was."""
    with transaction.atomic():
        offered = list(invitations.filter(accepted_at=None).select_for_update(of=("self",)))
        for invitation in offered:
            before = {"email": invitation.email, "role": invitation.role}
            enter_audit("Ended an invitation", row=invitation, before=before)
        Invitation.objects.filter(pk__in=[each.pk for each in offered]).delete()
    return len(offered)


def require_invitation(token: str, *, at: datetime) -> Invitation:
    """Return the open invitation of a token, with its shop.

    Raises:
        LinkSpent: it was accepted, withdrawn, is too old, or never was.
    """
    opened = Invitation.objects.open(at).select_related("shop")
    invitation = None
    if may_be_whole(token):
        invitation = opened.filter(token_hash=hash_token(token)).first()
    if invitation is None:
        raise LinkSpent
    return invitation


def has_sign_in(email: str) -> bool:
    """Say whether a user has this mail address, or this name to sign in with."""
    return User.objects.filter(Q(username__iexact=email) | Q(email__iexact=email)).exists()


def is_for(invitation: Invitation, user: User) -> bool:
    """Say whether an invitation is for this user."""
    return invitation.email in {mailbox_of(user.get_username()), mailbox_of(user.email)}


def accept_as(token: str, user: User, *, at: datetime) -> Membership:
    """Accept an invitation as the user who has signed in and whom it is for.

    Raises:
        LinkSpent: it was accepted, withdrawn, is too old, or never was.
        BadInput: it is for somebody else.
    """
    invitation = require_invitation(token, at=at)
    if not is_for(invitation, user):
        raise BadInput(_("This invitation is for somebody else."))
    with transaction.atomic():
        _take(invitation, at=at)
        return _join(invitation, user)


def accept_with_password(token: str, password: str, *, at: datetime) -> Membership:
    """Accept an invitation as a new user: create the sign-in and the membership.

    Raises:
        LinkSpent: it was accepted, withdrawn, is too old, or never was.
        BadInput: a password too easy to guess, or the address signs in already.
    """
    invitation = require_invitation(token, at=at)
    email = invitation.email
    if has_sign_in(email):
        raise BadInput(KNOWN)
    person = User(username=email, email=email, is_staff=True)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages)) from None
    person.password = make_password(password)  # it takes a while: before anything is locked
    try:
        with transaction.atomic():
            _take(invitation, at=at)
            person.save()
            return _join(invitation, person)
    except IntegrityError:
        # Another shop's invitation was accepted at this very moment, or the fault is ours.
        if not has_sign_in(email):
            raise
        raise BadInput(KNOWN) from None


@transaction.atomic
def change_role(member: Membership, role: str, *, spares_last_owner: bool = True) -> None:
    """Give a member another role.

    Raises:
        BadInput: the shop would have no owner left; not asked for with `spares_last_owner` false.
    """
    current = _hold(member)
    if current is None or current.role == role:
        return
    if spares_last_owner and role != Role.OWNER:
        _require_another_owner(current)
    Membership.objects.filter(pk=current.pk).update(role=role)
    before, current.role = current.role, role
    enter_audit("Changed a role", row=current, before={"role": before}, after={"role": role})


@without_automatic_entries(Membership)
@transaction.atomic
def remove_member(member: Membership, *, spares_last_owner: bool = True) -> None:
    """Take a person's role in a shop away. What they do in other shops stays.

    Raises:
        BadInput: the shop would have no owner left; not asked for with `spares_last_owner` false.
    """
    current = _hold(member)
    if current is None:
        return
    if spares_last_owner:
        _require_another_owner(current)
    enter_audit("Removed a staff member", row=current, before={"role": current.role})
    current.delete()


def _take(invitation: Invitation, *, at: datetime) -> None:
    lock_shop(invitation.shop)
    # Exactly one of those who come at once moves the row.
    offered = Invitation.objects.open(at).filter(pk=invitation.pk)
    taken = offered.update(accepted_at=at, sealed_token="")  # nosec B106 (none)
    if not taken:
        raise LinkSpent


@without_automatic_entries(Membership)
def _join(invitation: Invitation, user: User) -> Membership:
    """Return the person's membership; an invitation raises a role and never lowers it."""
    member, is_new = Membership.objects.select_related("shop").get_or_create(
        shop=invitation.shop, user=user, defaults={"role": invitation.role}
    )
    before = {} if is_new else {"role": member.role}
    if RANKS.index(member.role) < RANKS.index(invitation.role):
        member.role = invitation.role
        member.save(update_fields=["role"])
    enter_audit("Accepted an invitation", row=member, before=before, after={"role": member.role})
    return member


def _hold(member: Membership) -> Membership | None:
    """Return a member afresh, or None if gone; the shop's other members stay as they are."""
    # Two owners who demote each other at once wait here for one another.
    lock_shop(member.shop)
    return Membership.objects.select_related("shop", "user").filter(pk=member.pk).first()


def _require_another_owner(member: Membership) -> None:
    if member.role != Role.OWNER:
        return
    owners = Membership.objects.filter(shop=member.shop, role=Role.OWNER)
    # One who cannot sign in owns nothing.
    awake = owners.filter(user__is_active=True, user__is_staff=True)
    if not awake.exclude(pk=member.pk).exists():
        raise BadInput(LAST_OWNER.format(member=member.user, shop=member.shop))
