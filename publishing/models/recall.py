"""Recalls: one action that takes posts back from every page."""

from django.conf import settings
from django.db import models

from accounts.permissions import Permission
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from posts.models import Post
from units.models import Unit


class RecallQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW


class Recall(PublicIdModel):
    """One action that takes posts back from every page where they are live or may become live. Its
    report is the deliveries that point to it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="recalls")  # in whose area it works
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="recalls")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="recalls")
    kit = models.ForeignKey(Kit, models.PROTECT, null=True, related_name="recalls")
    reason = models.TextField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(
        null=True
    )  # when the last row of the ledger had come to its end

    objects = RecallQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]

    @property
    def is_of_many(self) -> bool:
        """Check whether it takes back the posts of many units."""
        return self.post_id is None

    def __str__(self) -> str:
        return str(self.kit or self.campaign or self.post or "")
