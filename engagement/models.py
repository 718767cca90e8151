from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from channels.models import Channel
from channels.states import platforms
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from publishing.models import Delivery
from units.models import Unit

# Characters of an answer; what a platform takes beyond its own limit it refuses itself.
LONGEST_ANSWER = 1000
# What each of them means: engagement/dashboards/dictionary.py.
MEASURES = ("views", "reach", "reactions", "comments", "shares", "saves", "clicks", "watch_seconds")


class Source(models.TextChoices):
    """The source of a figure, shown beside it."""

    PLATFORM = "platform", _("told by the platform")
    HAND = "hand", _("entered by hand")


class Count(models.Model):
    """The figures of a published post at one moment. Totals only; an empty
    field was not measured.
    """

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="counts")
    taken_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source, default=Source.PLATFORM)
    views = models.PositiveBigIntegerField(null=True)
    reach = models.PositiveBigIntegerField(null=True)
    reactions = models.PositiveBigIntegerField(null=True)
    comments = models.PositiveBigIntegerField(null=True)
    shares = models.PositiveBigIntegerField(null=True)
    saves = models.PositiveBigIntegerField(null=True)
    clicks = models.PositiveBigIntegerField(null=True)
    watch_seconds = models.PositiveBigIntegerField(null=True)

    class Meta:
        ordering = ["taken_at"]
        indexes = [models.Index(fields=["delivery", "-taken_at"], name="count_delivery_taken")]


class Measurement(models.Model):
    """A delivery's place in the collecting schedule, and its newest figures for lists and sums."""

    delivery = models.OneToOneField(
        Delivery, models.CASCADE, related_name="measurement", primary_key=True
    )
    next_at = models.DateTimeField(null=True)  # empty: no longer collected
    taken_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.PLATFORM)
    failures = models.PositiveSmallIntegerField(default=0)
    views = models.PositiveBigIntegerField(null=True)
    reach = models.PositiveBigIntegerField(null=True)
    reactions = models.PositiveBigIntegerField(null=True)
    comments = models.PositiveBigIntegerField(null=True)
    shares = models.PositiveBigIntegerField(null=True)
    saves = models.PositiveBigIntegerField(null=True)
    clicks = models.PositiveBigIntegerField(null=True)
    watch_seconds = models.PositiveBigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="measurement_due"
            )
        ]


class FollowerCount(models.Model):
    """A channel's followers on one day. Empty rows are not written: a missing day was not
    measured.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="follower_counts")
    day = models.DateField()
    followers = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "day"], name="one_follower_count_a_day")
        ]
        indexes = [models.Index(fields=["day"], name="follower_count_day")]


# Figures of a page itself by day. What each of them means: PAGE_DEFINITIONS in
# engagement/dashboards/dictionary.py. Each is a field of `platforms.messages.PageFigures`.
PAGE_MEASURES = ("views", "reach", "profile_visits", "followers_gained", "followers_lost")


class PageCount(models.Model):
    """The figures of a page itself on one day, as its platform begins and ends a day. An empty
    field was not measured; so was a day without a row.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="page_counts")
    day = models.DateField()
    taken_at = models.DateTimeField()
    views = models.PositiveBigIntegerField(null=True)
    reach = models.PositiveBigIntegerField(null=True)
    profile_visits = models.PositiveBigIntegerField(null=True)
    followers_gained = models.PositiveBigIntegerField(null=True)
    followers_lost = models.PositiveBigIntegerField(null=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "day"], name="one_page_count_a_day")
        ]
        indexes = [models.Index(fields=["day"], name="page_count_day")]


class PageCorrection(models.Model):
    """A figure of a page's day that the platform told otherwise later, and what it had told."""

    count = models.ForeignKey(PageCount, models.CASCADE, related_name="corrections")
    measure = models.CharField(max_length=20)
    was = models.PositiveBigIntegerField()
    became = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]


class PageLook(models.Model):
    """A page's place in the schedule of its own figures."""

    channel = models.OneToOneField(
        Channel, models.CASCADE, related_name="page_look", primary_key=True
    )
    next_at = models.DateTimeField(db_index=True)
    taken_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)


class MetricName(models.Model):
    """A name under which a platform is asked for figures, when it told one last, and since when it
    refuses the name. See ``counting.names``.
    """

    platform = models.CharField(max_length=10, choices=platforms)
    of_page = models.BooleanField()  # of pages by day; else of posts
    name = models.CharField(max_length=100)
    told_at = models.DateTimeField(null=True)
    left_out = models.PositiveIntegerField(default=0)  # in so many answers since then
    refused_at = models.DateTimeField(null=True)
    refusals = models.PositiveIntegerField(default=0)  # in a row
    ask_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "of_page", "name"], name="metric_name_once")
        ]

    @property
    def lost_since(self) -> datetime | None:
        return self.refused_at or self.told_at


class ReadingUse(models.Model):
    """The calls for figures in the current window, of those that all pages of a platform share.
    See ``counting.shares``.
    """

    platform = models.CharField(max_length=10, choices=platforms, primary_key=True)
    began_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)
    used_for_pages = models.PositiveIntegerField(default=0)  # of `Reading.page_calls`
    closed_until = models.DateTimeField(null=True)  # the platform said that they are used up


class ReplyAllowance(models.Model):
    """A province's decision that its units may answer comments from the portal. Off until there is
    one.
    """

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="reply_allowance")
    allowed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    allowed_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField()


class SpentTicket(models.Model):
    """A used form of the reply desk: because of this row its second copy does nothing, whichever
    process gets it. Its key is random; nothing leads from it to a comment.
    """

    key = models.CharField(max_length=16, primary_key=True)
    spent_at = models.DateTimeField(db_index=True)


class ReplyPhraseQuerySet(ScopedQuerySet):
    permission = Permission.POST_SCHEDULE

    def usable(self) -> Self:
        """Filter by those that a second person approved and nobody ended."""
        return self.filter(approved_at__isnull=False, ended_at=None)


class ReplyPhrase(PublicIdModel):
    """An answer that one person of the unit wrote and a leader approved: the units below may give
    it, too. Its words never change; another wording is another row.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    text = models.CharField(max_length=LONGEST_ANSWER)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    objects = ReplyPhraseQuerySet.as_manager()

    class Meta:
        ordering = ["unit__path", "text"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="who_approved_a_phrase_is_known",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")),
                name="a_phrase_is_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class ReplyReleaseQuerySet(ScopedQuerySet):
    permission = Permission.POST_SCHEDULE

    def in_force(self, now: datetime) -> Self:
        return self.filter(ended_at=None, until__gt=now)


class ReplyRelease(PublicIdModel):
    """A leader's word that a named person answers residents in their own words, for a day."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    released_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    objects = ReplyReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-released_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(person=F("released_by")), name="nobody_releases_their_own_answers"
            ),
            models.CheckConstraint(
                condition=Q(until__lte=F("released_at") + timedelta(days=1)),
                name="a_release_lasts_a_day_at_most",
            ),
        ]


class CommentCount(models.Model):
    """The numbers of answered, unanswered and hidden comments under a post, when somebody last
    opened them.

    Nothing else is stored of a comment: it is shown as the platform reports it at that moment,
    without its author.
    """

    delivery = models.OneToOneField(
        Delivery, models.CASCADE, related_name="comment_count", primary_key=True
    )
    answered = models.PositiveIntegerField()
    unanswered = models.PositiveIntegerField()
    hidden = models.PositiveIntegerField()
    taken_at = models.DateTimeField()
