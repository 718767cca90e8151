"""The files of an approved report: made once, taken over, kept, downloaded by those who may."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Busy
from engagement.reports import files
from engagement.reports.models import ReportFile
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
    ReportFile.objects.filter(pk=slow.pk).update(
        state="done", attempts=2, data=b"the other's", made_at=timezone.now()
    )

    files._make(slow)

    assert bytes(ReportFile.objects.get(pk=slow.pk).data) == b"the other's"
    assert report.files.filter(state="done").count() == 1


def test_what_fails_three_times_is_said_and_can_be_tried_again(monkeypatch):
    report = factories.report(state="sent")
    report.files.exclude(format="pdf").delete()

    def broken(document):
        raise OSError

    monkeypatch.setattr(files.pdf, "write_pdf", broken)
    assert files.make_waiting() == 3
    assert report.files.get().state == "failed"

    monkeypatch.undo()
    files.try_again(report.pk)
    assert files.make_waiting() == 1
    assert report.files.get().state == "done"


def test_a_file_waits_while_the_renderer_works_for_others(monkeypatch):
    report = factories.report(state="sent")
    report.files.exclude(format="pdf").delete()

    def busy(document):
        raise Busy("Wait.")

    monkeypatch.setattr(files.pdf, "write_pdf", busy)

    assert files.make_waiting() == 0
    assert list(report.files.values_list("state", "attempts")) == [("waiting", 0)]


def test_a_file_that_is_ready_has_bytes():
    report = factories.report(state="sent")
    with pytest.raises(IntegrityError, match="a_file_that_is_ready_has_bytes"):
        report.files.update(state="done")


def test_a_file_is_no_strangers(client):
    report = factories.report_with_files()
    client.force_login(factories.person(Role.OFFICER))

    address = reverse("engagement:report_file", args=[report.public_id, "pdf"])

    assert client.get(address).status_code == 404
