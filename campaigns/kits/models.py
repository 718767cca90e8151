"""Kits: posts that a province or the ministry writes for the units below, with a locked core and
placeholders; see ADR 42.
"""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from campaigns.kits.states import APPROVED_ONCE, EDITABLE, OPEN, Declined, VersionState
from campaigns.models import LONGEST_SEARCH, Campaign, LegalBasis, Topic
from core.models import PublicIdModel
from core.scope import ScopedQuerySet, list_ancestors
from core.text import fold
from media.models import Media
from units.models import Level, Unit

LONGEST_NAME, LONGEST_TITLE, LONGEST_TEXT = 120, 150, 10_000  # characters
LONGEST_SCRIPT, LONGEST_NOTE, LONGEST_REMARK = 5_000, 1_000, 200
MOST_PLACEHOLDERS, MOST_MEDIA, MOST_UNITS = 12, 10, 300
LONGEST_SPREAD = 240  # minutes


class Announced(models.Model):
    """A row that units hear of by notices, a batch of units at a time: up to which, and since when
    all have.
    """

    announced_upto = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class KitQuerySet(ScopedQuerySet):
    permission = Permission.CAMPAIGN_VIEW

    def issued(self) -> Self:
        """Filter by kits of which a version is issued, and that nobody has withdrawn."""
        return self.filter(current__isnull=False, withdrawn_at=None)

    def open_to(self, unit: Unit, *, on: date | None = None) -> Self:
        """Filter by the kits that ``unit`` may adopt on that day, today unless given: issued, for
        it, not over, and passed on by its province where they go by way of the provinces.
        """
        on = on or timezone.localdate()
        above = list_ancestors(unit.path)[:-1]
        listed = KitVersion.for_units.through.objects.filter(unit=unit).values("kitversion")
        aimed = Q(current__all_below=True) | Q(current__in=listed)
        aimed |= Q(current__aimed_at__contains=f"|{unit.level}|")
        aimed |= Q(current__aimed_at__contains=f"|{unit.kind}|")
        fitting = self.issued().filter(aimed, unit__path__in=above)
        if unit.level == Level.COMMUNE:  # a province hears of the kit as it is issued
            passed = Passing.objects.filter(unit__path__in=above).values("kit")
            fitting = fitting.filter(Q(current__by_provinces=False) | Q(pk__in=passed))
        ends = Q(current__window_until__isnull=True) | Q(current__window_until__gte=on)
        return fitting.filter(ends)

    def search(self, query: str) -> Self:
        rows = self
        for word in fold(query).split():
            rows = rows.filter(search__contains=word)
        return rows


class Kit(PublicIdModel, Announced):
    """A kit through all of its versions. What is ``announced`` is its withdrawal."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="kits")  # the issuer
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="kits", verbose_name=_("campaign")
    )
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name=_("topic"))
    name = models.CharField(_("name of the kit"), max_length=LONGEST_NAME)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    current = models.ForeignKey("KitVersion", models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    withdraw_reason = models.CharField(max_length=500, blank=True, default="")
    # The withdrawal also takes down what came of the kit.
    taken_down = models.BooleanField(default=False)
    search = models.CharField(max_length=LONGEST_SEARCH, editable=False)

    objects = KitQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["unit", "-created_at"], name="kit_unit_created"),
            models.Index(
                fields=["unit"],
                condition=Q(current__isnull=False, withdrawn_at=None),
                name="kit_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~Q(withdraw_reason="")
                ),
                name="who_withdrew_a_kit_and_why",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        self.search = fold(self.name)[:LONGEST_SEARCH]
        super().save(**kwargs)

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class KitVersion(PublicIdModel, LegalBasis, Announced):
    """The content of a kit between two issues. Nothing of it changes once it is submitted."""

    kit = models.ForeignKey(Kit, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    title = models.CharField(_("title"), max_length=LONGEST_TITLE, blank=True)
    # Plain text with placeholders such as ``{don_vi}``; an empty line parts paragraphs.
    text = models.TextField(_("common text"), max_length=LONGEST_TEXT, blank=True)
    texts = models.JSONField(default=dict)  # own texts, by platform
    # [{"name", "kind", "label", "hint", "example", "limit"}]; a picture's stands in no text.
    placeholders = models.JSONField(default=list)
    script = models.TextField(_("loudspeaker text"), max_length=LONGEST_SCRIPT, blank=True)
    # {"look", "line_1", "line_2", "hotline"} of a poster that each unit prints; empty: none.
    poster = models.JSONField(default=dict, db_default={})
    link = models.URLField(_("link"), max_length=500, blank=True)
    window_from = models.DateField(_("first day"), null=True, blank=True)
    window_until = models.DateField(_("last day"), null=True, blank=True)
    best_from = models.PositiveSmallIntegerField(_("best from (hour)"), null=True, blank=True)
    best_until = models.PositiveSmallIntegerField(_("best until (hour)"), null=True, blank=True)
    platforms = models.JSONField(default=list)  # the channels asked for
    own_lines = models.BooleanField(_("units may add lines of their own"), default=False)
    note = models.TextField(_("note for officers"), max_length=LONGEST_NOTE, blank=True)
    changes = models.TextField(_("what is new"), max_length=LONGEST_NOTE, blank=True)
    # --- The audience: all units below, or those of these levels or kinds or on the list.
    all_below = models.BooleanField(default=False)
    for_levels = models.JSONField(default=list)
    for_kinds = models.JSONField(default=list)
    for_units = models.ManyToManyField(Unit, related_name="+")
    # Both in one column, which a statement can search: "|commune|phường|".
    aimed_at = models.CharField(max_length=200, editable=False, default="")
    by_provinces = models.BooleanField(_("by way of the provinces"), default=False)
    # Posts of one moment go out spread over so many minutes; 0: all at once.
    spread_minutes = models.PositiveSmallIntegerField(_("spread over minutes"), default=0)
    # ---
    content_sha256 = models.CharField(max_length=64, blank=True)  # set when it is submitted
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    last_editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # All who wrote in it: none of them approves.
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    changed_at = models.DateTimeField()
    # Rises with each save: a browser that shows an older copy is told instead of overwriting.
    edition = models.PositiveIntegerField(default=1)
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    # The seal of the approval, see `seals`.
    method = models.CharField(max_length=10, blank=True, default="", db_default="")
    key_id = models.CharField(max_length=16, blank=True, default="", db_default="")
    seal = models.CharField(max_length=64, blank=True, default="", db_default="")
    # Of a passkey over the approval, with when its page was rendered; see `seals`.
    assertion = models.JSONField(null=True)
    return_reason = models.CharField(max_length=500, blank=True, default="")
    issued_at = models.DateTimeField(null=True)

    objects = models.Manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["kit", "number"], name="kit_version_number_once"),
            models.UniqueConstraint(
                fields=["kit"], condition=Q(state__in=sorted(OPEN)), name="one_open_version_a_kit"
            ),
            models.UniqueConstraint(
                fields=["kit"], condition=Q(state="issued"), name="one_issued_version_a_kit"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("author")) & ~Q(approved_by=F("last_editor"))),
                name="a_kit_is_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(APPROVED_ONCE))
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(content_sha256="")),
                name="who_approved_a_kit_and_what",
            ),
            models.CheckConstraint(
                condition=Q(window_from__isnull=True)
                | Q(window_until__isnull=True)
                | Q(window_until__gte=F("window_from")),
                name="a_kit_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=Q(best_from__isnull=True, best_until__isnull=True)
                | Q(best_until__gt=F("best_from"), best_until__lte=24),
                name="best_hours_of_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["announced_at"],
                condition=Q(state="issued", announced_at=None),
                name="kit_version_to_announce",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kit} #{self.number}"

    def save(self, **kwargs: Any) -> None:
        aims = [*self.for_levels, *self.for_kinds]
        self.aimed_at = f"|{'|'.join(aims)}|" if aims else ""
        super().save(**kwargs)

    @property
    def unit(self) -> Unit:
        return self.kit.unit

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    def list_post_texts(self) -> list[str]:
        """List every text that a post may show, the title first."""
        return [self.title, self.text, *self.texts.values()]

    def list_script_and_poster_texts(self) -> list[str]:
        """List the texts that no post shows: they have no other placeholders than the post's."""
        return [self.script, *(self.poster.get(name, "") for name in ("line_1", "line_2"))]

    def is_by(self, user: Any) -> bool:
        """Check whether this person wrote in it, so that four eyes forbid them to approve it."""
        return (
            user.pk in (self.author_id, self.last_editor_id)
            or self.writers.filter(pk=user.pk).exists()
        )


class KitMedia(models.Model):
    """A picture or video of the issuer's library that each adopter's post shows."""

    version = models.ForeignKey(KitVersion, models.CASCADE, related_name="media")
    media = models.ForeignKey(Media, models.PROTECT, related_name="kits")
    position = models.PositiveSmallIntegerField()
    alt_text = models.CharField(_("alt text"), max_length=500, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "media"], name="a_picture_once_a_kit")
        ]


class Passing(Announced):
    """A province handed a kit on to its units."""

    kit = models.ForeignKey(Kit, models.PROTECT, related_name="passings")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kit", "unit"], name="passed_on_once_a_province")
        ]
        indexes = [
            models.Index(
                fields=["announced_at"], condition=Q(announced_at=None), name="passing_to_announce"
            )
        ]


class AdoptionQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW


class Adoption(PublicIdModel):
    """A unit's dealing with a kit. The row is made when somebody there first opens the kit, is
    reminded of it, adopts it or declines: a unit without one has not opened it.
    """

    kit = models.ForeignKey(Kit, models.PROTECT, related_name="adoptions")
    version = models.ForeignKey(KitVersion, models.PROTECT, related_name="adoptions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="adoptions")
    opened_at = models.DateTimeField(null=True)
    adopted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=15, choices=Declined, blank=True, default="")
    remark = models.CharField(max_length=LONGEST_REMARK, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    values = models.JSONField(default=dict)  # by placeholder
    reminded_at = models.DateTimeField(null=True)

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kit", "unit"], name="one_adoption_a_unit"),
            models.CheckConstraint(
                condition=Q(adopted_at__isnull=True) | Q(declined_at__isnull=True),
                name="adopted_or_declined",
            ),
            models.CheckConstraint(
                condition=Q(declined_at__isnull=True) | ~Q(reason=""),
                name="a_unit_declines_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kit}: {self.unit}"
