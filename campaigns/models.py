from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.models import PublicIdModel
from core.scope import Person, ScopedQuerySet, list_ancestors
from core.text import fold
from units.models import Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


LEGAL_BASIS_FIELDS = ("legal_basis", "legal_from", "legal_until", "source")
TARGETS = ("posts", "units", "reach", "clicks")
LONGEST_LEGAL_BASIS = 200  # characters of the legal basis, as of the source
LONGEST_SEARCH = 200  # characters of a folded name


class LegalBasis(models.Model):
    """The legal basis of what a post or a kit says: the document that it rests on, with its first
    and last day in force, and whose warning it passes on.
    """

    legal_basis = models.CharField(
        _("legal basis"), max_length=LONGEST_LEGAL_BASIS, blank=True, default="", db_default=""
    )
    legal_from = models.DateField(_("in force from"), null=True, blank=True)
    legal_until = models.DateField(_("in force until"), null=True, blank=True)
    source = models.CharField(
        _("source of the warning"),
        max_length=LONGEST_LEGAL_BASIS,
        blank=True,
        default="",
        db_default="",
    )

    class Meta:
        abstract = True

    def legal_basis_fields(self) -> dict[str, Any]:
        """Return these fields by name, for a row that takes them over."""
        return {name: getattr(self, name) for name in LEGAL_BASIS_FIELDS}


class Topic(models.Model):
    code = models.SlugField(max_length=30, unique=True)
    name_vi = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_vi


class TopicRuleQuerySet(ScopedQuerySet):
    permission = Permission.CAMPAIGN_VIEW

    def visible_to(self, user: "Person | AnonymousUser") -> Self:
        """Filter by the rules that the person's own units follow: theirs and those of the units
        above and, for a deep role, below.
        """
        if not (user.is_active and hasattr(user, "reach")):
            return self.none()
        reach = user.reach(self.permission)
        above = {path for part in reach for path in list_ancestors(part.path)}
        return self.within(reach) | self.filter(unit__path__in=above)

    def in_force(self, on: date) -> Self:
        return self.open_on(on).filter(valid_from__lte=on)

    def open_on(self, on: date) -> Self:
        """Filter by rules that nobody ended and whose last day is not over."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), ended_at=None)

    def for_posts_of(self, unit: Unit) -> Self:
        """Filter by the rules that posts of ``unit`` follow."""
        return self.filter(unit__path__in=list_ancestors(unit.path))


class TopicRule(PublicIdModel):
    """A rule of what posts on a topic need, by the word of the ministry or of a province, for its
    own units and all below, from one day to another. A rule is ended, never changed.
    """

    class Asks(models.TextChoices):
        SECOND_APPROVAL = "second", _("a second approval by the province")
        LEGAL_BASIS = "legal", _("a legal basis: the document and its days in force")
        VALID_UNTIL = "valid", _("a time until which the post is valid")
        SOURCE = "source", _("the source of its warning")

    topic = models.ForeignKey(Topic, models.PROTECT, related_name="rules", verbose_name=_("topic"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="topic_rules")
    asks = models.CharField(_("what posts need"), max_length=10, choices=Asks)
    valid_from = models.DateField(_("first day"))
    valid_to = models.DateField(_("last day"), null=True, blank=True)
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = TopicRuleQuerySet.as_manager()

    class Meta:
        ordering = ["topic__position", "topic__code", "unit__path", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "unit", "asks"],
                condition=Q(valid_to__isnull=True, ended_at=None),
                name="one_open_rule_a_topic",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="topic_rule_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.get_asks_display()}"


class CampaignQuerySet(ScopedQuerySet):
    permission = Permission.CAMPAIGN_VIEW

    def visible_to(self, user: "Person | AnonymousUser") -> Self:
        """Filter by the person's own scope and the units above it, whose campaigns are for their
        posts, too.
        """
        own = super().visible_to(user)
        reach = (
            user.reach(self.permission)
            if getattr(user, "is_active", False) and hasattr(user, "reach")
            else ()
        )
        return own | self.filter(
            unit__path__in={path for part in reach for path in list_ancestors(part.path)}
        )

    def open_to(self, unit: Unit) -> Self:
        """Filter by campaigns that a post of ``unit`` may belong to: its own and those of the units
        above it.
        """
        return self.filter(unit__path__in=list_ancestors(unit.path))

    def running(self, on: date) -> Self:
        return self.filter(starts_on__lte=on, ends_on__gte=on, closed_at=None)

    def past(self, on: date) -> Self:
        return self.filter(Q(ends_on__lt=on) | Q(closed_at__isnull=False))

    def coming(self, on: date) -> Self:
        return self.filter(starts_on__gt=on)

    def search(self, query: str) -> Self:
        rows = self
        for word in fold(query).split():
            rows = rows.filter(search__contains=word)
        return rows


class Campaign(PublicIdModel):
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="campaigns")
    name = models.CharField(_("name"), max_length=150)
    aim = models.TextField(_("aim"), max_length=2000, blank=True)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    # The units' posts of one moment go out spread over so many minutes; 0: all at once.
    spread_minutes = models.PositiveSmallIntegerField(_("spread over minutes"), default=0)
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True)
    # What it is to reach; empty: nobody set that target.
    target_posts = models.PositiveIntegerField(_("posts published"), null=True, blank=True)
    target_units = models.PositiveIntegerField(_("units taking part"), null=True, blank=True)
    target_reach = models.PositiveBigIntegerField(_("reach"), null=True, blank=True)
    target_clicks = models.PositiveBigIntegerField(_("clicks"), null=True, blank=True)
    # The person who answers for it; empty: the one who began it.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    helpers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="helped_campaigns"
    )
    closed_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    search = models.CharField(max_length=LONGEST_SEARCH, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="campaign_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        # Cut, for some letters fold to three: "ﬃ".
        self.search = fold(self.name)[:LONGEST_SEARCH]
        super().save(**kwargs)

    @property
    def person_in_charge(self) -> Any:
        return self.owner or self.created_by

    @property
    def answers_for_it(self) -> int:
        """Return the key of the person who answers for it."""
        return self.owner_id or self.created_by_id

    def targets(self) -> dict[str, int | None]:
        """Return the targets by what they count."""
        return {name: getattr(self, f"target_{name}") for name in TARGETS}

    def stage(self, on: date) -> str:
        """Return the stage of its period on that day: coming, running or past."""
        if self.starts_on > on:
            return "coming"
        return "past" if self.closed_at or self.ends_on < on else "running"
