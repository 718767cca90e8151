"""Background jobs: who has one, what becomes of it when its worker dies, what comes too late."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from core import jobs
from core.errors import Busy
from core.jobs import kinds, tasks
from core.jobs.claims import find_claimable
from core.models import Job, JobState

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = timedelta(minutes=2)


class Rows:
    """Stand for the rows that a kind's jobs are about."""

    def __init__(self) -> None:
        self.gone: set[int] = set()

    def filter(self, *, job__in):
        return [SimpleNamespace(job_id=key, job=None) for key in job__in if key not in self.gone]


@pytest.fixture
def kind(monkeypatch):
    """Return a function that registers the kind "test", which notes what it does."""
    monkeypatch.setattr(kinds, "_kinds", {})
    seen = SimpleNamespace(run=[], failed=[], rows=Rows())

    def register(**fields):
        given = {
            "queue": "maintenance",
            "rows": seen.rows,
            "run": lambda claim: seen.run.append(claim.job.pk),
            "lease": LEASE,
            "most_attempts": 3,
            "codes": ["refused"],
            "on_failure": lambda row: seen.failed.append(row.job.error),
        }
        jobs.register("test", **given | fields)
        return seen

    return register


def enqueue(**fields) -> Job:
    with transaction.atomic():
        return jobs.enqueue("test", **fields)


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


def read(job: Job) -> tuple[str, int, str]:
    job.refresh_from_db()
    return job.state, job.attempts, job.error


def test_a_job_is_done_once(kind):
    seen = kind()
    job = enqueue()

    assert jobs.run_waiting("test") == (1, False)
    assert jobs.run_waiting("test") == (0, False)

    assert seen.run == [job.pk]
    assert read(job) == ("done", 1, "")
    assert (job.progress, job.owner, job.leased_until) == (100, None, None)
    assert job.begun_at <= job.ended_at


def test_a_job_is_queued_with_the_row_about_it_or_not_at_all(kind):
    kind()
    with pytest.raises(RuntimeError, match="transaction"):
        jobs.enqueue("test")
    with transaction.atomic():
        jobs.enqueue("test")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_of_a_key_one_job_is_unfinished(kind):
    kind()
    first = enqueue(key="7")
    enqueue(key="8")
    enqueue()
    enqueue()

    with pytest.raises(jobs.AlreadyQueued):
        enqueue(key="7")

    jobs.run_job(first.pk)
    enqueue(key="7")


def test_the_message_names_the_job_and_goes_to_the_queue_of_its_kind(kind, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda **given: sent.append(given))
    kind()
    job = enqueue()
    enqueue(priority=1)
    enqueue(send=False)

    assert sent == [{"kwargs": {"job": job.pk}, "queue": "maintenance"}]


def test_a_false_message_does_nothing(kind):
    kind()
    tasks.run_job(job=4711)
    tasks.run_waiting_jobs(queue="no-such-queue")


def test_what_waits_is_done_by_priority_and_age(kind):
    seen = kind()
    backlog, first, second = enqueue(priority=1), enqueue(), enqueue()

    tasks.run_waiting_jobs(queue="maintenance")

    assert seen.run == [first.pk, second.pk, backlog.pk]


def test_the_job_of_a_message_comes_first(kind):
    seen = kind()
    first, second = enqueue(), enqueue()

    tasks.run_job(job=second.pk)

    assert seen.run == [second.pk, first.pk]


def test_a_run_that_leaves_jobs_waiting_calls_for_another(kind, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.run_waiting_jobs, "apply_async", lambda **given: sent.append(given))
    seen = kind(most_a_run=2)
    for _number in range(3):
        enqueue()

    tasks.run_waiting_jobs(queue="maintenance")

    assert len(seen.run) == 2
    assert sent == [{"kwargs": {"kind": "test"}, "queue": "maintenance"}]


def test_a_job_whose_worker_was_killed_is_done_by_the_next_one_and_the_dead_one_changes_nothing(
    kind,
):
    kind()
    job = enqueue()
    dead = jobs.claim(job.pk)
    assert jobs.claim(job.pk) is None
    assert jobs.claim_next("test") == []

    expire(job)
    alive = jobs.claim(job.pk)

    for late in (dead.finish, dead.fail, dead.retry, dead.release, dead.renew):
        with pytest.raises(jobs.JobLost):
            late()
    alive.renew(40)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.progress) == ("running", 2, 40)
    assert job.leased_until > timezone.now() + LEASE / 2
    alive.finish()
    with pytest.raises(jobs.JobLost):
        dead.finish()
    assert read(job) == ("done", 2, "")


def test_of_two_workers_that_ask_at_once_one_has_the_job(kind):
    kind()
    job, ready, claims = enqueue(), threading.Barrier(2), []

    def claim() -> None:
        ready.wait()
        claims.append(jobs.claim(job.pk))
        connection.close()

    threads = [threading.Thread(target=claim) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [claim is None for claim in claims].count(False) == 1
    assert read(job) == ("running", 1, "")


def test_a_claim_that_another_worker_makes_first_is_left_to_it(kind):
    kind()
    job, taken = enqueue(), []

    def take_first(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and not taken:
            taken.append(sql)
            Job.objects.filter(pk=job.pk).update(
                state=JobState.RUNNING,
                owner="11111111-1111-1111-1111-111111111111",
                leased_until=timezone.now() + LEASE,
                attempts=1,
            )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take_first):
        assert jobs.claim_next("test") == []
    assert taken


def test_a_job_that_is_queued_again_is_lost_to_who_is_at_it(kind):
    seen = kind()
    job = enqueue()
    claim = jobs.claim(job.pk)

    jobs.restart(Job.objects.filter(pk=job.pk))

    with pytest.raises(jobs.JobLost):
        claim.finish()
    assert jobs.run_waiting("test").done == 1
    assert seen.run == [job.pk]
    assert read(job) == ("done", 1, "")


def test_what_a_worker_wrote_who_was_overtaken_is_undone_with_its_transaction(kind):
    def run(claim):
        expire(claim.job)
        other = jobs.claim(claim.job.pk)
        with transaction.atomic():
            Job.objects.filter(pk=claim.job.pk).update(key="written")
            claim.finish()
        other.finish()

    kind(run=run)
    job = enqueue()
    assert jobs.run_waiting("test") == (0, False)

    assert read(job) == ("running", 2, "")
    assert job.key == ""


def test_a_failed_attempt_is_tried_again_and_in_the_end_given_up(kind, caplog):
    def run(claim):
        raise OSError("chi-huy@congan.example")

    seen = kind(run=run, backoff=lambda attempts: timedelta(minutes=attempts))
    job, now, waits = enqueue(), timezone.now(), []
    for _number in range(3):
        assert jobs.run_waiting("test", now=now).done == 0
        job.refresh_from_db()
        waits.append((job.state, round((job.run_at - timezone.now()).total_seconds())))
        now = job.run_at

    assert waits[:2] == [("waiting", 60), ("waiting", 120)]
    assert read(job) == ("failed", 3, "broken")
    assert seen.failed == ["broken"]
    assert "OSError at test_jobs.py" in caplog.text
    assert "chi-huy" not in caplog.text


def test_what_a_failed_transaction_said_of_the_job_does_not_count(kind):
    def run(claim):
        with transaction.atomic():
            claim.finish()
            raise DatabaseError

    kind(run=run, most_attempts=2)
    job = enqueue()
    jobs.run_waiting("test")
    assert read(job) == ("failed", 2, "broken")


def test_a_busy_machine_costs_no_attempt(kind):
    def run(claim):
        raise Busy("Wait.")

    kind(run=run)
    job = enqueue()

    assert jobs.run_waiting("test") == (0, False)
    assert read(job) == ("waiting", 0, "")


def test_a_kind_without_a_free_worker_slot_leaves_its_jobs_waiting(kind):
    @contextmanager
    def taken() -> Iterator[None]:
        raise Busy("Wait.")
        yield

    kind(worker_slots=SimpleNamespace(hold=taken))
    job = enqueue()

    assert jobs.run_waiting("test") == (0, False)
    assert read(job) == ("waiting", 0, "")


def test_a_job_that_ends_its_worker_each_time_fails_with_what_hangs_on_it(kind):
    seen = kind(most_attempts=2)
    job = enqueue()
    for _number in range(2):
        assert jobs.claim(job.pk)
        expire(job)
    assert jobs.claim(job.pk) is None

    jobs.run_waiting("test")

    assert read(job) == ("failed", 2, "lost")
    assert seen.failed == ["lost"]
    assert seen.run == []


def test_a_job_that_cannot_even_fail_stands_in_nobodys_way(kind):
    def refuse(row):
        raise DatabaseError

    seen = kind(most_attempts=1, on_failure=refuse)
    poison, other = enqueue(), enqueue()
    assert jobs.claim(poison.pk)
    expire(poison)

    jobs.run_waiting("test")

    assert seen.run == [other.pk]
    assert read(poison) == ("running", 1, "")


def test_a_job_fails_and_its_row_learns_it_together(kind):
    def refuse(row):
        raise DatabaseError

    kind(on_failure=refuse)
    claim = jobs.claim(enqueue().pk)
    with pytest.raises(DatabaseError):
        claim.fail("refused")
    assert read(claim.job) == ("running", 1, "")


def test_a_failure_bears_a_registered_code(kind):
    kind()
    claim = jobs.claim(enqueue().pk)
    with pytest.raises(ValueError, match="no code"):
        claim.fail("Nguyễn Văn A")


def test_a_job_whose_row_is_gone_is_done(kind):
    seen = kind()
    job = enqueue()
    seen.rows.gone.add(job.pk)

    assert jobs.run_waiting("test").done == 1
    assert seen.run == []


def test_jobs_that_are_done_together_are_claimed_together(kind):
    batches = []

    def run(claims):
        batches.append([claim.job.pk for claim in claims])
        claims[0].retry()

    kind(run=run, pick=lambda waiting: waiting[:2])
    all_of_them = [enqueue().pk for _number in range(3)]

    tasks.run_job(job=all_of_them[2])

    assert batches[:2] == [all_of_them[:2], [all_of_them[2], all_of_them[0]]]


def test_one_of_a_batch_that_was_taken_over_costs_the_others_no_attempt(kind):
    def run(claims):
        jobs.restart(Job.objects.filter(pk=claims[0].job.pk))
        claims[0].finish()

    kind(run=run, pick=lambda waiting: waiting[:2], most_a_run=1)
    first, second = enqueue(), enqueue()
    jobs.run_waiting("test")
    assert (read(first), read(second)) == (("waiting", 0, ""), ("waiting", 0, ""))


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "running"},
        {"leased_until": timezone.now()},
        {"state": "done"},
        {"ended_at": timezone.now()},
        {"progress": 101},
    ],
)
def test_the_table_refuses_a_job_that_contradicts_itself(kind, fields):
    kind()
    job = enqueue()
    with pytest.raises(IntegrityError):
        Job.objects.filter(pk=job.pk).update(**fields)


def test_operators_see_by_kind_what_waits_runs_and_failed(kind):
    kind()
    old, _new, running, failed, earlier, later = [enqueue() for _number in range(6)]
    now = timezone.now()
    hour_ago = now - timedelta(hours=1)
    Job.objects.filter(pk=old.pk).update(queued_at=hour_ago)
    Job.objects.filter(pk=later.pk).update(queued_at=hour_ago, run_at=now + LEASE)
    assert jobs.claim(running.pk)
    jobs.claim(failed.pk).fail()
    jobs.claim(earlier.pk).fail()
    Job.objects.filter(pk=earlier.pk).update(ended_at=now - timedelta(days=2))

    (figures,) = jobs.measure(timezone.now())

    assert (figures.kind, figures.waiting, figures.running, figures.failed) == ("test", 3, 1, 1)
    assert figures.oldest == hour_ago


def test_a_tick_asks_once_where_nothing_waits(kind, django_assert_num_queries):
    kind()
    with django_assert_num_queries(1):
        tasks.run_waiting_jobs(queue="maintenance")


def test_others_pass_by_what_is_locked(kind):
    kind()
    first, second, found = enqueue(), enqueue(), []

    def claim() -> None:
        found.extend(claim.job.pk for claim in jobs.claim_next("test"))
        connection.close()

    with transaction.atomic():
        list(find_claimable(kinds.get_kind("test"), timezone.now()).select_for_update()[:1])
        thread = threading.Thread(target=claim)
        thread.start()
        thread.join(30)

    assert found == [second.pk]
    assert jobs.claim(first.pk)
