"""The rows of the leak check: what a unit may publish though it looks like a leak, which rules the
ministry switched, what units reported as no leak, and by which rules a revision was checked. None
holds a word of a post.
"""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.models import PublicIdModel
from core.scope import ScopedQuerySet, list_ancestors
from posts.checks.leak_words import rule_name
from posts.checks.leaks.scan import Severity
from posts.models import Revision
from units.models import Unit

LONGEST_VALUE = 100  # characters of a number, an account or a host
LONGEST_REASON = 500
SEVERITIES = [
    (Severity.HARD.value, _("cannot pass")),
    (Severity.SOFT.value, _("passes by the approver, with a reason")),
    (Severity.WARN.value, _("passes by the author's tick")),
    (Severity.INFO.value, _("is shown only")),
]


class LeakCheck(models.Model):
    """The result of the last check of a revision: by which rules (see `queries.mark_of`), and
    whether they hold it back.
    """

    revision = models.OneToOneField(Revision, models.CASCADE, related_name="leak_check")
    rules = models.CharField(max_length=16)
    holds_back = models.BooleanField()
    checked_at = models.DateTimeField()


class AllowedItemQuerySet(ScopedQuerySet):
    permission = Permission.UNIT_VIEW

    def for_posts_of(self, unit: Unit) -> Self:
        """Filter by what posts of ``unit`` may name: its own items and those of the units above."""
        return self.filter(unit__path__in=list_ancestors(unit.path))

    def in_force(self) -> Self:
        return self.filter(confirmed_at__isnull=False, ended_at=None)


class AllowedItem(PublicIdModel):
    """A number, an account or a host that is public by the word of two people, for posts of its
    unit and of all units below. It is ended, never changed.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("public telephone number")
        ACCOUNT = "account", _("account for donations and payments")
        HOST = "host", _("website")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="allowed_items")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    value = models.CharField(_("number or address"), max_length=LONGEST_VALUE)
    label = models.CharField(_("whose it is"), max_length=LONGEST_VALUE)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = AllowedItemQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "label", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "value"],
                condition=Q(ended_at=None),
                name="one_open_allowed_item",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by=F("entered_by"))),
                name="allowed_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.label}"


class RuleSwitchQuerySet(models.QuerySet):
    def in_force(self, on: date) -> Self:
        return self.filter(confirmed_at__isnull=False, ended_at=None, valid_from__lte=on)


class RuleSwitch(PublicIdModel):
    """A rule that the ministry made milder or stricter from a day on, by the word of two people."""

    rule = models.CharField(_("rule"), max_length=40)
    severity = models.CharField(_("from then on, it"), max_length=4, choices=SEVERITIES)
    valid_from = models.DateField(_("first day"))
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = RuleSwitchQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by=F("set_by"))),
                name="rule_switched_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return rule_name(self.rule)


class OverseenQuerySet(ScopedQuerySet):
    permission = Permission.OVERSIGHT_VIEW


class FalseAlarm(PublicIdModel):
    """A finding of which somebody in a unit said that it is no leak: the rule, and the shape of the
    words (see `shapes.shape_of`), never the words.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    rule = models.CharField(max_length=40)
    severity = models.CharField(max_length=4, choices=SEVERITIES)
    shape = models.CharField(max_length=120)
    reported_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)  # the ministry has dealt with it

    objects = OverseenQuerySet.as_manager()

    class Meta:
        ordering = ["-reported_at", "-pk"]


class LeakCount(models.Model):
    """A count of how often a rule held something back in a unit, by the day, and how that ended."""

    class Outcome(models.TextChoices):
        BLOCKED = "blocked", _("held back")
        OVERRIDDEN = "overridden", _("passed by the approver")
        ACKNOWLEDGED = "acknowledged", _("checked by the author")

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    rule = models.CharField(max_length=40)
    day = models.DateField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    n = models.PositiveIntegerField(default=0)

    objects = OverseenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "rule", "day", "outcome"], name="one_leak_count_a_day"
            )
        ]
