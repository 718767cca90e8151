"""The files of an approved report: made once, taken over, kept, downloaded by those who may."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core import jobs
from core.errors import Busy
from core.models import Job
from engagement.reports import files
from engagement.reports.models import ReportFile
from tests import factories

pytestmark = pytest.mark.django_db


def make_files() -> int:
    return jobs.run_waiting("report_file").done


def claim() -> list[jobs.Claim]:
    return jobs.claim_next("report_file")


def expire() -> None:
    """Let the leases of those run out who make files now."""
    running = Job.objects.filter(state="running")
    running.update(leased_until=timezone.now() - timedelta(seconds=1))


def keep(report, format: str) -> ReportFile:
    """Let the report have a file of this format alone."""
    others = report.files.exclude(format=format)
    keys = list(others.values_list("job", flat=True))
    others.delete()
    Job.objects.filter(pk__in=keys).delete()
    return report.files.get()


def states(report) -> set[tuple[str, int]]:
    return set(report.files.values_list("job__state", "job__attempts"))


def test_word_pdf_and_excel_are_made_of_what_was_approved(client):
    report = factories.report(state="sent")

    assert make_files() == 3
    assert make_files() == 0

    made = {row.format: bytes(row.data) for row in report.files.all()}
    assert made["pdf"].startswith(b"%PDF-")
    word = zipfile.ZipFile(io.BytesIO(made["docx"])).read("word/document.xml").decode()
    assert "Báo cáo" in word or "BÁO CÁO" in word
    assert "tồn tại, hạn chế và nguyên nhân" in word.lower()
    assert made["xlsx"].startswith(b"PK")
    client.force_login(factories.person(Role.OFFICER, report.unit))
    for kept in report.files.all():
        answer = client.get(reverse("engagement:report_file", args=[report.public_id, kept.format]))
        assert answer.content == made[kept.format]
        assert answer["Content-Disposition"].startswith("attachment")


def test_a_file_whose_worker_was_killed_is_made_by_the_next_one_and_once():
    report = factories.report(state="sent")
    keep(report, "xlsx")
    dead = claim()
    assert make_files() == 0  # somebody is at it

    expire()
    alive = claim()
    ReportFile.objects.update(data=b"the other's", made_at=timezone.now())
    files.make_files(dead)

    assert states(report) == {("running", 2)}
    assert bytes(report.files.get().data) == b"the other's"
    files.make_files(alive)
    assert states(report) == {("done", 2)}
    assert bytes(report.files.get().data).startswith(b"PK")


def test_a_worker_that_was_taken_for_dead_keeps_what_nobody_took_from_it():
    report = factories.report(state="sent")
    slow = claim()
    assert len(slow) == 3
    jobs.restart(Job.objects.filter(pk=slow[0].job.pk))

    files.make_files(slow)

    assert states(report) == {("waiting", 0), ("done", 1)}
    assert report.files.filter(job__state="done").count() == 2


@pytest.fixture
def starts(monkeypatch):
    """Return how many reports each start of the program that sets PDF was given."""
    counts = []
    write = files.pdf.write_pdfs

    def counted(documents):
        counts.append(len(documents))
        return write(documents)

    monkeypatch.setattr(files.pdf, "write_pdfs", counted)
    return counts


def test_reports_that_wait_are_set_by_one_start_of_the_program(starts):
    for _number in range(3):
        factories.report(state="sent")

    assert make_files() == 9

    assert starts == [3]


def test_a_batch_asks_as_much_of_the_database_for_three_reports_as_for_one():
    counts = []
    for n in (1, 3):
        for _number in range(n):
            factories.report(state="sent")
        claims = claim()
        with CaptureQueriesContext(connection) as queries:
            files.make_files(claims)
        # Of each file that is stored: its job, itself, and the savepoint around both.
        counts.append(len(queries) - 4 * len(claims))
    assert counts[0] == counts[1]


def test_a_refused_report_keeps_its_neighbours_from_nothing_and_says_why(client):
    before = factories.report(state="sent")
    poisoned = factories.report(state="sent", texts={"situation": "Hỏa tốc"})
    after = factories.report(state="sent")

    assert make_files() == 6

    for report in (before, after):
        assert states(report) == {("done", 1)}
    assert states(poisoned) == {("failed", 3)}
    officer = factories.person(Role.OFFICER, poisoned.unit)
    client.force_login(officer)
    address = reverse("engagement:report", args=[poisoned.public_id])
    (reason,) = set(poisoned.files.values_list("reason", flat=True))
    assert "Hỏa tốc" in reason
    assert client.get(address).content.decode().count(reason) == 3

    client.post(reverse("engagement:make_report_files", args=[poisoned.public_id]))

    assert states(poisoned) == {("waiting", 0)}
    assert set(poisoned.files.values_list("reason", flat=True)) == {""}


def test_what_somebody_looks_at_is_made_before_what_waits_longer(client, starts):
    for _number in range(2):
        factories.report(state="sent")
    watched = factories.report(state="sent")
    client.force_login(factories.person(Role.OFFICER, watched.unit))

    client.get(reverse("engagement:report", args=[watched.public_id]))

    assert {job.row.report_id for job in claim()} == {watched.pk}


def test_what_nobody_looks_at_any_more_waits_its_turn():
    first = factories.report(state="sent")
    left = factories.report(state="sent")
    left.files.update(watched_at=timezone.now() - files.WATCHED)

    assert {job.row.report_id for job in claim()} == {first.pk, left.pk}


def test_what_ended_a_worker_is_tried_alone_and_given_up_in_the_end():
    killer = keep(factories.report(state="sent"), "pdf")
    assert [job.row for job in claim()] == [killer]
    factories.report(state="sent")
    for _number in range(2):
        expire()
        assert [job.row for job in claim()] == [killer]

    expire()
    assert make_files() == 3

    killer = ReportFile.objects.get(pk=killer.pk)
    assert (killer.state, killer.job.attempts, killer.job.error) == ("failed", 3, "lost")
    assert killer.reason


def test_a_batch_whose_worker_was_killed_is_made_by_the_next_one():
    report = factories.report(state="sent")
    claim()
    assert make_files() == 0  # somebody is at it

    expire()
    assert make_files() == 3

    assert states(report) == {("done", 2)}


def test_what_fails_three_times_is_said_and_can_be_tried_again(monkeypatch):
    report = factories.report(state="sent")
    keep(report, "pdf")

    def broken(documents):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(files.pdf, "write_pdfs", broken)
        assert make_files() == 0
    assert states(report) == {("failed", 3)}

    files.retry_failed(report.pk)
    assert make_files() == 1
    assert states(report) == {("done", 1)}


def test_a_file_waits_while_the_renderer_works_for_others(monkeypatch):
    report = factories.report(state="sent")

    def busy(documents):
        raise Busy("Wait.")

    monkeypatch.setattr(files.pdf, "write_pdfs", busy)

    assert make_files() == 2
    assert sorted(report.files.values_list("format", "job__state", "job__attempts")) == [
        ("docx", "done", 1),
        ("pdf", "waiting", 0),
        ("xlsx", "done", 1),
    ]


def test_a_file_that_is_ready_has_bytes():
    report = factories.report(state="sent")
    with pytest.raises(IntegrityError, match="a_file_that_is_ready_has_bytes"):
        report.files.update(made_at=timezone.now())


def test_a_file_is_no_strangers(client):
    report = factories.report_with_files()
    client.force_login(factories.person(Role.OFFICER))

    address = reverse("engagement:report_file", args=[report.public_id, "pdf"])

    assert client.get(address).status_code == 404
