"""Examples: posts that worked, which units propose for others to begin from."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.permissions import Permission
from campaigns.models import Topic
from core.models import PublicIdModel
from core.scope import Person, ScopedQuerySet, list_ancestors
from core.text import fold
from engagement.examples.states import ACCEPTED, ExampleState
from posts.models import Post, Revision
from posts.states import PostState
from publishing.models import Rhythm
from publishing.states import TAKEN_DOWN
from units.models import Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

LONGEST_NAME, LONGEST_LINE = 120, 200  # characters
MOST_POSTS = 6
USUAL = 0.95  # times the unit's usual, which reads as 1.0: an example below it is no model


class ExampleQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW

    def visible_to(self, user: "Person | AnonymousUser") -> Self:
        """Filter by the person's own scope, whatever the state, and by what is in the library of
        their province and of the nation.
        """
        reach = user.reach(self.permission) if user.is_active and hasattr(user, "reach") else ()
        if not reach:
            return self.none()
        shared = Q(state=ExampleState.NATION)
        for part in reach:
            # The ministry's path is the first step of all; a province's, the second.
            if len(line := list_ancestors(part.path)) > 1:
                shared |= Q(unit__path__startswith=line[1])
        return self.within(reach) | self.in_library().filter(shared)

    def in_library(self) -> Self:
        """Filter by what units may use now: accepted, and none of its posts recalled or corrected
        since.
        """
        posts = ExamplePost.objects.filter(example=OuterRef("pk"))
        return self.filter(
            ~Exists(posts.filter(is_recalled())),
            ~Exists(posts.filter(is_corrected())),
            state__in=sorted(ACCEPTED),
        )

    def best_first(self) -> Self:
        """Sort by reuse by other units, then by how far its figures lie above what is usual for its
        unit; what lies below comes last. How often a post was seen plays no part.
        """
        return self.order_by(
            Case(When(relative__lt=USUAL, then=1), default=0),
            F("reused").desc(),
            F("relative").desc(nulls_last=True),
            "-proposed_at",
            "-pk",
        )

    def search(self, query: str) -> Self:
        rows = self
        for word in fold(query).split():
            rows = rows.filter(search__contains=word)
        return rows


def is_recalled() -> Q:
    """Return the condition that an example's post was taken off a page, or is to be."""
    seen_and_gone = Q(
        post__deliveries__state__in=sorted(TAKEN_DOWN), post__deliveries__published_at__isnull=False
    )
    recalled = Q(post__deliveries__recall__isnull=False)
    return Q(post__state=PostState.WITHDRAWN) | recalled | seen_and_gone


def is_corrected() -> Q:
    """Return the condition that a correction of an example's post was submitted."""
    return Q(post__corrections__submitted_at__isnull=False)


class Example(PublicIdModel):
    """One published post of a unit, or several of one campaign or series, with three lines of why
    it worked and its figures as they were then. Figures and lines never change.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="examples")
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, related_name="+")
    why_heard = models.CharField(max_length=LONGEST_LINE)
    why_clear = models.CharField(max_length=LONGEST_LINE)
    advice = models.CharField(max_length=LONGEST_LINE)
    # Of posts of one series: how they followed each other.
    rhythm = models.CharField(max_length=10, blank=True, default="", db_default="")
    step = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(
        max_length=10, choices=ExampleState, default=ExampleState.PROPOSED, db_index=True
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    province_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    province_at = models.DateTimeField(null=True)
    nation_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    nation_at = models.DateTimeField(null=True)
    # Of a return or a withdrawal.
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    # --- Frozen at the proposal, see `figures`.
    platforms = models.CharField(max_length=120)  # |facebook|zalo|
    figures = models.JSONField()
    followers = models.PositiveBigIntegerField(null=True)
    as_of = models.DateTimeField(null=True)  # when the newest figure was taken
    # How its figures compare with the unit's usual: 1 is usual; empty: nothing to compare.
    relative = models.FloatField(null=True)
    reused = models.PositiveIntegerField(default=0)  # by how many other units
    search = models.TextField(editable=False, default="")

    objects = ExampleQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        indexes = [models.Index(fields=["unit", "-proposed_at"], name="example_unit_proposed")]
        constraints = [
            models.CheckConstraint(
                condition=(Q(province_by__isnull=True) | ~Q(province_by=F("proposed_by")))
                & (
                    Q(nation_by__isnull=True)
                    | (
                        ~Q(nation_by=F("proposed_by"))
                        & (Q(province_by__isnull=True) | ~Q(nation_by=F("province_by")))
                    )
                ),
                name="nobody_accepts_an_example_twice",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "withdrawn"])
                | (Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(reason="")),
                name="an_example_ends_for_a_reason",
            ),
            models.CheckConstraint(
                condition=(~Q(state="province") | Q(province_by__isnull=False))
                & (~Q(state="nation") | Q(nation_by__isnull=False)),
                name="who_accepted_an_example",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lines(self) -> list[str]:
        """Return why it worked, as the form asks for it."""
        return [self.why_heard, self.why_clear, self.advice]

    @property
    def is_weak(self) -> bool:
        """Check whether its figures lay below what is usual for its unit."""
        return self.relative is not None and self.relative < USUAL

    @property
    def how_often(self) -> str:
        """Say how the posts of a series followed each other; empty for others."""
        n = self.step or 0
        texts = {
            Rhythm.DAYS: ngettext("every %(n)s day", "every %(n)s days", n),
            Rhythm.WEEKS: ngettext("every %(n)s week", "every %(n)s weeks", n),
            Rhythm.MONTHS: ngettext("every %(n)s month", "every %(n)s months", n),
        }
        return texts[Rhythm(self.rhythm)] % {"n": n} if self.rhythm else ""


class ExamplePost(models.Model):
    """A post of an example, and the revision of it that residents read."""

    example = models.ForeignKey(Example, models.CASCADE, related_name="posts")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["example", "post"], name="a_post_once_an_example")
        ]


class ExampleUse(models.Model):
    """A draft that a unit began from an example: the origin of that draft."""

    example = models.ForeignKey(Example, models.PROTECT, related_name="uses")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    # Empty: the draft was never submitted, and has left.
    post = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    noticed_at = models.DateTimeField(null=True)  # the origin unit was notified by this one

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["example", "-at"], name="example_use_at")]
