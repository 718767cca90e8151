from celery import shared_task

from core.jobs.kinds import list_kinds
from core.jobs.running import run_waiting
from core.models import UNFINISHED, Job


@shared_task(ignore_result=True, name="core.tasks.run_job")
def run_job(*, job: int, **_: object) -> None:
    """Do a job, and what waits behind it. A false, doubled or late message does no harm."""
    for name in Job.objects.filter(pk=job).values_list("kind", flat=True):
        _run(name, first=job)


@shared_task(ignore_result=True, name="core.tasks.run_waiting_jobs")
def run_waiting_jobs(*, queue: str = "", kind: str = "", **_: object) -> None:
    """Do what waits on a queue, or of one kind: jobs whose message was lost or whose worker died,
    and those that are due for another try.
    """
    # By one query where nothing waits, which is the usual case.
    unfinished = Job.objects.filter(state__in=UNFINISHED)
    open_kinds = set(unfinished.order_by().values_list("kind", flat=True).distinct())
    for job_kind in list_kinds(queue=queue):
        if job_kind.name in open_kinds and kind in ("", job_kind.name):
            _run(job_kind.name)


def _run(name: str, *, first: int | None = None) -> None:
    for kind in list_kinds():
        if kind.name == name and run_waiting(name, first=first).is_full:
            run_waiting_jobs.apply_async(kwargs={"kind": name}, queue=kind.queue)
