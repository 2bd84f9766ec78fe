"""What shops tell us, stored before it is applied, so that nothing said is lost or done twice."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models.shops import Shop


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: datetime) -> "MessageQuerySet":
        """Return the messages whose turn has come at `at`, the longest waiting first."""
        return self.filter(state=Message.State.WAITING, due_at__lte=at).order_by("due_at", "pk")

    def done(self) -> "MessageQuerySet":
        """Return the messages that need nothing more: applied, or nothing to do."""
        return self.filter(state__in=(Message.State.APPLIED, Message.State.IGNORED))

    def past_retention(self, at: datetime) -> "MessageQuerySet":
        """Return those done with that came `MESSAGE_RETENTION_DAYS` ago or more."""
        end = at - timedelta(days=settings.MESSAGE_RETENTION_DAYS)
        return self.done().filter(received_at__lt=end)


class Message(models.Model):
    """One thing a shop said, once. (shop, source, topic, delivery id) is what makes it one.

    `body` is what must be known to apply it, as JSON in ASCII with no secret in it, and `person`
    what of it is personal; both are emptied once the message is applied. `due_at` is when it is
    tried next. `about_customer` and `about_order` are the platform's numbers of the buyer and of
    the order it speaks of, null where it does not say.
    """

    shop_path = "shop"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPLIED = "applied", _("Applied")
        SET_ASIDE = "set_aside", _("Set aside")
        IGNORED = "ignored", _("Nothing to do")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="messages")
    source = models.CharField(max_length=20)
    topic = models.CharField(max_length=100)
    delivery_id = models.CharField(_("delivery"), max_length=100)
    body = models.TextField(blank=True)
    person = models.TextField(blank=True)
    about_customer = models.BigIntegerField(null=True)
    about_order = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    received_at = models.DateTimeField(_("received"))
    due_at = models.DateTimeField(_("next try"))
    applied_at = models.DateTimeField(_("applied"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message from your shop")
        verbose_name_plural = _("messages from your shop")
        ordering = ("-received_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "source", "topic", "delivery_id"),
                name="message_is_stored_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state="waiting"),
                name="message_waiting_longest",
            ),
            models.Index(
                fields=("shop", "due_at", "id"),
                condition=models.Q(state="waiting"),
                name="message_next_in_turn",
            ),
            models.Index(fields=("-received_at", "-id"), name="message_by_time"),
            models.Index(fields=("shop", "-received_at", "-id"), name="message_by_shop_and_time"),
            models.Index(fields=("shop", "about_customer"), name="message_about_customer"),
            models.Index(
                fields=("shop", "due_at"),
                condition=models.Q(state="set_aside"),
                name="message_set_aside_by_shop",
            ),
        ]

    def __str__(self) -> str:
        return f"{isolate(self.topic)} {isolate(self.delivery_id)}"
