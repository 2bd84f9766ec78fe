"""How staff come in: what they show beside a password, tries that are counted, and sessions."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.models import Device

from downloads.bidi import isolate
from downloads.encryption import seal, unseal
from downloads.tenancy import INSTALLATION

# Who does not come back within so many turns loses their place in line.
HELD_TURNS = 6


class SecondFactor(Device):
    """The key that a person's app makes codes from. It is used again, so it is stored encrypted.

    `last_step` is the half minute of the last code that was taken: each works once.
    """

    shop_path = INSTALLATION

    sealed = models.TextField(editable=False)
    last_step = models.BigIntegerField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = gettext_lazy("second factor")
        constraints = [
            models.UniqueConstraint(fields=("user",), name="person_has_one_second_factor"),
        ]

    def __str__(self) -> str:
        return _("Second factor of {user}").format(user=isolate(self.user))

    @classmethod
    def keep(cls, user: models.Model, *, key: str, last_step: int) -> "SecondFactor":
        """Store a person's key, of which one code was shown already."""
        return cls.objects.create(
            user=user, name="app", confirmed=True, sealed=seal(key), last_step=last_step
        )

    def reveal(self) -> str:
        """Return the key itself.

        Raises:
            SealBroken: the key it was sealed with is no longer set.
        """
        return unseal(self.sealed)

    def take_step(self, step: int) -> bool:
        """Take a half minute's code; False where it, or a later one, was taken before."""
        rows = SecondFactor.objects.filter(pk=self.pk, last_step__lt=step)
        return rows.update(last_step=step) == 1


class RecoveryCode(models.Model):
    """What comes in place of a lost telephone, once. Stored as a hash."""

    shop_path = INSTALLATION

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)


class CountedTriesQuerySet(models.QuerySet["CountedTries"]):
    def take(self, at: datetime) -> int:
        """Count one more try on these rows; return how many had one left.

        One statement that touches its own columns alone: of a hundred at the same moment, as many
        are let through as may be.
        """
        begins_anew = When(ends_at__lte=at, then=Value(1))
        return self.filter(Q(ends_at__lte=at) | Q(taken__lt=settings.STAFF_TRIES)).update(
            taken=Case(begins_anew, default=F("taken") + 1),
            ends_at=at + timedelta(seconds=settings.STAFF_LOCK_SECONDS),
        )

    def pace(self, at: datetime, *, free: int = 1) -> int:
        """Take a turn on these rows that have so many free; return how many had. One statement,
        like `take`.

        `ends_at` is here when all turns taken so far would have passed at one each
        `STAFF_TRY_SECONDS` (GCRA, a leaky bucket kept as one moment).
        """
        turn = timedelta(seconds=settings.STAFF_TRY_SECONDS)
        idle = When(ends_at__lte=at, then=Value(at + turn, output_field=models.DateTimeField()))
        return self.filter(ends_at__lte=_paced_until(at, free=free)).update(
            ends_at=Case(idle, default=F("ends_at") + turn)
        )

    def wait(self, at: datetime, *, free: int = 1) -> timedelta | None:
        """Return how long until these rows have so many turns free; None where none must wait."""
        row = self.filter(ends_at__gt=_paced_until(at, free=free)).first()
        return None if row is None else row.ends_at - _paced_until(at, free=free)

    def queue(self, at: datetime) -> int:
        """Keep these rows' places in line a while longer; return how many there are."""
        until = at + timedelta(seconds=HELD_TURNS * settings.STAFF_TRY_SECONDS)
        lapsed = When(ends_at__lte=at, then=Value(at, output_field=models.DateTimeField()))
        return self.update(ends_at=until, since=Case(lapsed, default=F("since")))

    def in_line(self, name: str, at: datetime) -> Self:
        """Return the addresses that wait for a turn of a name, the longest waiting first."""
        waiting = self.filter(whose=name, since__isnull=False, ends_at__gt=at)
        return waiting.order_by("since", "pk")

    def sound(self, at: datetime, *, person: int | None) -> int:
        """Note on these rows that somebody is to be told; 0 where that was lately."""
        lasts = at + timedelta(seconds=settings.STAFF_ALARM_SECONDS)
        return self.filter(ends_at__lte=at).update(ends_at=lasts, taken=0, person=person)

    def untold(self) -> Self:
        """Return of whom the mail that tells is yet to be written."""
        return self.filter(person__isnull=False, taken=0)

    def locked(self, at: datetime) -> Self:
        """Return the counts that let nobody through."""
        return self.filter(taken__gte=settings.STAFF_TRIES, ends_at__gt=at)

    def ended(self, at: datetime) -> Self:
        """Return the counts that would begin anew."""
        return self.filter(Q(person=None) | Q(taken__gt=0), ends_at__lte=at)


class CountedTries(models.Model):
    """Failed login attempts: of a name from an IP, a known device, a person's codes, or anywhere.

    Also an address that waits for a turn of a name (`since` when), and whether somebody was told
    lately.

    `who` is a keyed hash: people type passwords where a name is asked for. So is `whose`, of the
    name alone, by which an unlocking finds all its counts. `person` is who is to be told of wrong
    tries: not yet while `taken` is 0.
    """

    shop_path = INSTALLATION

    who = models.CharField(max_length=64, unique=True)
    whose = models.CharField(max_length=64, blank=True, default="", db_default="", db_index=True)
    taken = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)
    since = models.DateTimeField(null=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )

    objects = CountedTriesQuerySet.as_manager()


def _paced_until(at: datetime, *, free: int) -> datetime:
    turns = settings.STAFF_TRIES_ANYWHERE - free
    return at + timedelta(seconds=turns * settings.STAFF_TRY_SECONDS)


class StaffSession(AbstractBaseSession):
    """One browser that somebody signed in with. `session_key` is a hash of its cookie.

    `user` is null before the sign-in; `seen_at` is true to the hour, and null until seen.
    """

    shop_path = INSTALLATION

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    address = models.CharField(max_length=64, blank=True)
    program = models.CharField(max_length=200, blank=True)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    objects: ClassVar[BaseSessionManager] = BaseSessionManager()

    @classmethod
    def get_session_store_class(cls) -> type:
        # By its name: the store stands on this model.
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")
