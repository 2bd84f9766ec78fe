"""Mail to buyers and staff: written down together with what it tells of, and sent afterwards."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from downloads.models.orders import Order
from downloads.models.shops import Shop
from downloads.tenancy import INSTALLATION


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, at: datetime) -> "MailQuerySet":
        """Return the mails to look at now, the longest waiting first.

        One that is being sent is due again once whoever sent it has been silent for too long.
        """
        return self.filter(state__in=Mail.MOVING, due_at__lte=at).order_by("due_at", "pk")

    def not_looked_up(self) -> "MailQuerySet":
        """Return what waits for an address of which nobody has looked up whether we know it."""
        strangers = (Mail.Kind.REGISTRATION, Mail.Kind.PASSWORD)
        return self.filter(is_known=None, state=Mail.State.WAITING, kind__in=strangers)

    def to_known(self) -> "MailQuerySet":
        """Return the mails to somebody with an order or a confirmed account, and to staff."""
        return self.filter(Q(is_known=True) | Q(kind__in=Mail.KNOWN))

    def begun_lately(self, *, since: datetime) -> "MailQuerySet":
        """Return what somebody asked to be sent, and was tried."""
        # One that was put off or refused counts: a mail server that first says "later" would else
        # take any number of them in the end.
        untried = Q(state=Mail.State.WAITING, attempts=0)
        return self.filter(kind__in=Mail.ASKED, due_at__gte=since).exclude(untried)

    def settled(self) -> "MailQuerySet":
        """Return the mails that need nothing more of anybody.

        What strangers may have asked for is no merchant's business, however it ended.
        """
        is_done = Q(state__in=(Mail.State.SENT, Mail.State.NOT_NEEDED))
        by_strangers = Q(kind__in=(*Mail.ASKED, *Mail.PERSONAL))
        return self.filter(is_done | by_strangers).exclude(state__in=Mail.MOVING)

    def failed(self) -> "MailQuerySet":
        """Return what reached no buyer: given up, or come back."""
        failed = Q(state=Mail.State.SET_ASIDE) | Q(bounced_at__isnull=False)
        return self.filter(failed).exclude(kind__in=Mail.PERSONAL)

    def came_back_last(self) -> "MailQuerySet":
        """Return what came back, unless another mail about its order was written since."""
        newer = Mail.objects.filter(order=OuterRef("order"), pk__gt=OuterRef("pk"))
        return self.failed().filter(~Exists(newer), bounced_at__isnull=False)

    def past_retention(self, at: datetime) -> "MailQuerySet":
        """Return the settled mails last looked at `MAIL_RETENTION_DAYS` ago or more."""
        end = at - timedelta(days=settings.MAIL_RETENTION_DAYS)
        return self.settled().filter(due_at__lt=end)


class Mail(models.Model):
    """One mail to one person. Its words are written when its turn comes.

    `due_at` is when it is looked at next, or was looked at last once that is over. `claim` names
    who is sending it just now. `message_id` is by what the mail server or provider knows it.
    Of what was asked for, `counted_as` is the `count_key` of its address, and `is_known` whether
    somebody with an order or a confirmed account is meant; null until that was looked up. `person`
    is who of the staff it is for, and so whose language it is in.
    """

    shop_path = "shop"
    is_person = True

    class Kind(models.TextChoices):
        ORDER = "order", _("Downloads are ready")
        LINKS = "links", _("Links, asked for again")
        REGISTRATION = "registration", _("Confirm the address of a sign-in")
        PASSWORD = "password", _("Choose a new password")
        SIGN_IN = "sign_in", _("Wrong passwords at the sign-in of staff")
        SET_ASIDE = "set_aside", _("Messages of the shop that were set aside")
        ONCE = "once", _("Downloads are ready, sent once to another address")
        MOVED = "moved", _("Mail of the order goes to another address now")
        STAFF_LINK = "staff_link", _("Choose a new password, for staff")
        INVITATION = "invitation", _("Invitation of staff")
        USED_UP = "used_up", _("Downloads that buyers have used up")
        FIGURES = "figures", _("Figures of the week")
        TEST = "test", _("A test of what the shop's mail looks like")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("On its way to the mail server")
        HANDED = "handed", _("Being handed over")
        SENT = "sent", pgettext_lazy("of a mail", "Sent")
        DOUBTFUL = "doubtful", _("Perhaps sent: the mail server did not say")
        SET_ASIDE = "set_aside", _("Not sent")
        NOT_NEEDED = "not_needed", _("Not needed any more")

    # Anybody can have these sent, to any address.
    ASKED = (Kind.LINKS, Kind.REGISTRATION, Kind.PASSWORD)
    # Nobody else has them sent to, whoever asks.
    KNOWN = (
        *(Kind.ORDER, Kind.LINKS, Kind.SIGN_IN, Kind.SET_ASIDE, Kind.ONCE, Kind.MOVED),
        *(Kind.STAFF_LINK, Kind.INVITATION, Kind.USED_UP, Kind.FIGURES, Kind.TEST),
    )
    # About how one person signs in: of no shop they work for in particular.
    PERSONAL = (Kind.SIGN_IN, Kind.STAFF_LINK)
    # About an order, and not to where its mail goes.
    ELSEWHERE = (Kind.ONCE, Kind.MOVED)
    MOVING = (State.WAITING, State.SENDING, State.HANDED)

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(_("about"), max_length=12, choices=Kind.choices)
    email = models.EmailField(_("to"))
    counted_as = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )
    is_known = models.BooleanField(null=True, editable=False)
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, null=True, blank=True, related_name="mails"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    claim = models.CharField(max_length=32, blank=True)
    message_id = models.CharField(_("known as"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("next try"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    bounced_at = models.DateTimeField(_("came back"), null=True)
    bounce = models.CharField(_("why it came back"), max_length=500, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("order", "once", "moved"), order__isnull=False)
                | (~Q(kind__in=("order", "once", "moved")) & Q(order__isnull=True)),
                name="mail_about_an_order_names_it",
            ),
        ]
        indexes = [
            models.Index(
                fields=("due_at", "id"),
                condition=Q(state__in=("waiting", "sending", "handed")),
                name="mail_waiting_longest",
            ),
            models.Index(
                fields=("id",),
                condition=Q(
                    is_known__isnull=True, state="waiting", kind__in=("registration", "password")
                ),
                name="mail_nobody_has_looked_up",
            ),
            models.Index(fields=("email",), name="mail_by_address"),
            models.Index(fields=("-created_at", "-id"), name="mail_by_time"),
            models.Index(
                fields=("order",),
                condition=Q(bounced_at__isnull=False) | Q(state__in=("set_aside", "doubtful")),
                name="mail_in_trouble",
            ),
            models.Index(
                fields=("counted_as",), condition=~Q(counted_as=""), name="mail_by_what_counts"
            ),
            models.Index(fields=("message_id",), name="mail_by_its_name"),
            models.Index(
                fields=("person", "created_at"),
                condition=Q(person__isnull=False),
                name="mail_by_person",
            ),
            models.Index(
                fields=("shop", "created_at"),
                condition=Q(state="set_aside") | Q(bounced_at__isnull=False),
                name="mail_failed_by_shop",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Mail {number}").format(number=self.pk)


class LinkRequestQuerySet(models.QuerySet["LinkRequest"]):
    def past_retention(self, at: datetime) -> "LinkRequestQuerySet":
        """Return those that nobody answered within `MAIL_GIVE_UP_HOURS`."""
        return self.filter(asked_at__lt=at - timedelta(hours=settings.MAIL_GIVE_UP_HOURS))


class LinkRequest(models.Model):
    """A request that an address be sent its links.

    Whether we know it is looked up afterwards, out of the asker's sight; then the row goes.
    """

    shop_path = INSTALLATION

    email = models.EmailField()
    asked_at = models.DateTimeField()

    objects = LinkRequestQuerySet.as_manager()

    class Meta:
        ordering = ("asked_at", "id")
