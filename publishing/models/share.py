"""Secret links by which a partner copies a published post, or a kit, to pass it on under its own
name.
"""

import hashlib
import hmac

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.kits.models import Kit, KitVersion
from campaigns.partners.models import Partner
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from links.models import Link
from posts.models import Post, Revision
from units.models import Unit


class SecretPage(PublicIdModel):
    """A page without an account. Its address holds a secret of which only the hash is stored."""

    secret_hash = models.CharField(max_length=64)

    class Meta:
        abstract = True

    @staticmethod
    def hash_of(secret: str) -> str:
        """Hash a secret. Only the hash is stored: a reader of the table opens no page."""
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_opened_by(self, secret: str) -> bool:
        """Compare in a time that does not tell how much of the secret is right."""
        return hmac.compare_digest(self.secret_hash, self.hash_of(secret))


class ShareQuerySet(ScopedQuerySet):
    permission = "post_view"


class Share(SecretPage):
    """A post's approved revision for one partner, until a day."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="shares", db_index=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="shares")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+", db_index=False)
    # Counts the clicks that come by this partner; none where the page gives posts no address.
    link = models.ForeignKey(Link, models.PROTECT, null=True, related_name="+", db_index=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    made_at = models.DateTimeField()
    expires_on = models.DateField()  # the last day
    revoked_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "post"],
                condition=Q(revoked_at=None),
                name="one_open_share_a_partner",
            )
        ]
        indexes = [models.Index(fields=["unit", "-made_at", "-id"], name="shares_of_unit")]

    def __str__(self) -> str:
        return f"{self.post} → {self.partner}"


class KitShare(SecretPage):
    """An issued version of a kit for one partner of a unit, with the unit's words in its gaps,
    until a day.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="kit_shares", db_index=False)
    kit = models.ForeignKey(Kit, models.PROTECT, related_name="shares")
    version = models.ForeignKey(KitVersion, models.PROTECT, related_name="+", db_index=False)
    values = models.JSONField(default=dict)  # approved words of the gaps, by their names
    # Counts the clicks that come by this partner; none where there is no official address.
    link = models.ForeignKey(Link, models.PROTECT, null=True, related_name="+", db_index=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    made_at = models.DateTimeField()
    expires_on = models.DateField()  # the last day
    revoked_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "kit"],
                condition=Q(revoked_at=None),
                name="one_open_kit_share_a_partner",
            )
        ]
        indexes = [models.Index(fields=["unit", "kit"], name="kit_shares_of_unit")]

    def __str__(self) -> str:
        return f"{self.kit} → {self.partner}"
