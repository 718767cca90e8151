"""Removes what has served its time, class by class, in batches that each commit by themselves.

Whoever is killed leaves the rest for the next run: what is due is found by its age, every time
again. Two at once would share the rows between them; a lock keeps the second one from trying.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone

from audit.services import record, record_many
from core.clock import Clock, database_now
from core.errors import Refused
from core.locks import try_alone
from core.reasons import make_console_reason
from posts.models import Post
from publishing.freeze import freezing
from retention.classes import RULES, Files, Rule
from retention.models import Hold, Run
from units.models import Unit

log = logging.getLogger(__name__)


class AtWork(Refused):
    """Another run is at work."""


@dataclass(frozen=True)
class Planned:
    """The rows and files that a run would remove of one class now."""

    rule: Rule | Files
    count: int
    oldest: datetime | None


@dataclass
class Done:
    """The result of a run: how much it removed of each class, and the classes
    in which it failed.
    """

    removed: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def select_rules(names: Collection[str] = ()) -> list[Rule | Files]:
    """Return the rules called ``names``, or all, in the order in which they are applied. Raise
    Refused.
    """
    if unknown := set(names) - {rule.name for rule in RULES}:
        raise Refused(f"no such class: {', '.join(sorted(unknown))}")
    return [rule for rule in RULES if not names or rule.name in names]


def plan_removal(names: Collection[str] = (), *, clock: Clock = database_now) -> list[Planned]:
    """List what is due now, without changing anything. Rows that become due through an earlier
    class are not included.
    """
    return [_plan_rule(rule, clock()) for rule in select_rules(names)]


def _plan_rule(rule: Rule | Files, now: datetime) -> Planned:
    if isinstance(rule, Files):
        count, oldest = 0, None
        for _name, changed in rule.found(now - rule.after):
            count, oldest = count + 1, min(oldest or changed, changed)
        return Planned(rule, count, datetime.fromtimestamp(oldest, UTC) if oldest else None)
    facts = rule.rows(now).order_by().aggregate(count=Count("pk"), oldest=Min(rule.moment))
    return Planned(rule, facts["count"], facts["oldest"])


def apply_rules(names: Collection[str] = (), *, clock: Clock = database_now) -> Done:
    """Remove what is due and put on record how much of each class. An error ends its class, not the
    others.

    Raise AtWork, and Refused while publishing is frozen because the database was restored: what is
    deleted then may be missing from the backup that is taken instead.
    """
    rules = select_rules(names)
    with _alone():
        _require_no_restore()
        for left in Run.objects.all():
            _end_run(left, "retention.interrupted", [])
        run, done = Run.objects.create(started_at=timezone.now()), Done()
        _apply_each(rules, done, run, clock)
        _end_run(run, "retention.applied", done.failed)
    return done


def sweep_technical_rows(names: Collection[str], *, clock: Clock = database_now) -> Done:
    """Do as `apply_rules` does for technical rows that expire many times a day: without an entry in
    the record each time.
    """
    done = Done()
    with _alone():
        _require_no_restore()
        _apply_each(select_rules(names), done, None, clock)
    return done


class _alone:
    """Hold the lock of all runs, or raise AtWork."""

    def __enter__(self) -> None:
        self.lock = try_alone("retention")
        if not self.lock.__enter__():
            self.lock.__exit__(None, None, None)
            raise AtWork("another run is at work")

    def __exit__(self, *error: Any) -> None:
        self.lock.__exit__(*error)


def _require_no_restore() -> None:
    state = freezing.check_database()
    if state.frozen_at and state.reason == freezing.RESTORED:
        raise Refused(
            "publishing is frozen because the database was restored: nothing is removed "
            "before its release"
        )


def _apply_each(rules: list[Rule | Files], done: Done, run: Run | None, clock: Clock) -> None:
    for rule in rules:
        try:
            for batch in _list_batches(rule, clock()):
                with transaction.atomic():
                    removed = batch()
                    if removed and run:
                        counts = {**run.removed, rule.name: run.removed.get(rule.name, 0) + removed}
                        Run.objects.filter(pk=run.pk).update(removed=counts)
                if removed:
                    done.removed[rule.name] = done.removed.get(rule.name, 0) + removed
                    if run:
                        run.removed = counts
        except Exception:
            log.exception("retention: %s", rule.name)
            done.failed.append(rule.name)


def _list_batches(rule: Rule | Files, now: datetime) -> Iterator[Any]:
    """Yield one call a batch. Each begins behind the last one's keys: locked rows are skipped
    instead of retried for ever, and removed ones are not read again.
    """
    if isinstance(rule, Files):
        before = now - rule.after
        for some in batched(rule.found(before), rule.batch):
            names = [name for name, _changed in some]
            yield lambda names=names: rule.remove(names, before)
        return
    rows, last = rule.rows(now), None
    while True:
        further = rows if last is None else rows.filter(pk__gt=last)
        keys = list(further.order_by("pk").values_list("pk", flat=True)[: rule.batch])
        if not keys:
            return
        yield lambda keys=keys: rule.remove(rows.filter(pk__in=keys))
        last = keys[-1]


@transaction.atomic
def _end_run(run: Run, action: str, failed: list[str]) -> None:
    top = Unit.objects.filter(parent=None).first()
    facts = {"removed": run.removed, "total": sum(run.removed.values()), "failed": failed}
    record_many(
        [
            {
                "at": timezone.now(),
                "action": action,
                "object_type": Run._meta.label_lower,
                "object_id": str(run.pk),
                "unit_path": top.path if top else "",
                "data": facts,
            }
        ]
    )
    run.delete()


# --- Holds ----------------------------------------------------------------------------------------


def create_hold(
    *, post: Post | None = None, unit: Unit | None = None, reason: str, operator: str
) -> Hold:
    """Protect a post, or a unit and all below it, from deletion from now on. Raise Refused, and
    AtWork.
    """
    why = make_console_reason(reason, operator=operator)
    with _alone(), transaction.atomic():
        row = Hold.objects.create(
            post=post,
            unit=unit,
            reason=reason.strip(),
            operator=operator.strip(),
            set_at=timezone.now(),
        )
        _record_hold("retention.held", row, why=why)
    return row


@transaction.atomic
def lift_hold(row: Hold, *, reason: str, operator: str) -> None:
    """End a hold: the next run removes what is due. Raise Refused."""
    why = make_console_reason(reason, operator=operator)
    if not Hold.objects.filter(pk=row.pk).delete()[0]:
        raise Refused("this hold was lifted already")
    _record_hold("retention.lifted", row, why=why)


def _record_hold(action: str, row: Hold, *, why: str) -> None:
    subject = row.post or row.unit
    assert subject is not None  # a constraint
    record(action, subject, reason=why, hold=str(row.public_id))
