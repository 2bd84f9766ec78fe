"""Staff: who works for which shop, in which role, and who is asked to."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models.shops import Shop


class Role(models.TextChoices):
    """What each may do stands in `storefront.staff.roles`, and nowhere else."""

    SUPPORT = "support", _("Support")
    MANAGER = "manager", _("Manager")
    OWNER = "owner", _("Owner")


class Membership(models.Model):
    """One person's role in one shop. Without one, staff see nothing of a shop."""

    shop_path = "shop"
    audited = ("user", "role")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        ordering = ("shop", "user")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "user"), name="membership_is_one_per_shop_and_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{isolate(self.user)}, {self.get_role_display()}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, at: datetime) -> "InvitationQuerySet":
        """Return the invitations that may still be accepted."""
        return self.filter(accepted_at=None, expires_at__gt=at)

    def with_state(self, state: str, at: datetime) -> "InvitationQuerySet":
        """Return the invitations whose `state(at)` is `state`; none for an unknown one."""
        match state:
            case Invitation.OPEN:
                return self.open(at)
            case Invitation.ACCEPTED:
                return self.filter(accepted_at__isnull=False)
            case Invitation.ENDED:
                return self.filter(accepted_at=None, expires_at__lte=at)
        return self.none()

    def past_retention(self, at: datetime) -> "InvitationQuerySet":
        """Return those accepted, or over, for more than `INVITATION_RETENTION_DAYS`."""
        end = at - timedelta(days=settings.INVITATION_RETENTION_DAYS)
        return self.filter(Q(accepted_at__lt=end) | Q(accepted_at=None, expires_at__lt=end))


class Invitation(models.Model):
    """A role offered to whoever holds its link, which is shown once and works once.

    `sealed_token` is the link's, encrypted, while a mail with it waits to be sent; else empty.
    """

    shop_path = "shop"
    audited = ("email", "role", "accepted_at", "expires_at")

    OPEN, ACCEPTED, ENDED = "open", "accepted", "ended"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("mail address"))
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sealed_token = models.TextField(blank=True, default="", db_default="", editable=False)
    expires_at = models.DateTimeField(_("ends on"), editable=False)
    accepted_at = models.DateTimeField(_("accepted on"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "email"),
                condition=Q(accepted_at=None),
                name="invitation_is_one_per_shop_and_address",
                violation_error_message=_("This address is invited already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{isolate(self.email)}, {self.get_role_display()}"

    def state(self, at: datetime) -> str:
        """Return `open`, `accepted` or `ended`."""
        if self.accepted_at is not None:
            return self.ACCEPTED
        return self.OPEN if self.expires_at > at else self.ENDED
