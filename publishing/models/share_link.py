"""Secret links by which a partner copies a published post, or a kit, to pass it on under its own
name.
"""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.permissions import Permission
from campaigns.kits.models import Kit, KitVersion
from campaigns.partners.models import Partner
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from links.models import Link
from posts.models import Post, Revision
from units.models import Unit


class ShareLinkQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW


class ShareLink(PublicIdModel):
    """A post's approved revision or a kit's issued version for one partner of a unit, until a day.
    Its address needs no account: it holds a secret of which only the hash is stored.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="shares", db_index=False)
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="shares")
    revision = models.ForeignKey(
        Revision, models.PROTECT, null=True, related_name="+", db_index=False
    )
    kit = models.ForeignKey(Kit, models.PROTECT, null=True, related_name="shares")
    version = models.ForeignKey(
        KitVersion, models.PROTECT, null=True, related_name="+", db_index=False
    )
    values = models.JSONField(default=dict)  # of a kit: the approved values, by placeholder
    # Counts the clicks that come by this partner; none where there is no official address.
    link = models.ForeignKey(Link, models.PROTECT, null=True, related_name="+", db_index=False)
    secret_hash = models.CharField(max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    made_at = models.DateTimeField()
    expires_on = models.DateField()  # the last day
    revoked_at = models.DateTimeField(null=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    post__isnull=False,
                    revision__isnull=False,
                    kit__isnull=True,
                    version__isnull=True,
                )
                | Q(
                    post__isnull=True,
                    revision__isnull=True,
                    kit__isnull=False,
                    version__isnull=False,
                ),
                name="a_share_link_has_one_subject",
            ),
            models.UniqueConstraint(
                fields=["partner", "post"],
                condition=Q(revoked_at=None),
                name="one_active_share_link_a_post",
            ),
            models.UniqueConstraint(
                fields=["partner", "kit"],
                condition=Q(revoked_at=None),
                name="one_active_share_link_a_kit",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-made_at", "-id"], name="share_links_of_unit"),
            models.Index(fields=["unit", "kit"], name="share_links_of_kit"),
        ]

    def __str__(self) -> str:
        return f"{self.post or self.kit} → {self.partner}"

    @property
    def content(self) -> dict[str, Any]:
        """Return the approved content of the post that is shared; empty for a kit."""
        return self.revision.content if self.revision else {}

    @staticmethod
    def hash_of(secret: str) -> str:
        """Hash a secret. Only the hash is stored: a reader of the table opens no page."""
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_opened_by(self, secret: str) -> bool:
        """Compare in a time that does not tell how much of the secret is right."""
        return hmac.compare_digest(self.secret_hash, self.hash_of(secret))
