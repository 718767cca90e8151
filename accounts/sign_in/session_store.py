"""Keep sessions in the database under a hash of their keys: who reads the table, or a backup, signs
in as nobody.
"""

import hashlib
from typing import Any, cast

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from accounts.models import Session


def hash_key(session_key: str) -> str:
    """Hash a key as it is stored. Keys have 165 random bits, so that a slow
    hash would add nothing.
    """
    return hashlib.sha256(session_key.encode()).hexdigest()


class SessionStore(DatabaseSessionStore):
    """Django's store, but for the key: in clear it is only in the cookie and in this object."""

    # The database store has asynchronous twins of its own, which would look for the key in clear.
    aexists, aload, acreate, asave, adelete = (
        SessionBase.aexists,
        SessionBase.aload,
        SessionBase.acreate,
        SessionBase.asave,
        SessionBase.adelete,
    )

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        row = Session.objects.filter(
            pk=hash_key(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(hash_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        row.pk = hash_key(row.pk)
        row.user_id = data.get("_auth_user_id")
        return row

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(hash_key(key))
