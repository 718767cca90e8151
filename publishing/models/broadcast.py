"""Broadcasts: a live post, sent once to the followers of its page."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.permissions import Permission
from channels.models import Channel
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from publishing.models.delivery import Delivery, match_allowed_reason
from publishing.states import (
    BROADCAST_REASONS,
    NEVER_SENT,
    BroadcastReason,
    BroadcastState,
)
from units.models import Unit


class BroadcastQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW


class Broadcast(PublicIdModel):
    """A live post, sent to everybody who follows its page: asked for by one person, confirmed by
    another.

    It has no field for whom it goes to: it goes to all, and the portal knows how many, never who.
    """

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="broadcasts")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=BroadcastState, default=BroadcastState.PLANNED)
    reason = models.TextField(max_length=500)
    followers = models.PositiveIntegerField(
        null=True
    )  # as the platform counted them when it was asked for
    requested_time = models.DateTimeField(null=True)  # empty: as soon as it is confirmed
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_until = models.DateTimeField()  # unconfirmed, it is called off then
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    words = models.TextField(max_length=500, blank=True)  # why it was confirmed
    # What proves the confirmation, see publishing/sealed.py: without it nothing is sent.
    method = models.CharField(max_length=10, blank=True)
    key_id = models.CharField(max_length=16, blank=True)
    seal = models.CharField(max_length=64, blank=True)
    day = models.DateField(null=True)  # in Viet Nam, on which followers receive it
    send_at = models.DateTimeField(
        null=True
    )  # from its confirmation on; later when the platform asked to wait
    not_after = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True)  # set: the call may have been made
    number = models.CharField(
        max_length=100, blank=True
    )  # the platform's, of the sending: queued there, not yet read
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    error_code = models.CharField(max_length=40, blank=True)  # a BroadcastReason
    platform_code = models.CharField(max_length=80, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"],
                condition=~Q(state__in=sorted(NEVER_SENT)),
                name="one_broadcast_a_post",
            ),
            models.CheckConstraint(
                condition=match_allowed_reason(BROADCAST_REASONS), name="broadcast_bears_its_reason"
            ),
            # Followers get one a day; a second would be lost, or be one too many.
            models.UniqueConstraint(
                fields=["channel", "day"],
                condition=~Q(state__in=sorted(NEVER_SENT)),
                name="one_broadcast_a_day",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")),
                name="broadcast_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "cancelled"])
                | Q(
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    day__isnull=False,
                    send_at__isnull=False,
                    not_after__isnull=False,
                ),
                name="broadcast_confirmed_before_sent",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(sending_at__isnull=False),
                name="broadcast_call_is_on_record",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | ~Q(number="") | Q(decided_by__isnull=False),
                name="broadcast_sent_has_a_number",
            ),
        ]
        indexes = [
            # What waits, is under way or has an unknown outcome. Few rows.
            models.Index(
                fields=["state", "send_at"],
                condition=Q(state__in=["planned", "confirmed", "sending", "unknown"]),
                name="broadcast_open",
            ),
            # As of deliveries: the watch counts them.
            models.Index(
                fields=["ended_at"],
                condition=Q(state="failed", error_code=BroadcastReason.NOT_APPROVED),
                name="broadcast_not_approved",
            ),
        ]

    def __str__(self) -> str:
        return str(self.delivery)
