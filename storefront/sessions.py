"""Sessions in the database, under a hash of the cookie: a dump of it signs nobody in."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

KEY_COLUMN_LENGTH = 40


def stored_key(session_key: str) -> str:
    """Return what stands in the database for a session's cookie: 160 bits of its SHA-256."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:KEY_COLUMN_LENGTH]


class SessionStore(DatabaseStore):
    def _get_session_from_db(self) -> AbstractBaseSession | None:
        now: datetime = timezone.now()
        session = self.model.objects.filter(
            session_key=stored_key(self.session_key or ""), expire_date__gt=now
        ).first()
        if session is None:
            self._session_key = None
        return session

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        session = super().create_model_instance(data)
        session.session_key = stored_key(session.session_key)
        return session

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(stored_key(key))
