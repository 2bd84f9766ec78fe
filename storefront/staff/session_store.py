"""Session store in the database, keyed by a hash of the cookie."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from downloads.prepared_queries import PreparedQuery
from downloads.prepared_statements import Slot
from storefront.models import SecondFactor, StaffLanguage, StaffSession

KEY_COLUMN_LENGTH = 40
SEEN_AT_PRECISION = timedelta(hours=1)


def stored_key(session_key: str) -> str:
    """Return what stands in the database for a session's cookie: 160 bits of its SHA-256."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:KEY_COLUMN_LENGTH]


class SessionStore(DatabaseStore):
    """`row` is the session as it was read, if it was. Its end stands from its beginning on."""

    row: Any = None

    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    @property
    def stored_key(self) -> str:
        return stored_key(self.session_key or "")

    def note_use(self, *, address: str, program: str, at: datetime) -> None:
        """Keep from where it was used and with what, and when: to the hour."""
        # As the columns hold them, or a long one would be new each time.
        address, program = address[:64], program[:200]
        if self.row is not None:  # a fresh one has not been read yet
            was = (self.row.address, self.row.program)
            # One that no page of ours began waits for its hour.
            is_known = self.row.seen_at is None or was == (address, program)
            if is_known and (self.row.seen_at or self.row.begun_at) > at - SEEN_AT_PRECISION:
                return
        seen = {"address": address, "program": program, "seen_at": at}
        self.model.objects.filter(session_key=self.stored_key).update(**seen)

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 (Django's signature)
        if self.session_key is None:
            return self.create()
        session: Any = self
        row = self.create_model_instance(session._get_session(no_load=must_create))
        if must_create:
            self.row = None
            return _insert(row)
        # What it is used from is kept elsewhere, at the same time.
        kept = {"session_data": row.session_data, "user_id": row.user_id}
        if not self.model.objects.filter(session_key=row.session_key).update(**kept):
            raise UpdateError
        return None

    def cycle_key(self) -> None:
        """Go on under a fresh cookie, unless the session was ended meanwhile.

        Raises:
            SessionInterrupted: it was.
        """
        with transaction.atomic():
            if self.row is not None:
                mine = self.model.objects.filter(session_key=self.stored_key)
                if not mine.select_for_update().exists():
                    raise SessionInterrupted(_("This session was ended meanwhile."))
            super().cycle_key()

    def _get_session_from_db(self) -> StaffSession | None:
        now: datetime = timezone.now()
        self.row = _LASTING.first(key=self.stored_key, at=now)
        if self.row is None:
            self._session_key = None
        return self.row

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> StaffSession:
        session: Any = super().create_model_instance(data)
        session.session_key = stored_key(session.session_key)
        session.user_id = data.get(SESSION_KEY)
        session.begun_at = timezone.now()
        return session

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(stored_key(key))


def _insert(row: StaffSession) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Django tries the next key for ever, so only a key that is taken may be told as one.
        if not StaffSession.objects.filter(session_key=row.session_key).exists():
            raise
        raise CreateError from None


def _lasting() -> QuerySet[StaffSession]:
    factors = SecondFactor.objects.filter(user=OuterRef("user"))
    languages = StaffLanguage.objects.filter(user=OuterRef("user")).values("language")
    # Else each page of the admin would ask once more.
    chosen = {"has_factor": Exists(factors), "language": Subquery(languages[:1])}
    key = Slot("key", StaffSession._meta.get_field("session_key"))
    at = Slot("at", StaffSession._meta.get_field("expire_date"))
    return StaffSession.objects.filter(expire_date__gt=at, session_key=key).annotate(**chosen)


# Compiled once, as it stands before each page of the admin.
_LASTING = PreparedQuery(_lasting)
