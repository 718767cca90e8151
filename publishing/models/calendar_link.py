"""Links by which a calendar program reads what a unit plans."""

import hashlib
import hmac

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import PublicIdModel
from units.models import Unit


class CalendarLink(PublicIdModel):
    """A secret address of a unit's calendar. It shows what its owner may see at that moment, and
    nothing once they may not.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_links", db_index=False
    )
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", db_index=False)
    own_posts = models.BooleanField(default=False)  # only what the owner wrote or edited last
    secret_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            models.Index(fields=["user"], condition=Q(revoked_at=None), name="calendar_link_in_use")
        ]

    def __str__(self) -> str:
        return str(self.unit)

    @staticmethod
    def hash_of(secret: str) -> str:
        """Hash a secret. Only the hash is stored: a reader of the table opens no calendar."""
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_opened_by(self, secret: str) -> bool:
        """Compare in a time that does not tell how much of the secret is right."""
        return hmac.compare_digest(self.secret_hash, self.hash_of(secret))
