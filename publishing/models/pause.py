"""Pauses: nothing goes out within their scope while they last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from campaigns.models import Topic
from channels.models import Channel
from core.models import PublicIdModel
from core.scope import Reach, ScopedQuerySet, list_ancestors
from publishing.states import (
    PauseStage,
)
from units.models import Level, Unit


class PauseQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW

    def visible_to(self, user: Any) -> Self:
        """Select the pauses of one's own scope, and of the
        units above it: they hold one's posts too."""
        reach = (
            user.reach(self.permission)
            if getattr(user, "is_active", False) and hasattr(user, "reach")
            else ()
        )
        above = self.filter(
            unit__path__in={path for part in reach for path in list_ancestors(part.path)}
        )
        return self.within(reach) | above

    def answered_by(self, user: Any) -> Self:
        """Select those that this person may start, change
        and end, as `Pause.may_be_ordered_by` says of each."""
        own = Q(pk__in=[])
        for part in user.reach(Permission.PUBLISHING_PAUSE):
            if part.deep:
                own |= Q(authority__path__startswith=part.path, unit__path__startswith=part.path)
            else:
                narrow = Q(unit__level=Level.COMMUNE) | Q(channel__isnull=False)
                own |= Q(narrow, authority__path=part.path, unit__path=part.path)
        return self.filter(own)

    def active(self, now: datetime) -> Self:
        return self.filter(active_condition(now))

    def lasting(self, now: datetime) -> Self:
        """Select those that are active, or planned for later."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=now), started_at__isnull=False)


class Pause(PublicIdModel):
    """Nothing goes out within its scope: a unit and all below it, narrowed to a channel or a topic
    if one is named.

    Prepared in advance, it has no start; one action starts it. A start or an end that lies ahead is
    planned, and comes by itself. One that was called off before it began has an end and no start.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="pauses")
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="pauses"
    )
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("reason"), max_length=500)
    urgent_passes = models.BooleanField(_("urgent posts may go out"), default=False)
    # A blackout: besides, nothing may be scheduled for its time, so it has an end. To the engine it
    # is a pause like any other.
    is_blackout = models.BooleanField(default=False, db_default=False)
    started_at = models.DateTimeField(null=True)  # empty: prepared
    ended_at = models.DateTimeField(null=True)
    # The unit by whose authority it was ordered: only its leaders, and those above, change or end
    # it.
    authority = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(ended_at__gte=F("started_at")),
                name="pause_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(is_blackout=False)
                | Q(started_at__isnull=True)
                | Q(ended_at__isnull=False),
                name="blackout_has_an_end",
            ),
        ]
        indexes = [models.Index(fields=["ended_at", "started_at"], name="pause_time")]

    def __str__(self) -> str:
        return " · ".join(str(part) for part in (self.unit, self.channel, self.topic) if part)

    def stage(self, now: datetime) -> PauseStage:
        if self.started_at is None:
            return PauseStage.PREPARED if self.ended_at is None else PauseStage.DISCARDED
        if self.ended_at is not None and self.ended_at <= now:
            return PauseStage.PAST
        return PauseStage.ACTIVE if self.started_at <= now else PauseStage.PLANNED

    def may_be_ordered_by(self, reach: Reach) -> bool:
        """Tell whether who holds the right in ``reach`` may order it, or change and end it.

        Not what a unit above ordered, and nothing that holds units below their own.
        """
        if reach.deep:
            return reach.covers(self.authority.path) and reach.covers(self.unit.path)
        narrow = self.unit.level == Level.COMMUNE or self.channel_id is not None
        return narrow and reach.path == self.authority.path == self.unit.path

    def covers(self, delivery: Any) -> bool:
        """Tell whether the delivery lies in its scope, as `_pauses`
        asks it of the database. Needs ``unit`` and ``post``."""
        return (
            delivery.unit.path.startswith(self.unit.path)
            and self.channel_id in (None, delivery.channel_id)
            and self.topic_id in (None, delivery.post.topic_id)
            and not (self.urgent_passes and delivery.post.urgent)
        )

    def lasts(self, at: datetime) -> bool:
        return (
            self.started_at is not None
            and self.started_at <= at
            and (self.ended_at is None or at < self.ended_at)
        )


def active_condition(now: datetime) -> Q:
    return Q(Q(ended_at__isnull=True) | Q(ended_at__gt=now), started_at__lte=now)


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses, active or planned, that matter to somebody, asked for once a request; rows are
    matched in memory.
    """

    rows: tuple[Pause, ...] = ()
    now: datetime = datetime.min

    def over(self, delivery: Any) -> Pause | None:
        """Return the pause that holds the delivery at its hour, or now where that has passed."""
        if not self.rows:
            return None
        at = max(delivery.fire_at, self.now)
        return next(
            (pause for pause in self.rows if pause.lasts(at) and pause.covers(delivery)), None
        )

    @property
    def active(self) -> list[Pause]:
        return [pause for pause in self.rows if pause.lasts(self.now)]

    def coming(self, within: timedelta) -> list[Pause]:
        return [
            pause
            for pause in self.rows
            if pause.started_at and self.now < pause.started_at <= self.now + within
        ]
