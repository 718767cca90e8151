from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Topic
from channels.models import Channel
from channels.states import Health, Life, platforms
from core.models import PublicIdModel
from core.scope import Reach, ScopedQuerySet, line_of
from posts.models import Post, Revision
from posts.states import PostState
from publishing.identity import Here
from publishing.states import ENDED, IN_HAND, NEVER_SENT, BroadcastState, PauseStage, State
from units.models import Level, Unit


class RecallQuerySet(ScopedQuerySet):
    permission = "post_view"


class PauseQuerySet(ScopedQuerySet):
    permission = "post_view"

    def visible_to(self, user: Any) -> Self:
        """One's own ground, and the pauses of the units above it: they hold one's posts too."""
        reach = user.reach(self.permission) if getattr(user, "is_active", False) and hasattr(user, "reach") else ()
        above = self.filter(unit__path__in={path for part in reach for path in line_of(part.path)})
        return self.within(reach) | above

    def answered_by(self, user: Any) -> Self:
        """Those that this person may start, change and end, as `Pause.may_be_ordered_by` says of each."""
        wanted = Q(pk__in=[])
        for part in user.reach("publishing_pause"):
            if part.deep:
                wanted |= Q(authority__path__startswith=part.path, unit__path__startswith=part.path)
            else:
                narrow = Q(unit__level=Level.COMMUNE) | Q(channel__isnull=False)
                wanted |= Q(narrow, authority__path=part.path, unit__path=part.path)
        return self.filter(wanted)

    def active(self, now: datetime) -> Self:
        return self.filter(_active(now))

    def lasting(self, now: datetime) -> Self:
        """Active, or planned for later."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=now), started_at__isnull=False)


class Pause(PublicIdModel):
    """Nothing goes out within its scope: a unit and all below it, narrowed to a channel or a topic if one is named.

    Prepared in advance, it has no start; one act starts it. A start or an end that lies ahead is planned, and comes
    by itself. One that was called off before it began has an end and no start.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="pauses")
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, blank=True, related_name="pauses")
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("reason"), max_length=500)
    urgent_passes = models.BooleanField(_("urgent posts may go out"), default=False)
    started_at = models.DateTimeField(null=True)  # empty: prepared
    ended_at = models.DateTimeField(null=True)
    # The unit by whose authority it was ordered: only its leaders, and those above, change or end it.
    authority = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(started_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="pause_ends_after_start",
            )
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
        """Whether who holds the right in ``reach`` may order it, or change and end it: not what a unit above ordered,
        and nothing that holds units below their own."""
        if reach.deep:
            return reach.covers(self.authority.path) and reach.covers(self.unit.path)
        narrow = self.unit.level == Level.COMMUNE or self.channel_id is not None
        return narrow and reach.path == self.authority.path == self.unit.path

    def covers(self, delivery: "Delivery") -> bool:
        """Whether the delivery lies in its scope, as `_pauses` asks it of the database. Needs ``unit`` and ``post``."""
        return (
            delivery.unit.path.startswith(self.unit.path)
            and self.channel_id in (None, delivery.channel_id)
            and self.topic_id in (None, delivery.post.topic_id)
            and not (self.urgent_passes and delivery.post.urgent)
        )

    def lasts(self, at: datetime) -> bool:
        return self.started_at is not None and self.started_at <= at and (self.ended_at is None or at < self.ended_at)


class Recall(PublicIdModel):
    """One act that takes posts back from every page where they stand or may come to stand. Its ledger is the
    deliveries that point to it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="recalls")  # on whose ground it works
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="recalls")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="recalls")
    reason = models.TextField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    post_held = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)  # when the last row of the ledger had come to its end

    objects = RecallQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return str(self.campaign or self.post or "")


def _active(now: datetime) -> Q:
    return Q(Q(ended_at__isnull=True) | Q(ended_at__gt=now), started_at__lte=now)


def _active_at_its_hour(now: datetime) -> Q:
    """As `_active`, at the delivery's hour if that lies ahead: the engine asks a moment before, and a pause may be
    planned for that very second."""
    lasts = Q(ended_at__isnull=True) | Q(Q(ended_at__gt=F("fire_at")), ended_at__gt=now)
    return Q(lasts, Q(started_at__lte=now) | Q(started_at__lte=F("fire_at")))


def _over(now: datetime) -> Q:
    """Kept the delivery back: it was due before the pause ended, and had not gone out by then."""
    return Q(started_at__isnull=False, ended_at__lte=now, ended_at__gt=F("due_at"))


def _pauses(when: Q) -> Exists:
    """Whether a pause whose scope covers the delivery, ``when`` it counts."""
    covering = Pause.objects.alias(
        path=ExpressionWrapper(OuterRef("unit__path"), output_field=models.CharField()),
        due_at=ExpressionWrapper(OuterRef("due_at"), output_field=models.DateTimeField()),
        fire_at=ExpressionWrapper(OuterRef("fire_at"), output_field=models.DateTimeField()),
        urgent=ExpressionWrapper(OuterRef("post__urgent"), output_field=models.BooleanField()),
    ).filter(
        Q(channel__isnull=True) | Q(channel=OuterRef("channel")),
        Q(topic__isnull=True) | Q(topic=OuterRef("post__topic")),
        Q(urgent_passes=False) | Q(urgent=False),
        when,
        path__startswith=F("unit__path"),
    )
    return Exists(covering)


def paused(now: datetime) -> Exists:
    return _pauses(_active_at_its_hour(now))


def _frozen() -> Exists:
    """By somebody, or because this database has been restored, whether or not anybody has noticed yet."""
    return Exists(Freeze.objects.filter(Q(frozen_at__isnull=False) | ~Q(database=Here())))


class DeliveryQuerySet(ScopedQuerySet):
    permission = "post_view"

    def held(self, now: datetime) -> Self:
        """Waiting because a pause is active."""
        return self.filter(paused(now))

    def missed(self, now: datetime) -> Self:
        """Kept back by a pause that is over: due before it ended, and not sent by then. What had stood in line when it
        began is among them, so that a pause that ends lets nothing flood."""
        return self.filter(_pauses(_over(now)), ~paused(now))

    def valid(self, now: datetime) -> Self:
        """Rightful, and not too late."""
        return self.rightful(now).filter(not_after__gt=now)

    def rightful(self, now: datetime) -> Self:
        """Approved as it stands, not recalled, the channel in use and its unit's own, unit in being."""
        return self.filter(
            Q(post__valid_until__isnull=True) | Q(post__valid_until__gt=now),
            Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gt=timezone.localdate(now)),
            ~Q(channel__health=Health.DISCONNECTED),
            channel__life=Life.ACTIVE,
            post__state=PostState.APPROVED,
            post__approved_revision=F("revision"),
            revision__content_sha256=F("content_sha256"),
            channel__unit=F("unit"),
            recall__isnull=True,
        )

    def fit(self, now: datetime) -> Self:
        """Still rightly on its way out, whoever takes it there: valid, and nothing is paused or frozen."""
        return self.valid(now).exclude(_pauses(_active_at_its_hour(now) | _over(now)) | _frozen())

    def standing_by(self, now: datetime) -> Self:
        """Posts that the engine put up and that stand rightly, on pages that are connected."""
        return self.rightful(now).filter(
            ~Q(remote_id__startswith="hand:"),
            ~Q(remote_id__startswith="seen:"),
            state=State.PUBLISHED,
            channel__health=Health.CONNECTED,
        )

    def broadcastable(self, now: datetime) -> Self:
        """Whose followers may be told of them at this moment. Asked in the very statement that begins the sending."""
        return self.standing_by(now).exclude(_pauses(_active(now)) | _frozen())

    def postable(self, now: datetime) -> Self:
        """Tasks by hand that may be done now. They are before a person already, so a pause that is over leaves them
        there."""
        return self.filter(state=State.BY_HAND).valid(now).exclude(paused(now) | _frozen())

    def sendable(self, now: datetime) -> Self:
        """What the engine may send: fit, and the channel connected.

        Asked when a delivery is claimed and again in the very statement that begins the visible call.
        """
        return self.filter(channel__health=Health.CONNECTED).fit(now)


class Delivery(PublicIdModel):
    """One approved revision on its way to one channel."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deliveries")
    post = models.ForeignKey(Post, models.PROTECT, related_name="deliveries")
    # The engine moves thousands of rows a second: no index that another one covers or nobody asks for.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="deliveries", db_index=False)
    platform = models.CharField(max_length=10, choices=platforms)
    content_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.SCHEDULED)
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    fire_at = models.DateTimeField()  # due_at, or later when the platform asked to wait
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    session = models.IntegerField(null=True)  # the connection of the run that has it in hand, see core/sessions.py
    draft_ref = models.TextField(blank=True)  # the invisible object on the platform; the address of an upload is long
    # Under way: the platform is asked again with its reference, step by step, until it is whole and may be shown.
    draft_partial = models.BooleanField(default=False, db_default=False)
    prepare_at = models.DateTimeField(null=True)  # its videos go to the platform no sooner; empty: it has none
    preparations = models.PositiveSmallIntegerField(default=0, db_default=0)  # attempts that were to prepare it alone
    committing_at = models.DateTimeField(null=True)  # set: a visible call may have been made in this attempt
    verify_at = models.DateTimeField(null=True)
    verify_count = models.PositiveSmallIntegerField(default=0)
    remote_id = models.CharField(max_length=200, blank=True)
    permalink = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)  # which sentence of publishing/wording.py
    platform_code = models.CharField(max_length=80, blank=True)  # the platform's error number, see channels/reasons.py
    error_detail = models.CharField(max_length=500, blank=True)  # the platform's words, tokens removed
    # Wanted off the page.
    recall = models.ForeignKey(Recall, models.PROTECT, null=True, related_name="deliveries", db_index=False)
    hand_until = models.DateTimeField(null=True)  # when the task by hand should be done
    scheduled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
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
            models.CheckConstraint(
                condition=Q(draft_partial=False) | (~Q(draft_ref="") & ~Q(state="committing")),
                name="only_whole_drafts_are_shown",
            ),
        ]
        indexes = [
            models.Index(fields=["platform", "fire_at"], condition=Q(state="scheduled"), name="delivery_due"),
            models.Index(fields=["lease_until"], condition=Q(state__in=sorted(IN_HAND)), name="delivery_leases"),
            models.Index(
                fields=["verify_at"],
                condition=Q(state__in=["verifying", "recalling", "processing"]),
                name="delivery_doubtful",
            ),
            # Videos that are not on their platform yet. Few rows: those of texts and pictures are never among them.
            models.Index(
                fields=["platform", "prepare_at"],
                condition=Q(state="scheduled", prepare_at__isnull=False) & (Q(draft_ref="") | Q(draft_partial=True)),
                name="delivery_to_prepare",
            ),
            models.Index(fields=["unit", "due_at"], name="delivery_unit_due"),
            # What waits, is under way or in doubt: few rows, asked for by every overview.
            models.Index(
                fields=["due_at"], condition=~Q(state__in=sorted({*ENDED, State.PUBLISHED})), name="delivery_open"
            ),
            models.Index(fields=["published_at"], condition=Q(state="published"), name="delivery_published"),
            # The ledger of a recall, and what its queue has left to take down.
            models.Index(fields=["recall", "state"], condition=Q(recall__isnull=False), name="delivery_recall"),
            # What a recall found under way and has come to stand, or to wait, since. Few rows at any time.
            models.Index(
                fields=["platform"],
                condition=Q(recall__isnull=False, state__in=["published", "scheduled"]),
                name="delivery_to_pull_back",
            ),
            # Invisible drafts that ended deliveries left on the platforms. Few rows: each is emptied when it is gone.
            models.Index(
                fields=["platform"],
                condition=(
                    Q(state__in=["failed", "expired", "cancelled"]) | Q(state="recalled", verify_at__isnull=False)
                )
                & ~Q(draft_ref=""),
                name="delivery_litter",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} → {self.channel}"

    @property
    def unit_path(self) -> str:
        return self.unit.path

    @property
    def tries(self) -> int:
        """How often it was to be sent: preparing its videos ahead counts for nothing."""
        return self.attempt - self.preparations

    @property
    def is_prepared_early(self) -> bool:
        """In hand for its video alone: its second is still to come."""
        early = self.prepare_at is not None and self.attempt == self.preparations
        return early and self.state == State.CLAIMED and self.fire_at > timezone.now()


class BroadcastQuerySet(ScopedQuerySet):
    permission = "post_view"


class Broadcast(PublicIdModel):
    """A post that stands, sent to everybody who follows its page: asked for by one person, confirmed by another.

    It has no field for whom it goes to: it goes to all, and the portal knows how many, never who.
    """

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="broadcasts")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=BroadcastState, default=BroadcastState.PLANNED)
    reason = models.TextField(max_length=500)
    followers = models.PositiveIntegerField(null=True)  # as the platform counted them when it was asked for
    wanted_at = models.DateTimeField(null=True)  # empty: as soon as it is confirmed
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_until = models.DateTimeField()  # unconfirmed, it is called off then
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    words = models.TextField(max_length=500, blank=True)  # why it was confirmed
    day = models.DateField(null=True)  # in Viet Nam, on which followers receive it
    send_at = models.DateTimeField(null=True)  # from its confirmation on; later when the platform asked to wait
    not_after = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True)  # set: the call may have been made
    number = models.CharField(max_length=100, blank=True)  # the platform's, of the sending: queued there, not yet read
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    error_code = models.CharField(max_length=40, blank=True)  # which sentence of publishing/broadcast_wording.py
    platform_code = models.CharField(max_length=80, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"], condition=~Q(state__in=sorted(NEVER_SENT)), name="one_broadcast_a_post"
            ),
            # Followers get one a day; a second would be lost, or be one too many.
            models.UniqueConstraint(
                fields=["channel", "day"], condition=~Q(state__in=sorted(NEVER_SENT)), name="one_broadcast_a_day"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")), name="broadcast_by_two_people"
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
                condition=~Q(state="sending") | Q(sending_at__isnull=False), name="broadcast_call_is_on_record"
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | ~Q(number="") | Q(decided_by__isnull=False),
                name="broadcast_sent_has_a_number",
            ),
        ]
        indexes = [
            # What waits, is under way or in doubt. Few rows.
            models.Index(
                fields=["state", "send_at"],
                condition=Q(state__in=["planned", "confirmed", "sending", "unknown"]),
                name="broadcast_open",
            ),
        ]

    def __str__(self) -> str:
        return str(self.delivery)


class Attempt(models.Model):
    """One try, written before the first byte leaves and completed when the answer is known."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)  # which word of publishing/wording.py
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]


class Gate(models.Model):
    """What every worker waits for before it calls a platform: the pace of one of our applications there, a wait that
    the platform asked for, or, with an empty key, the circuit breaker of the platform as a whole."""

    platform = models.CharField(max_length=10, choices=platforms)
    key = models.CharField(max_length=64, blank=True)  # the application; a bot's by the hash of its token
    opens_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)  # how often in a row the breaker opened

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "key"], name="one_gate_a_key")]


class Pulse(models.Model):
    """When a queue's bell was last heard. One row a queue, for those who watch."""

    queue = models.CharField(max_length=40, primary_key=True)
    rung_at = models.DateTimeField()


class Alarm(models.Model):
    """Something is late or stuck. Open until it is over; mail goes out once when it begins and once when it ends."""

    kind = models.CharField(max_length=40)  # which sentence of publishing/alarms.py
    key = models.CharField(max_length=60, blank=True)  # the platform or queue
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)  # when a watch last saw the sign: an alarm ends when it stays away
    closed_at = models.DateTimeField(null=True)
    tell_at = models.DateTimeField(null=True)  # when people are told next; who moves it on tells them
    tells = models.PositiveSmallIntegerField(default=0)  # how often its beginning, or its end, was told

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], condition=Q(closed_at__isnull=True), name="one_open_alarm")
        ]
        indexes = [models.Index(fields=["tell_at"], condition=Q(tell_at__isnull=False), name="alarm_to_tell")]


class Freeze(models.Model):
    """The one row that says which database this is, and whether publishing is frozen until people have looked."""

    database = models.CharField(max_length=120)  # see publishing/freezing.py
    frozen_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)  # restored, or stopped by a person
    words = models.TextField(max_length=500, blank=True)  # why, as the person wrote it
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    known_until = models.DateTimeField(null=True)  # the last moment that a restored database knows of
    doubted_at = models.DateTimeField(null=True)  # when all that may have been sent since then was put in doubt
    read_back_at = models.DateTimeField(null=True)  # when the pages had been asked
    release_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    release_words = models.TextField(max_length=500, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_freeze_row")]

    def __str__(self) -> str:
        return gettext("Publishing")
