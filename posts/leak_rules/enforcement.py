"""Check approved revisions against the rules as they are now, and count what rules held back."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from media.scanners.models import Severity as BoxSeverity
from posts.checks.leak_words import rule_description
from posts.checks.leaks import scan
from posts.checks.privacy import PREFIX
from posts.leak_rules.models import LeakCheck, LeakCount
from posts.leak_rules.queries import (
    find_checked,
    mark_of,
    rules_by_path,
    rules_of,
    rules_that_block,
)
from posts.models import Review, Revision, RevisionMedia
from posts.states import Decision
from units.models import Unit


def find_held_back(revisions: Mapping[int, str], *, now: datetime) -> set[int]:
    """Return which of ``revisions`` (keys, each with the path of its unit) the rules of today hold
    back, though they were approved.

    Five queries where all were checked by the rules as they are: only the others are read, once for
    each change of the rules.
    """
    day = timezone.localdate(now)
    rules = rules_by_path(set(revisions.values()), on=day)
    marks = {path: mark_of(path_rules) for path, path_rules in rules.items()}
    held = find_checked({pk: marks[path] for pk, path in revisions.items()})
    if unknown := revisions.keys() - held.keys():
        checks = [
            LeakCheck(
                revision=row,
                rules=marks[revisions[row.pk]],
                holds_back=bool(
                    rules_that_block(
                        row.content, rules[revisions[row.pk]], overridden=overridden, on=day
                    )
                ),
                checked_at=now,
            )
            for row, overridden in _load_overridden_rules(unknown)
        ]
        LeakCheck.objects.bulk_create(
            checks,
            update_conflicts=True,
            unique_fields=["revision"],
            update_fields=["rules", "holds_back", "checked_at"],
        )
        held |= {check.revision_id: check.holds_back for check in checks}
    # And those in whose pictures the scanners found, even after the approval, what no reason
    # lets stand.
    grave = {"scan__boxes__severity": BoxSeverity.HARD, "scan__boxes__shown_as": ""}
    filters = {f"media__{name}": value for name, value in grave.items()}
    rows = RevisionMedia.objects.filter(revision__in=revisions, **filters)
    return {pk for pk, holds in held.items() if holds} | set(
        rows.values_list("revision", flat=True)
    )


def is_held_back(revision: Revision, unit: Unit) -> bool:
    """Check whether the rules of today hold an approved revision back."""
    return bool(find_held_back({revision.pk: unit.path}, now=timezone.now()))


def check_again(revision: Revision, unit: Unit) -> None:
    """Check a revision that is approved now: its approver may let more pass than was checked
    before.
    """
    LeakCheck.objects.filter(revision=revision).delete()
    is_held_back(revision, unit)


def _load_overridden_rules(revisions: Collection[int]) -> list[tuple[Revision, set[str]]]:
    """Return revisions with the rules that the approvals of their content let pass, at either
    step.
    """
    rows = list(Revision.objects.filter(pk__in=revisions))
    given = Review.objects.filter(
        revision__post__in={row.post_id for row in rows},
        decision__in=(Decision.APPROVED, Decision.FIRST),
    )
    overridden: dict[tuple[int, str], set[str]] = {}
    for post, sha256, rules in given.values_list("revision__post", "content_sha256", "overridden"):
        overridden.setdefault((post, sha256), set()).update(rules)
    return [(row, overridden.get((row.post_id, row.content_sha256), set())) for row in rows]


def require_no_leak(text: str) -> None:
    """Raise Refused for words that go into the record or a notice and hold what may not stand
    there.
    """
    grave = (scan.Severity.HARD, scan.Severity.SOFT)
    leaks = scan.find_leaks(text, today=timezone.localdate())
    if any(leak.severity in grave or leak.rule in scan.SENSITIVE_RULES for leak in leaks):
        raise Refused(
            _(
                "These words hold personal data or another thing that is not passed on. They go "
                "into the record and to colleagues: say it without names and numbers."
            )
        )


def require_publishable(
    texts: Iterable[str], unit: Unit, *, least: scan.Severity = scan.Severity.SOFT
) -> None:
    """Raise Refused for texts that no approver reads after this: with what they seem to hold, from
    ``least`` on, in words.
    """
    day = timezone.localdate()
    rules = rules_of(unit, on=day)
    grave = list(scan.Severity)[: list(scan.Severity).index(least) + 1]
    broken = {
        leak.rule: None
        for text in texts
        for leak in scan.find_leaks(text, allowed=rules.allowed, today=day)
        if rules.severity_of(leak) in grave
    }
    if broken:
        raise Refused(" ".join(rule_description(rule) for rule in broken))


def count_outcome(unit: Unit, rules: Iterable[str], outcome: LeakCount.Outcome) -> None:
    """Count what became of findings, by rules as findings name them, for the unit's day."""
    day = timezone.localdate()
    for rule in {rule.removeprefix(PREFIX) for rule in rules if rule.startswith(PREFIX)}:
        row, _created = LeakCount.objects.get_or_create(
            unit=unit, rule=rule, day=day, outcome=outcome
        )
        LeakCount.objects.filter(pk=row.pk).update(n=F("n") + 1)
