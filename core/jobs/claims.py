"""Claim jobs by compare-and-set. Each claim has an owner of its own, and whatever it writes asks
first whether the job is still that owner's.
"""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.jobs.kinds import BROKEN, LOST, Kind, get_kind, pick_next
from core.models import Job, JobState

log = logging.getLogger(__name__)


class JobLost(Exception):
    """Another worker has the job, or it was queued again: nothing that this one did counts."""


@dataclass(slots=True)
class Claim:
    """A job while this worker has it, with the row that it is about. Each of its methods raises
    JobLost where somebody else has it; called first in the transaction that stores the result, it
    keeps one that comes too late from changing anything.
    """

    job: Job
    row: Any = field(repr=False)
    owner: uuid.UUID | None = field(init=False)

    def __post_init__(self) -> None:
        self.owner = self.job.owner

    @property
    def is_open(self) -> bool:
        """Check whether this worker has yet to say what became of it."""
        return self.job.state == JobState.RUNNING

    def renew(self, progress: int | None = None) -> None:
        """Hold the job for another lease, and write how far the work is."""
        fields: dict[str, Any] = {"leased_until": timezone.now() + get_kind(self.job.kind).lease}
        if progress is not None:
            fields["progress"] = max(0, min(progress, 99))
        self._change(**fields)

    def finish(self) -> None:
        self._end(state=JobState.DONE, error="")

    @transaction.atomic
    def fail(self, code: str = BROKEN) -> None:
        """Give the job up for good, for the reason of this registered code."""
        kind = get_kind(self.job.kind)
        if code not in kind.codes:
            raise ValueError(f"{code} is no code of {kind.name}")
        self._end(state=JobState.FAILED, error=code)
        if kind.on_failure and self.row is not None:
            kind.on_failure(self.row)

    def retry(self, code: str = BROKEN, *, after: timedelta | None = None) -> None:
        """Leave the job to a later attempt; the last one has failed."""
        kind = get_kind(self.job.kind)
        if self.job.attempts >= kind.most_attempts:
            self.fail(code)
            return
        wait = kind.backoff(self.job.attempts) if after is None else after
        self._leave(run_at=timezone.now() + wait, error=code)

    def release(self) -> None:
        """Hand the job back as if it had not been tried: the machine was busy."""
        self._leave(attempts=self.job.attempts - 1)

    def _end(self, *, state: JobState, error: str) -> None:
        self._leave(state=state, error=error, progress=100, ended_at=timezone.now())

    def _leave(self, **fields: Any) -> None:
        self._change(**{"state": JobState.WAITING, "owner": None, "leased_until": None} | fields)

    def _change(self, **fields: Any) -> None:
        ours = Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING, owner=self.owner)
        if not ours.update(**fields):
            raise JobLost(str(self.job))
        for name, value in fields.items():
            setattr(self.job, name, value)


def find_claimable(kind: Kind, now: datetime) -> QuerySet[Job]:
    """Find what waits and is due, and what a worker began and never ended, in the order of the
    work.
    """
    due = Q(state=JobState.WAITING, run_at__lte=now) | _has_lost_lease(now)
    jobs = Job.objects.filter(due, kind=kind.name, attempts__lt=kind.most_attempts)
    return jobs.order_by("priority", "run_at", "pk")


def _has_lost_lease(now: datetime) -> Q:
    return Q(state=JobState.RUNNING, leased_until__lte=now)


def claim(job: int, *, now: datetime | None = None) -> Claim | None:
    """Claim this job, unless it is done, not due, or another worker has it."""
    row = Job.objects.filter(pk=job).first()
    if row is None:
        return None
    claims = _claim(get_kind(row.kind), lambda jobs: jobs.filter(pk=job), now)
    return claims[0] if claims else None


def claim_next(kind: str, *, now: datetime | None = None) -> list[Claim]:
    """Claim the next job of a kind, or those that it picks to be done together."""
    job_kind = get_kind(kind)
    return _claim(job_kind, job_kind.pick or pick_next, now)


@transaction.atomic
def _claim(kind: Kind, pick: Any, now: datetime | None) -> list[Claim]:
    now = now or timezone.now()
    free = find_claimable(kind, now)
    # Others skip what is locked here, and take what comes after it.
    keys = [job.pk for job in pick(free.select_for_update(of=("self",), skip_locked=True))]
    if not keys:
        return []
    owner = uuid.uuid4()
    taken = free.order_by().filter(pk__in=keys)
    if not taken.update(
        state=JobState.RUNNING,
        owner=owner,
        leased_until=now + kind.lease,
        attempts=F("attempts") + 1,
        begun_at=now,
        progress=0,
    ):
        return []
    ours = {job.pk: job for job in Job.objects.filter(owner=owner, pk__in=keys)}
    return attach_rows(kind, [ours[key] for key in keys if key in ours])


def attach_rows(kind: Kind, jobs: Iterable[Job]) -> list[Claim]:
    """Return the jobs with the rows that they are about; None where that is gone."""
    by_key = {job.pk: job for job in jobs}
    rows = {row.job_id: row for row in kind.rows.filter(job__in=by_key)}
    for key, row in rows.items():
        row.job = by_key[key]
    return [Claim(job, rows.get(key)) for key, job in by_key.items()]


def fail_exhausted(kind: Kind, *, now: datetime | None = None) -> int:
    """Fail jobs that ended, or silenced, as many workers as may try; return how many."""
    lost = Job.objects.filter(
        _has_lost_lease(now or timezone.now()),
        kind=kind.name,
        attempts__gte=kind.most_attempts,
    )
    failed = 0
    for row in attach_rows(kind, lost[:100]):
        # Who is alive after all and renews or ends it first keeps it.
        still = lost.select_for_update(of=("self",)).filter(pk=row.job.pk, owner=row.owner)
        try:
            with transaction.atomic():
                if still.first():
                    row.fail(LOST)
                    failed += 1
        except Exception as error:  # one that cannot even fail stands in nobody's way
            log.error("job %s could not fail: %s", row.job, type(error).__name__)
    return failed
