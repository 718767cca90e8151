"""A month's reports of many units, from their figures to their files by the worker of production.

    python -m benchmarks.report_month [--n 300] [--posts 4]

Communes of one province published posts last month. Their reports are drafted as by night, written
in, submitted, approved, and made as Word, PDF and Excel by the process that `docker-compose.yml`
starts for the queue of counts. The processor's time is that of all processes, PostgreSQL among
them. The floor sets the same reports as PDF and nothing else. The goal is 3,321 units in ten
minutes on two processors.
"""

import argparse
import random
import resource
import sys
import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

from benchmarks.servers import wait_until
from benchmarks.stage import Stage, run
from benchmarks.usage import cpu_seconds

NATION, PROCESSORS, GOAL = 3321, 2, 600
TEXT = "Trong kỳ, đơn vị đã đăng bài về phòng, chống lừa đảo, an toàn giao thông và cháy, nổ. "


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--posts", type=int, default=4)


def measure(stage: Stage, options: argparse.Namespace) -> str:
    from django.utils import timezone

    from core.jobs import queueing
    from engagement.reports import periods

    month = periods.list_recent_periods("month", timezone.localdate(), 15)[0]
    units = _published(stage, options, month)
    people = _people(units)
    # Files are asked for once all is approved, so that each step is measured by itself.
    queueing.send_on_commit = lambda jobs: None
    stage.start_counts()
    _work(units[:1], people, month)
    _send_message()
    wait_until(_all_made, "the worker to be warm")
    stage.vacuum_database()

    rest = units[1:]
    seconds, spent = [], [_spent(stage)]
    for step in (_draft, _approve, _make_files):
        begun = time.perf_counter()
        step(rest, people, month)
        seconds.append(time.perf_counter() - begun)
        spent.append(_spent(stage))
    spans = [1000 * (after - before) / len(rest) for before, after in pairwise(spent)]
    stage.stop("counts")
    floor = _pdf_alone(rest)
    nation = sum(spans) * NATION / 1000 / PROCESSORS
    return (
        f"report_month n={len(rest)} seconds={sum(seconds):.1f} "
        f"cpu_ms_a_report={sum(spans):.1f} figures={spans[0]:.1f} approving={spans[1]:.1f} "
        f"files={spans[2]:.1f} floor={floor:.1f} ratio={spans[2] / floor:.1f} "
        f"files_seconds={seconds[2]:.1f} nation_seconds={nation:.0f} goal_seconds={GOAL}"
    )


def _published(stage: Stage, options: argparse.Namespace, month: Any) -> list[Any]:
    """Create a province whose communes published posts in the month, with measured figures."""
    from django.db.models import CharField, F
    from django.db.models.functions import Cast

    from engagement.models import Measurement
    from engagement.rollups import services as rollups
    from publishing.models import Delivery
    from units.models import Level, Unit

    province = Unit(level=Level.PROVINCE, kind="tỉnh", place="Tỉnh A", name="Công an tỉnh A")
    province.parent, province.valid_from = stage.rows.top, stage.rows.top.valid_from
    province.save()
    rows = stage.rows.fill("facebook", options.n + 1, posts=options.posts, parent=province)
    numbers = random.Random(7)
    length = (month.end - month.start).total_seconds()
    begun = month.start.timestamp()
    stage.rows.deliver(rows, lambda _n: begun + numbers.uniform(0, length - 1))
    units = list({row.unit.pk: row.unit for row in rows}.values())
    deliveries = Delivery.objects.filter(unit__in=units)
    deliveries.update(
        state="published", published_at=F("due_at"), remote_id=Cast("pk", CharField(max_length=40))
    )
    Measurement.objects.bulk_create(
        Measurement(
            delivery_id=key,
            taken_at=published_at + timedelta(days=1),
            reach=numbers.randrange(100, 9_000),
            reactions=numbers.randrange(300),
            comments=numbers.randrange(40),
            shares=numbers.randrange(60),
        )
        for key, published_at in deliveries.values_list("pk", "published_at")
    )
    while rollups.refresh_changed_days():
        pass
    return units


def _people(units: list[Any]) -> dict[int, tuple[Any, Any]]:
    """Return by unit the officer and the leader, who are appointed to it."""
    from accounts.models import Appointment, User
    from accounts.permissions import Role

    made = User.objects.bulk_create(
        User(username=f"{word}-{unit.pk}", email=f"{word}-{unit.pk}@congan.example")
        for unit in units
        for word in ("officer", "leader")
    )
    people = {
        unit.pk: (officer, leader)
        for unit, officer, leader in zip(units, made[::2], made[1::2], strict=True)
    }
    Appointment.objects.bulk_create(
        Appointment(user=user, unit=unit, role=role, title=title, valid_from=unit.valid_from)
        for unit in units
        for user, role, title in zip(
            people[unit.pk],
            (Role.OFFICER, Role.APPROVER),
            ("Cán bộ", "Phó Trưởng Công an xã"),
            strict=True,
        )
    )
    return people


def _work(units: list[Any], people: Any, month: Any) -> None:
    for step in (_draft, _approve):
        step(units, people, month)


def _draft(units: list[Any], _people: Any, month: Any) -> None:
    from django.utils import timezone

    from engagement.reports import drafts

    drafts.draft_all("month", month, now=timezone.now(), units=units)


def _approve(units: list[Any], people: Any, _month: Any) -> None:
    """Write, submit, approve and send the reports of ``units``."""
    from django.utils import timezone

    from engagement.reports import decisions, drafts
    from engagement.reports.figures import compute_digest
    from engagement.reports.models import Report
    from engagement.reports.queries import build_content

    keys = ("situation", "results", "limits", "tasks", "proposals")
    for report in Report.objects.filter(unit__in=units).select_related("unit__parent", "form"):
        officer, leader = people[report.unit_id]
        drafts.write(report, dict.fromkeys(keys, TEXT * 3), by=officer)
        submitted = decisions.submit(report, by=officer)
        decisions.approve(submitted, by=leader, digest=compute_digest(build_content(submitted)))
        decisions.send(submitted, by=officer, number="1", signed_on=timezone.localdate())


def _make_files(_units: list[Any], _people: Any, _month: Any) -> None:
    for _number in range(4):  # a message for each thread of the worker; approvals send one each
        _send_message()
    wait_until(_all_made, "all files to be made", seconds=GOAL)


def _send_message() -> None:
    from core.tasks import run_waiting_jobs

    run_waiting_jobs.apply_async(kwargs={"queue": "counts"}, queue="counts")


def _all_made() -> bool:
    from core.models import UNFINISHED, Job, JobState

    files = Job.objects.filter(kind="report_file")
    if files.filter(state=JobState.FAILED).exists():
        raise SystemExit("a file could not be made")
    return not files.filter(state__in=UNFINISHED).exists()


def _pdf_alone(units: list[Any]) -> float:
    """Return the milliseconds of processor of a report that is set as PDF and nothing else."""
    from engagement.reports.models import Report
    from engagement.reports.queries import build_document
    from engagement.reports.rendering import pdf

    rows = Report.objects.filter(unit__in=units).select_related("approval")
    documents = [build_document(row) for row in rows]
    begun = _own()
    for at in range(0, len(documents), pdf.BATCH):
        pdf.write_pdfs(documents[at : at + pdf.BATCH])
    return 1000 * (_own() - begun) / len(documents)


def _spent(stage: Stage) -> float:
    return sum(cpu_seconds(process.pid) for process in stage.processes.values()) + _own()


def _own() -> float:
    """Return the processor's seconds of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    run(sys.modules[__name__])
