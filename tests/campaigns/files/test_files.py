"""Files of campaigns and kits: who adds them, who reads them, and what becomes of a bad one."""

import io
from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from campaigns.files import storing
from campaigns.files.models import CampaignFile, FilePart
from campaigns.files.queries import find_readable_files
from campaigns.files.states import FileState, Kind, Refusal
from campaigns.kits.models import Adoption
from core import jobs
from core.errors import Busy, NotAllowed, Refused
from core.models import Job
from core.sandbox import ProgramFailed
from core.secrecy import SecrecyRefused
from tests import factories
from tests.campaigns.files import made

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def writer(province):
    return factories.person(Role.SUPERVISOR, province, language="en")


@pytest.fixture
def campaign(province):
    return factories.CampaignFactory(unit=province)


@pytest.fixture
def officer(province):
    unit = factories.UnitFactory(parent=province)
    return factories.person(Role.OFFICER, unit, language="en")


def given(data=None, name="ke-hoach.docx"):
    return ContentFile(made.word() if data is None else data, name)


def page(campaign):
    return reverse("campaigns:files", args=[campaign.public_id])


def test_a_file_is_read_by_those_below_once_it_is_checked(client, campaign, writer, officer):
    data = made.word()
    form = {
        "name": "Kế hoạch 105/KH-CAT",
        "looked": "on",
        "file": SimpleUploadedFile("k.docx", data),
    }
    client.force_login(writer)
    sent = client.post(page(campaign), form, follow=True)
    assert sent.context["files"][0].is_waiting
    assert sent.context["is_waiting"]
    client.force_login(officer)
    assert client.get(page(campaign)).context["files"] == []
    row = CampaignFile.objects.get()
    address = reverse("campaigns:file", args=[row.public_id])
    assert client.get(address).status_code == 404

    assert jobs.run_waiting("campaign_file").done == 1

    shown = client.get(page(campaign))
    assert shown.context["files"] == [row]
    assert "Add a file" not in shown.content.decode()
    saved = client.get(address)
    assert b"".join(saved.streaming_content) == data
    assert saved["Content-Disposition"] == (
        "attachment; filename*=utf-8''K%E1%BA%BF%20ho%E1%BA%A1ch%20105-KH-CAT.docx"
    )
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in saved["Content-Security-Policy"]
    assert saved["Content-Type"].endswith("wordprocessingml.document")
    entry = Entry.objects.get(action="campaign.file_added")
    assert entry.data["sha256"] == row.sha256
    found = client.get(reverse("engagement:campaign", args=[campaign.public_id]))
    assert list(found.context["files"]) == [row]


def test_a_refused_file_is_deleted_and_its_person_hears_why(client, campaign, writer, officer):
    row = storing.add_file(campaign, given(made.word("TUYỆT MẬT")), name="Công văn", by=writer)
    assert FilePart.objects.filter(file=row).exists()

    jobs.run_job(row.job_id)

    row.refresh_from_db()
    assert (row.state, row.refusal, row.size) == (FileState.REFUSED, Refusal.MARKED, 0)
    assert not FilePart.objects.exists()
    assert Notice.objects.get(user=writer).kind == "file_refused"
    assert Entry.objects.get(action="campaign.file_refused").data == {"why": "marked"}
    client.force_login(writer)
    assert "mark of secrecy" in client.get(page(campaign)).content.decode()
    assert list(find_readable_files(officer)) == []
    storing.add_file(campaign, given(), name="Công văn", by=writer)


def test_a_picture_is_drawn_anew(campaign, writer):
    data = made.picture()
    row = storing.add_file(campaign, given(data, "anh.jpg"), name="Sơ đồ", by=writer)
    jobs.run_job(row.job_id)
    row.refresh_from_db()
    assert (row.kind, row.state) == (Kind.PICTURE, FileState.READY)
    stored = b"".join(bytes(part.data) for part in row.parts.all())
    assert len(stored) == row.size
    assert Image.open(io.BytesIO(stored)).size == (400, 300)
    assert stored != data


def test_only_those_who_write_the_campaign_add_and_remove(client, campaign, officer, writer):
    row = storing.add_file(campaign, given(), name="Kế hoạch", by=writer)
    CampaignFile.objects.update(state="ready")
    for act in (
        lambda: storing.add_file(campaign, given(b"%PDF-1"), name="Khác", by=officer),
        lambda: storing.remove_file(row, by=officer),
    ):
        with pytest.raises(NotAllowed):
            act()
    client.force_login(officer)
    assert client.post(page(campaign), {"name": "x"}).status_code == 403
    removal = reverse("campaigns:file_remove", args=[row.public_id])
    assert client.post(removal).status_code == 403
    assert CampaignFile.objects.count() == 1

    client.force_login(writer)
    assert "for good" in client.get(removal).content.decode()
    assert client.post(removal).url == page(campaign)
    assert not FilePart.objects.exists()
    assert Entry.objects.get(action="campaign.file_removed").data["file"] == "Kế hoạch"


def test_who_writes_kits_and_no_campaigns_removes_a_kit_s_file(client, province):
    author = factories.person(Role.OFFICER, province)
    kit = factories.kit(province)
    row = storing.add_file(kit, given(), name="Hướng dẫn", by=author)
    CampaignFile.objects.update(state="ready")
    removal = reverse("campaigns:file_remove", args=[row.public_id])
    client.force_login(author)

    assert (
        removal in client.get(reverse("campaigns:kit_files", args=[kit.public_id])).content.decode()
    )
    assert client.get(removal).status_code == 200
    client.post(removal)

    assert not CampaignFile.objects.exists()


def test_files_of_a_kit_are_for_those_who_may_take_it_up(client, province, officer, writer):
    kit = factories.kit(province, state="issued")
    draft = factories.kit(province)
    row = storing.add_file(kit, given(), name="Hướng dẫn", by=writer)
    hidden = storing.add_file(draft, given(made.word("Khác")), name="Hướng dẫn", by=writer)
    jobs.run_waiting("campaign_file")
    stranger = factories.person(Role.OFFICER, factories.UnitFactory())

    assert set(find_readable_files(writer)) == {row, hidden}
    assert list(find_readable_files(officer)) == [row]
    assert list(find_readable_files(stranger)) == []
    client.force_login(officer)
    shown = client.get(reverse("posts:kit", args=[kit.public_id]))
    assert list(shown.context["files"]) == [row]
    assert client.get(reverse("campaigns:kit_files", args=[draft.public_id])).status_code == 404
    kit.current.window_until = kit.current.window_from
    kit.current.for_levels, kit.current.all_below = [], False
    kit.current.save()
    assert list(find_readable_files(officer)) == []
    unit = officer.current_appointments[0].unit
    Adoption.objects.filter(kit=kit, unit=unit).update(adopted_at=kit.created_at)
    assert list(find_readable_files(officer)) == [row]
    at_commune = factories.person(Role.APPROVER, unit)
    with pytest.raises(NotAllowed):
        storing.add_file(kit, given(b"%PDF-1"), name="Khác", by=at_commune)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.pdf", "empty"),
        (b"MZ" + b"\0" * 99, "a.pdf", "Only PDF"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "a.doc", "older .doc"),
        (b"PK\x03\x04" + b"\0" * 99, "a.docm", "macros"),
        (b"PK\x03\x04" + b"\0" * 99, "a.zip", "Only PDF"),
        (b"<html><script>", "a.pdf", "Only PDF"),
    ],
)
def test_other_kinds_are_refused_at_once(client, campaign, writer, data, name, words):
    with pytest.raises(Refused, match=words):
        storing.add_file(campaign, ContentFile(data, name), name="Tệp", by=writer)
    assert not CampaignFile.objects.exists()


def test_numbers_and_sizes_are_bounded(campaign, writer, province, monkeypatch):
    monkeypatch.setattr(storing, "MOST_FILES", 2)
    one = storing.add_file(campaign, given(), name="Một", by=writer)
    with pytest.raises(Refused, match="there already"):
        storing.add_file(campaign, _same(one), name="Hai", by=writer)
    monkeypatch.setattr(storing, "MOST_BYTES", one.size + 100)
    with pytest.raises(Refused, match="MB already"):
        storing.add_file(campaign, given(b"%PDF-" + b"x" * 200), name="Hai", by=writer)
    storing.add_file(campaign, given(b"%PDF-"), name="Hai", by=writer)
    with pytest.raises(Refused, match="no room"):
        storing.add_file(campaign, given(b"%PDF-1"), name="Ba", by=writer)
    monkeypatch.setattr(storing, "LARGEST", 10)
    with pytest.raises(Refused, match="larger than"):
        storing.add_file(campaign, given(b"%PDF-" + b"x" * 20), name="Bốn", by=writer)


def _same(row):
    return ContentFile(b"".join(bytes(part.data) for part in row.parts.all()), "khac.docx")


def test_names_are_checked_like_other_words(client, campaign, writer):
    with pytest.raises(SecrecyRefused):
        storing.add_file(campaign, given(), name="TUYỆT MẬT", by=writer)
    client.force_login(writer)
    form = {"name": "Kế hoạch", "file": SimpleUploadedFile("k.docx", made.word())}
    sent = client.post(page(campaign), form)
    assert sent.status_code == 422
    assert sent.context["form"].errors.keys() == {"looked", "file"}  # a browser has forgotten it
    assert "Kế hoạch" in sent.content.decode()


def test_a_check_that_dies_is_tried_again_and_then_given_up(campaign, writer):
    row = storing.add_file(campaign, given(), name="Kế hoạch", by=writer)
    with (
        mock.patch.object(storing, "check_content", side_effect=Busy("later")),
        pytest.raises(Busy),
    ):
        jobs.run_job(row.job_id)
    row = CampaignFile.objects.get()
    assert row.job.attempts == 0
    with mock.patch.object(storing, "check_content", side_effect=ProgramFailed):
        for number in range(storing.MOST_ATTEMPTS):
            row.refresh_from_db()
            assert row.is_waiting, number
            assert not jobs.run_job(row.job_id)
    row = CampaignFile.objects.get()
    assert (row.refusal, row.job.error) == (Refusal.BROKEN, "broken")
    assert not jobs.run_job(row.job_id)


def test_what_another_worker_has_is_left_to_it(campaign, writer):
    row = storing.add_file(campaign, given(), name="Kế hoạch", by=writer)

    def meanwhile(*_args, **_kwargs):
        assert not jobs.run_job(row.job_id)
        return storing.Checked(was_read=True)

    with mock.patch.object(storing, "check_content", side_effect=meanwhile) as checked:
        jobs.run_job(row.job_id)
    assert checked.call_count == 1


def test_a_file_whose_worker_was_killed_is_checked_by_the_next_and_once(campaign, writer):
    row = storing.add_file(campaign, given(made.picture(), "a.jpg"), name="Sơ đồ", by=writer)
    dead = jobs.claim(row.job_id)
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert jobs.run_waiting("campaign_file").done == 1
    stored = [bytes(part.data) for part in row.parts.all()]

    refusal = storing.FileRefused(Refusal.LARGE)
    for late in ({"side_effect": refusal}, {"return_value": storing.Checked(True, b"\xff\xd8")}):
        with (
            mock.patch.object(storing, "check_content", **late),
            pytest.raises(jobs.JobLost),
        ):
            storing.check_file(dead)
    row = CampaignFile.objects.get()
    assert (row.state, row.job.attempts) == (FileState.READY, 2)
    assert [bytes(part.data) for part in row.parts.all()] == stored
    assert not Notice.objects.filter(kind="file_refused").exists()


def test_a_removed_file_is_not_brought_back_by_its_check(campaign, writer):
    row = storing.add_file(campaign, given(made.picture(), "a.jpg"), name="Sơ đồ", by=writer)

    def meanwhile(*_args, **_kwargs):
        storing.remove_file(CampaignFile.objects.get(), by=writer)
        return storing.Checked(was_read=True, data=b"\xff\xd8\xff", content_type="image/jpeg")

    with mock.patch.object(storing, "check_content", side_effect=meanwhile):
        jobs.run_job(row.job_id)
    assert not FilePart.objects.exists()


def test_many_files_take_no_more_queries(client, campaign, writer, officer, province):
    factories.campaign_file(province, of=campaign)
    client.force_login(officer)
    with CaptureQueriesContext(connection) as one:
        client.get(page(campaign))
    for _ in range(3):
        factories.campaign_file(province, of=campaign)
    with CaptureQueriesContext(connection) as many:
        client.get(page(campaign))
    assert len(many) == len(one)
    assert len(many) <= 20
