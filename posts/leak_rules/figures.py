"""Counts of what each rule of the leak check did, and of what units called no leak: never text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from accounts.models import User
from posts.checks.leak_words import rule_name
from posts.checks.leaks.scan import RULES, Severity
from posts.leak_rules.models import FalseAlarm, LeakCount
from posts.leak_rules.queries import switched_rules

COUNTED = timedelta(days=90)
MOST_UNITS, MOST_SHAPES = 200, 100


@dataclass(slots=True)
class RuleFigures:
    rule: str
    severity: Severity
    written: Severity
    counts: dict[str, int] = field(default_factory=dict)  # by outcome
    alarms: int = 0
    unseen: int = 0

    @property
    def name(self) -> str:
        return rule_name(self.rule)

    @property
    def is_switched(self) -> bool:
        return self.severity != self.written

    @property
    def has_nothing_to_show(self) -> bool:
        """Check that nothing is to be told of it: it found nothing, and is as it was written."""
        return not (self.alarms or self.is_switched or any(self.counts.values()))


def figures_by_rule(reader: User, *, now: datetime) -> list[RuleFigures]:
    """Return every rule with its counts in the units that the person oversees, what was reported
    most first.
    """
    switched = switched_rules(now.date())
    rows = {
        rule: RuleFigures(rule, switched.get(rule, written), written)
        for rule, written in RULES.items()
    }
    counted = LeakCount.objects.visible_to(reader).filter(day__gt=(now - COUNTED).date())
    sums = counted.order_by().values("rule", "outcome").annotate(total=Sum("n"))
    for rule, outcome, total in sums.values_list("rule", "outcome", "total"):
        if rule in rows:
            rows[rule].counts[outcome] = total
    alarms = FalseAlarm.objects.visible_to(reader).filter(reported_at__gt=now - COUNTED)
    unseen = Count("pk", filter=Q(seen_at=None))
    alarm_counts = alarms.order_by().values("rule").annotate(all=Count("pk"), unseen=unseen)
    for rule, total, open_ones in alarm_counts.values_list("rule", "all", "unseen"):
        if rule in rows:
            rows[rule].alarms, rows[rule].unseen = total, open_ones
    return sorted(rows.values(), key=lambda row: (-row.unseen, -row.alarms, row.name))


def figures_by_unit(rule: str, reader: User, *, now: datetime) -> list[tuple[str, dict[str, int]]]:
    """Return the counts of a rule by unit, those with most first; ``alarms`` among the outcomes."""
    counted = LeakCount.objects.visible_to(reader).filter(rule=rule, day__gt=(now - COUNTED).date())
    by_unit: dict[str, dict[str, int]] = {}
    sums = counted.order_by().values("unit__name", "outcome").annotate(total=Sum("n"))
    for unit, outcome, total in sums.values_list("unit__name", "outcome", "total"):
        by_unit.setdefault(unit, {})[outcome] = total
    alarms = FalseAlarm.objects.visible_to(reader).filter(rule=rule, reported_at__gt=now - COUNTED)
    named = alarms.order_by().values("unit__name").annotate(total=Count("pk"))
    for unit, total in named.values_list("unit__name", "total"):
        by_unit.setdefault(unit, {})["alarms"] = total
    most = sorted(by_unit.items(), key=lambda row: (-sum(row[1].values()), row[0]))
    return most[:MOST_UNITS]


def shapes_of(rule: str, *, now: datetime) -> Sequence[tuple[str, int]]:
    """Return the shapes of what units called no leak and nobody has dealt with, the most frequent
    first.
    """
    rows = FalseAlarm.objects.filter(rule=rule, seen_at=None, reported_at__gt=now - COUNTED)
    counted = rows.order_by().values("shape").annotate(total=Count("pk"))
    return list(counted.order_by("-total", "shape").values_list("shape", "total")[:MOST_SHAPES])
