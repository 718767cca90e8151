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
from core.errors import Busy
from engagement.reports import files
from engagement.reports.models import ReportFile
from engagement.reports.tasks import make_report_files
from tests import factories

pytestmark = pytest.mark.django_db


def test_word_pdf_and_excel_are_made_of_what_was_approved(client):
    report = factories.report(state="sent")

    assert files.make_waiting() == 3
    assert files.make_waiting() == 0

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


def test_a_file_whose_worker_was_killed_is_taken_over(monkeypatch):
    report = factories.report(state="sent")
    now = timezone.now()
    dead = report.files.get(format="xlsx")
    report.files.exclude(pk=dead.pk).delete()
    ReportFile.objects.filter(pk=dead.pk).update(
        state="running", attempts=1, leased_until=now + timedelta(minutes=1)
    )
    assert files.make_waiting() == 0  # somebody is at it

    ReportFile.objects.filter(pk=dead.pk).update(leased_until=now - timedelta(seconds=1))
    assert files.make_waiting() == 1

    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("done", 2)


def test_a_worker_that_was_taken_for_dead_changes_nothing_of_the_other_ones_file():
    report = factories.report(state="sent")
    slow = files._claim(timezone.now())
    assert len(slow) == 3
    taken_over = slow[0]
    ReportFile.objects.filter(pk=taken_over.pk).update(
        state="done", attempts=2, data=b"the other's", made_at=timezone.now()
    )

    files._make_claimed(slow)

    assert bytes(ReportFile.objects.get(pk=taken_over.pk).data) == b"the other's"
    assert report.files.filter(state="done").count() == 3


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

    assert files.make_waiting() == 9

    assert starts == [3]


def test_a_batch_asks_as_much_of_the_database_for_three_reports_as_for_one():
    counts = []
    for n in (1, 3):
        for _number in range(n):
            factories.report(state="sent")
        rows = files._claim(timezone.now())
        with CaptureQueriesContext(connection) as queries:
            files._make_claimed(rows)
        counts.append(len(queries) - len(rows))  # one for each file that is stored
    assert counts[0] == counts[1]


def test_a_refused_report_keeps_its_neighbours_from_nothing_and_says_why(client):
    before = factories.report(state="sent")
    poisoned = factories.report(state="sent", texts={"situation": "Hỏa tốc"})
    after = factories.report(state="sent")

    assert files.make_waiting() == 6

    for report in (before, after):
        assert set(report.files.values_list("state", "reason", "attempts")) == {("done", "", 1)}
    assert set(poisoned.files.values_list("state", "attempts")) == {("failed", 3)}
    officer = factories.person(Role.OFFICER, poisoned.unit)
    client.force_login(officer)
    address = reverse("engagement:report", args=[poisoned.public_id])
    (reason,) = set(poisoned.files.values_list("reason", flat=True))
    assert "Hỏa tốc" in reason
    assert client.get(address).content.decode().count(reason) == 3

    client.post(reverse("engagement:make_report_files", args=[poisoned.public_id]))

    assert set(poisoned.files.values_list("state", "attempts", "reason")) == {("waiting", 0, "")}


def test_what_somebody_looks_at_is_made_before_what_waits_longer(client, starts):
    for _number in range(2):
        factories.report(state="sent")
    watched = factories.report(state="sent")
    client.force_login(factories.person(Role.OFFICER, watched.unit))

    client.get(reverse("engagement:report", args=[watched.public_id]))

    assert {row.report_id for row in files._claim(timezone.now())} == {watched.pk}


def test_what_nobody_looks_at_any_more_waits_its_turn():
    first = factories.report(state="sent")
    left = factories.report(state="sent")
    left.files.update(watched_at=timezone.now() - files.WATCHED)

    assert {row.report_id for row in files._claim(timezone.now())} == {first.pk, left.pk}


def test_what_ended_a_worker_is_tried_alone_and_given_up_in_the_end():
    now = timezone.now()
    killer = factories.report(state="sent").files.get(format="pdf")
    killer.report.files.exclude(pk=killer.pk).delete()
    factories.report(state="sent")
    lost = {"state": "running", "leased_until": now - timedelta(seconds=1)}
    ReportFile.objects.filter(pk=killer.pk).update(attempts=1, **lost)
    assert [row.pk for row in files._claim(now)] == [killer.pk]

    ReportFile.objects.filter(pk=killer.pk).update(attempts=3, **lost)
    assert files.make_waiting() == 3

    killer.refresh_from_db()
    assert (killer.state, killer.attempts) == ("failed", 3)
    assert killer.reason


def test_a_batch_whose_worker_was_killed_is_made_by_the_next_one():
    report = factories.report(state="sent")
    files._claim(timezone.now())
    assert files.make_waiting() == 0  # somebody is at it

    report.files.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert files.make_waiting() == 3

    assert set(report.files.values_list("state", "attempts")) == {("done", 2)}


def test_a_run_that_leaves_files_waiting_calls_for_another(monkeypatch):
    for _number in range(2):
        factories.report(state="sent")
    called = []
    monkeypatch.setattr(files, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(files, "BATCH", 1)
    monkeypatch.setattr(make_report_files, "delay", lambda: called.append(True))

    make_report_files()
    assert called == [True]


def test_what_fails_three_times_is_said_and_can_be_tried_again(monkeypatch):
    report = factories.report(state="sent")
    report.files.exclude(format="pdf").delete()

    def broken(documents):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(files.pdf, "write_pdfs", broken)
        assert files.make_waiting() == 0
    assert report.files.get().state == "failed"

    files.retry_failed(report.pk)
    assert files.make_waiting() == 1
    assert report.files.get().state == "done"


def test_a_file_waits_while_the_renderer_works_for_others(monkeypatch):
    report = factories.report(state="sent")

    def busy(documents):
        raise Busy("Wait.")

    monkeypatch.setattr(files.pdf, "write_pdfs", busy)

    assert files.make_waiting() == 0
    assert sorted(report.files.values_list("format", "state", "attempts")) == [
        ("docx", "done", 1),
        ("pdf", "waiting", 0),
        ("xlsx", "done", 1),
    ]


def test_a_file_that_is_ready_has_bytes():
    report = factories.report(state="sent")
    with pytest.raises(IntegrityError, match="a_file_that_is_ready_has_bytes"):
        report.files.update(state="done")


def test_a_file_is_no_strangers(client):
    report = factories.report_with_files()
    client.force_login(factories.person(Role.OFFICER))

    address = reverse("engagement:report_file", args=[report.public_id, "pdf"])

    assert client.get(address).status_code == 404
