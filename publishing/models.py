from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from channels.models import Channel
from channels.states import Health, Kind
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from posts.models import Post, Revision
from posts.states import PostState
from publishing.states import ENDED, IN_HAND, State
from units.models import Unit


class DeliveryQuerySet(ScopedQuerySet):
    permission = "post_view"

    def sendable(self, now: datetime) -> Self:
        """Still rightly on its way out: approved as it stands, channel connected, unit in being, not too late.

        Asked when a delivery is claimed and again in the very statement that begins the visible call.
        """
        return self.filter(
            Q(post__valid_until__isnull=True) | Q(post__valid_until__gt=now),
            Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gt=now.date()),
            post__state=PostState.APPROVED,
            post__approved_revision=F("revision"),
            revision__content_sha256=F("content_sha256"),
            channel__health=Health.CONNECTED,
            channel__unit=F("unit"),
            not_after__gt=now,
        )


class Delivery(PublicIdModel):
    """One approved revision on its way to one channel."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deliveries")
    post = models.ForeignKey(Post, models.PROTECT, related_name="deliveries")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="deliveries")
    platform = models.CharField(max_length=10, choices=Kind)
    content_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.SCHEDULED)
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    fire_at = models.DateTimeField()  # due_at, or later when the platform asked to wait
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    draft_ref = models.CharField(max_length=200, blank=True)  # the invisible object on the platform
    committing_at = models.DateTimeField(null=True)  # set: a visible call may have been made in this attempt
    verify_at = models.DateTimeField(null=True)
    verify_count = models.PositiveSmallIntegerField(default=0)
    remote_id = models.CharField(max_length=200, blank=True)
    permalink = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)  # which sentence of publishing/wording.py
    platform_code = models.CharField(max_length=40, blank=True)  # the platform's error number, see channels/reasons.py
    error_detail = models.CharField(max_length=500, blank=True)  # the platform's words, tokens removed
    scheduled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            # Two revisions of a post can never both be live, nor on their way, on one channel.
            models.UniqueConstraint(
                fields=["post", "channel"], condition=~Q(state__in=sorted(ENDED)), name="one_live_delivery_a_channel"
            ),
            models.UniqueConstraint(
                fields=["channel", "remote_id"], condition=~Q(remote_id=""), name="one_delivery_a_remote_object"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | (~Q(remote_id="") & Q(published_at__isnull=False)),
                name="published_has_a_receipt",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(IN_HAND)) | Q(lease_until__isnull=False), name="in_hand_has_a_lease"
            ),
            models.CheckConstraint(condition=~Q(state="cancelled") | Q(remote_id=""), name="cancelled_never_visible"),
            models.CheckConstraint(condition=Q(not_after__gt=F("due_at")), name="not_after_follows_due"),
        ]
        indexes = [
            models.Index(fields=["platform", "fire_at"], condition=Q(state="scheduled"), name="delivery_due"),
            models.Index(fields=["lease_until"], condition=Q(state__in=sorted(IN_HAND)), name="delivery_leases"),
            models.Index(
                fields=["verify_at"], condition=Q(state__in=["verifying", "recalling"]), name="delivery_doubtful"
            ),
            models.Index(fields=["unit", "due_at"], name="delivery_unit_due"),
            # What waits, is under way or in doubt: few rows, asked for by every overview.
            models.Index(
                fields=["due_at"], condition=~Q(state__in=sorted({*ENDED, State.PUBLISHED})), name="delivery_open"
            ),
            models.Index(fields=["published_at"], condition=Q(state="published"), name="delivery_published"),
        ]

    def __str__(self) -> str:
        return f"{self.post} → {self.channel}"


class Attempt(models.Model):
    """One try, written before the first byte leaves and completed when the answer is known."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)  # published, later, refused, access, unknown, stopped
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]
