"""Queue jobs, queue them again, and count them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from core.jobs.kinds import get_kind, list_kinds
from core.jobs.tasks import run_job
from core.models import UNFINISHED, Job, JobState

KEPT = timedelta(days=7)


class AlreadyQueued(Exception):
    """A job of this kind and key is not finished."""


def enqueue(kind: str, *, key: str = "", priority: int = 0, send: bool = True) -> Job:
    """Queue a job; workers are sent a message once the transaction commits that stores the job and
    the row about it. One of another ``priority`` than 0 waits for a tick, as does one that is not
    to be sent. Raise AlreadyQueued.
    """
    _require_transaction()
    try:
        with transaction.atomic():
            (job,) = enqueue_many(kind, 1, key=key, priority=priority, send=send)
    except IntegrityError:
        if key:
            raise AlreadyQueued from None
        raise
    return job


def enqueue_many(
    kind: str, n: int, *, key: str = "", priority: int = 0, send: bool = True
) -> list[Job]:
    """Queue so many jobs by one statement."""
    _require_transaction()
    now = timezone.now()
    jobs = Job.objects.bulk_create(
        Job(kind=get_kind(kind).name, key=key, priority=priority, run_at=now, queued_at=now)
        for _number in range(n)
    )
    if send and not priority:
        send_on_commit(jobs)
    return jobs


def _require_transaction() -> None:
    # A worker that finds a job without its row takes that for gone.
    if not connection.in_atomic_block:
        raise RuntimeError("A job is queued in the transaction that stores the row about it.")


def create_done(kind: str) -> Job:
    """Create a job of which nothing is left to do."""
    now = timezone.now()
    return Job.objects.create(
        kind=kind, state=JobState.DONE, progress=100, run_at=now, queued_at=now, ended_at=now
    )


def restart(jobs: QuerySet[Job], *, priority: int = 0) -> int:
    """Queue jobs again from the beginning; return how many. Who is at one of them has lost it."""
    now = timezone.now()
    restarted = list(jobs)
    Job.objects.filter(pk__in=[job.pk for job in restarted]).update(
        state=JobState.WAITING,
        priority=priority,
        attempts=0,
        run_at=now,
        owner=None,
        leased_until=None,
        progress=0,
        queued_at=now,
        begun_at=None,
        ended_at=None,
        error="",
    )
    if not priority:
        send_on_commit(restarted)
    return len(restarted)


def send_on_commit(jobs: Iterable[Job]) -> None:
    """Send the workers a message once the transaction commits. One that is lost does no harm: the
    tick of the queue finds the job.
    """
    named: dict[object, tuple[int, str]] = {}
    for job in jobs:
        # Of jobs that are done together, one message is enough.
        kind = get_kind(job.kind)
        named.setdefault(kind.name if kind.pick else job.pk, (job.pk, kind.queue))

    def send() -> None:
        for pk, queue in named.values():
            run_job.apply_async(kwargs={"job": pk}, queue=queue)

    transaction.on_commit(send, robust=True)


@dataclass(frozen=True, slots=True)
class Figures:
    """Count how many jobs of a kind wait and run, since when the oldest waits though it is due, and
    how many failed in the last day.
    """

    kind: str
    waiting: int
    running: int
    oldest: datetime | None
    failed: int


def measure(now: datetime) -> list[Figures]:
    """Count the jobs of each kind, by one query."""
    waiting = Q(state=JobState.WAITING)
    failed = Q(state=JobState.FAILED, ended_at__gt=now - timedelta(days=1))
    counted = (
        Job.objects.filter(Q(state__in=UNFINISHED) | failed)
        .values("kind")
        .annotate(
            waiting=Count("pk", filter=waiting),
            running=Count("pk", filter=Q(state=JobState.RUNNING)),
            oldest=Min("queued_at", filter=waiting & Q(run_at__lte=now)),
            failed=Count("pk", filter=failed),
        )
    )
    rows: dict[str, dict[str, Any]] = {row["kind"]: {**row} for row in counted}
    nothing: dict[str, Any] = {"waiting": 0, "running": 0, "oldest": None, "failed": 0}
    return [
        Figures(**nothing | {"kind": kind.name} | rows.get(kind.name, {})) for kind in list_kinds()
    ]


def find_forgotten(before: datetime) -> QuerySet[Job]:
    """Find jobs that ended before then and whose rows are gone."""
    ended = Job.objects.filter(ended_at__lt=before)
    gone = Q(pk__in=[])
    for kind in list_kinds():
        relation = kind.rows.model._meta.get_field("job").remote_field.related_name
        gone |= Q(kind=kind.name, **{f"{relation}__isnull": True})
    return ended.filter(gone)
