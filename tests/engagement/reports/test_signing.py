"""The last step of a report: its paper is signed, registered under a number, and sent."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from core import jobs
from core.errors import Refused
from engagement.reports import decisions, files
from engagement.reports.queries import build_document
from engagement.reports.scans import LARGEST
from tests import factories
from tests.campaigns.files import made
from tests.engagement.reports.conftest import send_approved

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def report(unit):
    return factories.report(unit, state="approved")


@pytest.fixture
def post(client, officer, report):
    """Send the form of the page: ``post(scan=b"…", **fields)``."""
    client.force_login(officer)

    def send(scan=None, **fields):
        today = f"{timezone.localdate():%d/%m/%Y}"
        sent = {"number": "125", "signed_on": today, **fields}
        if scan is not None:
            sent["scan"] = SimpleUploadedFile("ban-ky.pdf", scan, "application/pdf")
        return client.post(reverse("engagement:send_report", args=[report.public_id]), sent)

    return send


def test_a_signed_report_is_sent_with_number_day_and_scan(client, unit, officer, report, post):
    overseer = factories.person(Role.OVERSEER, unit.parent)
    jobs.run_waiting("report_file")
    page = client.get(reverse("engagement:report", args=[report.public_id]))
    assert page.context["send_form"]
    scan = made.scan()

    answer = post(scan, number="125/BC-CAP")

    assert answer.status_code == 302
    report.refresh_from_db()
    assert (report.state, report.number) == ("sent", "125")
    assert report.signed_on == timezone.localdate(report.sent_at)
    assert Notice.objects.filter(user=overseer, kind="report_sent").exists()
    document = build_document(report)
    assert document.number_line == "Số: 125/BC-CAP"
    assert f"năm {report.signed_on.year}" in document.place_line
    assert dict(report.files.values_list("format", "job__state")) == {
        "docx": "waiting",
        "pdf": "waiting",
        "xlsx": "waiting",
        "scan": "done",
    }
    client.force_login(overseer)
    kept = client.get(reverse("engagement:report_file", args=[report.public_id, "scan"]))
    assert kept.content == scan
    assert kept["Content-Type"] == "application/pdf"
    assert kept["Content-Disposition"].endswith('-ban-ky.pdf"')


def test_a_scan_may_be_left_out(report, post):
    post()
    report.refresh_from_db()
    assert report.state == "sent"
    assert not report.files.filter(format="scan").exists()


@pytest.mark.parametrize("number", ["", "BC-CAP", "0125789", "12;", "1" * 41])
def test_what_is_no_number_keeps_what_was_typed(report, post, number):
    answer = post(number=number)
    assert answer.status_code == 422
    assert answer.context["send_form"]["number"].value() == number
    report.refresh_from_db()
    assert report.state == "approved"


def test_a_day_to_come_is_refused(report, post):
    answer = post(signed_on=f"{timezone.localdate() + timedelta(days=1):%d/%m/%Y}")
    assert answer.status_code == 422
    assert answer.context["send_form"].errors["signed_on"]


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (b"GIF89a", "no PDF"),
        (b"%PDF-" + b"0" * LARGEST, "larger than 5 MB"),
        (made.pdf(change=made.add_script), "macros"),
        (made.pdf("(TUYỆT MẬT)"), "mark of secrecy"),
        (made.pdf(password="geheim"), "password"),
    ],
    ids=["a picture", "too large", "a script", "a marked paper", "a locked paper"],
)
def test_what_may_not_be_kept_is_no_scan(report, post, scan, words):
    answer = post(scan)
    assert answer.status_code == 409
    assert any(words in error for error in answer.context["send_form"].non_field_errors())
    assert answer.context["send_form"]["number"].value() == "125"
    report.refresh_from_db()
    assert report.state == "approved"
    assert not report.files.filter(format="scan").exists()


def test_only_the_unit_itself_sends(report, unit):
    overseer = factories.person(Role.OVERSEER, unit.parent)
    with pytest.raises(Refused):
        send_approved(report, overseer)


def test_what_is_not_approved_or_was_sent_before_is_not_sent(unit, officer, report):
    draft = factories.report(unit, state="in_review")
    with pytest.raises(Refused, match="moved on"):
        send_approved(draft, officer)
    send_approved(report, officer)
    with pytest.raises(Refused, match="moved on"):
        send_approved(report, officer)


def test_a_report_that_is_being_corrected_is_not_sent(unit, officer, report):
    decisions.correct(report, by=officer, changes="Bổ sung hai bài.")
    with pytest.raises(Refused, match="newer version"):
        send_approved(report, officer)


def test_a_file_without_the_number_does_not_replace_one_with_it(officer, report):
    claims = jobs.claim_next("report_file")
    send_approved(report, officer)

    files.make_files(claims)

    assert set(report.files.values_list("job__state", flat=True)) == {"waiting"}
