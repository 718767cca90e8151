"""Deliveries: one approved revision to one channel, its attempts, and which of them may go out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.permissions import Permission
from channels.models import Channel
from channels.states import Health, Lifecycle, platforms
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from posts.models import Post, Review, Revision, RevisionMedia
from posts.states import ENDS, PostState
from publishing.models.database_identity import CurrentDatabaseId
from publishing.models.freeze import Freeze
from publishing.models.pause import Pause, active_condition
from publishing.models.recall import Recall
from publishing.states import (
    CONCLUDED,
    ENDED,
    IN_HAND,
    MISSED,
    REASONS,
    TO_PULL_BACK,
    UNDECIDED,
    Outcome,
    Reason,
    ReceiptSource,
    State,
)
from units.models import Unit


def match_allowed_reason(table: Mapping[str, frozenset[str]]) -> Q:
    """Return the condition that a row's reason is one that its state may bear."""
    condition = Q()
    for state, reasons in table.items():
        condition |= Q(state=str(state), error_code__in=sorted(map(str, reasons)))
    return condition


def _match_receipt() -> Q:
    """Return the condition that somebody says that the post is, or was, on the page."""
    return ~Q(remote_id="") | ~Q(receipt_source="platform")


def _match_active_at_due_time(now: datetime) -> Q:
    """Return the condition of `active_condition`, at the delivery's hour if that lies ahead.

    The engine asks a moment before, and a pause may be planned for that very second.
    """
    lasts = Q(ended_at__isnull=True) | Q(Q(ended_at__gt=F("fire_at")), ended_at__gt=now)
    return Q(lasts, Q(started_at__lte=now) | Q(started_at__lte=F("fire_at")))


def _match_kept_back(now: datetime) -> Q:
    """Return the condition that an ended pause kept the
    delivery back: due before its end, and not out by then."""
    return Q(started_at__isnull=False, ended_at__lte=now, ended_at__gt=F("due_at"))


def _match_pauses(when: Q) -> Exists:
    """Return the condition that a pause covers the delivery, ``when`` it counts."""
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


def match_expired_media(now: datetime) -> Exists:
    """Return the condition that the delivery's revision shows a picture whose last day is over."""
    return Exists(
        RevisionMedia.objects.filter(
            revision=OuterRef("revision"), media__expires_on__lt=timezone.localdate(now)
        )
    )


def match_ended_approval() -> Exists:
    """Return the condition that the approval of the delivery's revision ended. It stays ended,
    whatever the post's row says: decisions are only added.
    """
    return Exists(Review.objects.filter(revision=OuterRef("revision"), decision__in=ENDS))


def _match_usable_kit() -> Q:
    """Return the condition that the post came of no kit, or of one that nobody has withdrawn and
    whose core the approved content holds.
    """
    cut_from = KeyTextTransform("core", KeyTransform("kit", "revision__content"))
    return Q(post__adoption__isnull=True) | Q(
        Exact(cut_from, F("post__adoption__version__content_sha256")),
        post__adoption__kit__withdrawn_at__isnull=True,
    )


def match_paused(now: datetime) -> Exists:
    return _match_pauses(_match_active_at_due_time(now))


def _match_frozen() -> Exists:
    """Return the condition that publishing is frozen: by somebody, or because this database has
    been restored.

    It holds after a restore whether or not anybody has noticed yet.
    """
    return Exists(
        Freeze.objects.filter(Q(frozen_at__isnull=False) | ~Q(database=CurrentDatabaseId()))
    )


class DeliveryQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW

    def under_pause(self, now: datetime) -> Self:
        """Select those that wait because a pause is active."""
        return self.filter(match_paused(now))

    def missed(self, now: datetime) -> Self:
        """Select those kept back by a pause that is over: due before it ended, and not sent by
        then.

        What had been waiting when it began is among them, so that the end of a pause floods no
        page.
        """
        return self.filter(_match_pauses(_match_kept_back(now)), ~match_paused(now))

    def approved_in_time(self, now: datetime) -> Self:
        """Select those that are still approved, and not too late."""
        return self.still_approved(now).filter(not_after__gt=now)

    def still_approved(self, now: datetime) -> Self:
        """Select those approved as they are, not recalled, the
        channel in use and its unit's own, the unit in being, and
        every picture within the days for which the unit may use it."""
        return self.filter(
            Q(post__valid_until__isnull=True) | Q(post__valid_until__gt=now),
            Q(post__legal_until__isnull=True) | Q(post__legal_until__gte=timezone.localdate(now)),
            Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gt=timezone.localdate(now)),
            ~Q(channel__health=Health.DISCONNECTED),
            ~match_expired_media(now),
            ~match_ended_approval(),
            _match_usable_kit(),
            channel__lifecycle=Lifecycle.ACTIVE,
            post__state=PostState.APPROVED,
            post__approved_revision=F("revision"),
            revision__content_sha256=F("content_sha256"),
            channel__unit=F("unit"),
            recall__isnull=True,
        )

    def deliverable_now(self, now: datetime) -> Self:
        """Select those still rightly on their way out, whoever
        takes them there: approved, in time, and nothing is paused or frozen."""
        return self.approved_in_time(now).exclude(
            _match_pauses(_match_active_at_due_time(now) | _match_kept_back(now)) | _match_frozen()
        )

    def visible(self, now: datetime) -> Self:
        """Select live posts that the engine published, still approved and on connected pages."""
        return self.still_approved(now).filter(
            receipt_source=ReceiptSource.PLATFORM,
            state=State.PUBLISHED,
            channel__health=Health.CONNECTED,
        )

    def broadcastable(self, now: datetime) -> Self:
        """Select those whose followers may be notified at this moment.

        Asked in the very statement that begins the sending.
        """
        return (
            self.visible(now)
            .confirmed_pages()
            .exclude(_match_pauses(active_condition(now)) | _match_frozen())
        )

    def manual_due(self, now: datetime) -> Self:
        """Select the tasks by hand that may be done now.

        They are before a person already, so a pause that is over leaves them there.
        """
        return (
            self.filter(state=State.MANUAL)
            .approved_in_time(now)
            .exclude(match_paused(now) | _match_frozen())
        )

    def sendable(self, now: datetime) -> Self:
        """Select what the engine may send: deliverable now, and the channel connected and
        confirmed as the unit's.

        A second person has confirmed it. Asked when a delivery is claimed and again in the very
        statement that begins the visible call.
        """
        return self.filter(channel__health=Health.CONNECTED).confirmed_pages().deliverable_now(now)

    def confirmed_pages(self) -> Self:
        """Select those on pages that a second person has confirmed
        as the unit's: the only ones where it may publish."""
        return self.filter(channel__confirmed_at__isnull=False)


class Delivery(PublicIdModel):
    """One approved revision on its way to one channel."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deliveries")
    post = models.ForeignKey(Post, models.PROTECT, related_name="deliveries")
    # The engine moves thousands of rows a second: no index that another one covers or nobody asks
    # for.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="deliveries", db_index=False)
    platform = models.CharField(max_length=10, choices=platforms)
    content_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.SCHEDULED)
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    fire_at = models.DateTimeField()  # due_at, or later when the platform asked to wait
    attempt = models.PositiveSmallIntegerField(default=0)
    # Until when the run that has it in hand may act on it, also when it was taken for dead.
    lease_until = models.DateTimeField(null=True)
    session = models.IntegerField(
        null=True
    )  # the connection of the run that has it in hand, see core/sessions.py
    draft_ref = models.TextField(
        blank=True
    )  # the invisible object on the platform; the address of an upload is long
    # Under way: the platform is asked again with its reference, step by step, until it is whole and
    # may be shown.
    draft_partial = models.BooleanField(default=False, db_default=False)
    prepare_at = models.DateTimeField(
        null=True
    )  # its videos go to the platform no sooner; empty: it has none
    preparations = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # attempts that were to prepare it alone
    committing_at = models.DateTimeField(
        null=True
    )  # set: a visible call may have been made in this attempt
    verify_at = models.DateTimeField(null=True)
    verify_count = models.PositiveSmallIntegerField(default=0)
    # Who says that it is on the page; the platform says so by its number, the remote id.
    receipt_source = models.CharField(max_length=10, default="platform", db_default="platform")
    remote_id = models.CharField(max_length=200, blank=True)
    permalink = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)  # a Reason
    platform_code = models.CharField(
        max_length=80, blank=True
    )  # the platform's error number, see channels/reasons.py
    error_detail = models.CharField(max_length=500, blank=True)  # what may be kept of its words
    # Wanted off the page.
    recall = models.ForeignKey(
        Recall, models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    manual_deadline = models.DateTimeField(null=True)  # of the manual task
    # When somebody decided that what a pause kept back stays unpublished.
    left_unpublished_at = models.DateTimeField(null=True)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    # Over page, time and content as they were chosen, see deliveries/schedules.py.
    key_id = models.CharField(max_length=16, blank=True, db_default="")
    seal = models.CharField(max_length=64, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            # Two revisions of a post can never both be live, nor on their way, on one channel.
            models.UniqueConstraint(
                fields=["post", "channel"],
                condition=~Q(state__in=sorted(ENDED)),
                name="one_live_delivery_a_channel",
            ),
            models.UniqueConstraint(
                fields=["channel", "remote_id"],
                condition=~Q(remote_id=""),
                name="one_delivery_a_remote_object",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(_match_receipt(), published_at__isnull=False),
                name="published_has_a_receipt",
            ),
            models.CheckConstraint(
                condition=Q(receipt_source="platform") | Q(remote_id=""),
                name="only_platforms_give_numbers",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(IN_HAND)) | Q(lease_until__isnull=False),
                name="in_hand_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~_match_receipt(), name="cancelled_never_visible"
            ),
            models.CheckConstraint(
                condition=match_allowed_reason(REASONS), name="delivery_bears_its_reason"
            ),
            models.CheckConstraint(
                condition=Q(not_after__gt=F("due_at")), name="not_after_follows_due"
            ),
            models.CheckConstraint(
                condition=Q(left_unpublished_at__isnull=True)
                | Q(state="expired", error_code=Reason.PAUSED),
                name="only_what_a_pause_kept_back_is_left",
            ),
            models.CheckConstraint(
                condition=Q(draft_partial=False) | (~Q(draft_ref="") & ~Q(state="committing")),
                name="only_whole_drafts_are_shown",
            ),
        ]
        indexes = [
            models.Index(
                fields=["platform", "fire_at"], condition=Q(state="scheduled"), name="delivery_due"
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=sorted(IN_HAND)),
                name="delivery_leases",
            ),
            models.Index(
                fields=["verify_at"],
                condition=Q(state__in=["verifying", "recalling", "processing"]),
                name="delivery_doubtful",
            ),
            # Videos that are not on their platform yet. Few rows: those of texts and pictures are
            # never among them.
            models.Index(
                fields=["platform", "prepare_at"],
                condition=Q(state="scheduled", prepare_at__isnull=False)
                & (Q(draft_ref="") | Q(draft_partial=True)),
                name="delivery_to_prepare",
            ),
            models.Index(fields=["unit", "due_at"], name="delivery_unit_due"),
            # What a unit published on a day: figures of days that changed are added up again by it.
            models.Index(
                fields=["unit", "published_at"],
                condition=Q(published_at__isnull=False),
                name="delivery_unit_published",
            ),
            # The calendar and the day of those who see many units: it reads a window in its order.
            models.Index(fields=["due_at"], name="delivery_due_at"),
            # What waits, is under way or has an unknown outcome: few rows, asked for by every
            # overview.
            models.Index(
                fields=["due_at"], condition=~Q(state__in=sorted(CONCLUDED)), name="delivery_open"
            ),
            # What a person should look at: few rows, asked for by every Today.
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=sorted(UNDECIDED)),
                name="delivery_undecided",
            ),
            models.Index(
                fields=["due_at"], condition=Q(state__in=sorted(MISSED)), name="delivery_missed"
            ),
            # What a pause kept back and nobody has decided on.
            models.Index(
                fields=["due_at"],
                condition=Q(
                    state="expired", error_code=Reason.PAUSED, left_unpublished_at__isnull=True
                ),
                name="delivery_kept_back",
            ),
            models.Index(
                fields=["published_at"], condition=Q(state="published"), name="delivery_published"
            ),
            # Refused for want of a proved approval. None, unless somebody wrote into the database.
            models.Index(
                fields=["due_at"],
                condition=Q(state="failed", error_code=Reason.NOT_APPROVED),
                name="delivery_not_approved",
            ),
            # The ledger of a recall, and what its queue has left to take down.
            models.Index(
                fields=["recall", "state"],
                condition=Q(recall__isnull=False),
                name="delivery_recall",
            ),
            # What a recall found under way and has come to stand, or to wait, since. Few rows at
            # any time.
            models.Index(
                fields=["platform"],
                condition=Q(recall__isnull=False, state__in=sorted(TO_PULL_BACK)),
                name="delivery_to_pull_back",
            ),
            # Invisible drafts that ended deliveries left on the platforms. Few rows: each is
            # emptied when it is gone.
            models.Index(
                fields=["platform"],
                condition=(
                    Q(state__in=["failed", "expired", "cancelled"])
                    | Q(state="recalled", verify_at__isnull=False)
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
        """Count how often it was to be sent: preparing its videos ahead is not counted."""
        return self.attempt - self.preparations

    @property
    def has_receipt(self) -> bool:
        return bool(self.remote_id) or self.receipt_source != ReceiptSource.PLATFORM

    @property
    def awaits_decision(self) -> bool:
        """Tell whether a pause kept it back, and nobody has decided yet that it stays unpublished.

        Who has scheduled it again has decided, too: `queries.undecided` asks for that.
        """
        return self.error_code == Reason.PAUSED and self.left_unpublished_at is None

    @property
    def is_prepared_early(self) -> bool:
        """Tell whether it is claimed for its video alone: its second is still to come."""
        early = self.prepare_at is not None and self.attempt == self.preparations
        return early and self.state == State.CLAIMED and self.fire_at > timezone.now()


class Attempt(models.Model):
    """One try, written before the first byte leaves and completed when the answer is known."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True, choices=Outcome)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")
        ]
