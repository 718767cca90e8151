"""Scans are claimed once, taken again after a worker died, and decided by people on record."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core import jobs, sandbox
from core.errors import NotAllowed, Refused
from core.models import Job
from core.models import JobState as State
from core.tasks import run_job
from media.models import Media
from media.scanners import examining, queries, scanning
from media.scanners.examining import Examined, Finding
from media.scanners.models import Box, Priority, Scan
from tests import factories

pytestmark = pytest.mark.django_db
FACE = Finding("face", "face", "soft", 1000, 1000, 800, 1200)
CARD = Finding("text", "id_cccd", "hard", 3000, 5000, 2000, 300)
MARK = Finding("stamp", "secret_mark", "hard", 1000, 1500, 900, 300)
KNOWN_CODE = Finding("code", "code", "info", 7000, 7000, 900, 900, host="dichvucong.gov.vn")


def is_clear(scan: Scan | None) -> bool:
    """Check whether nothing of it keeps a post from going out."""
    return (
        scan is not None and scan.is_over and not scan.needs_review and not queries.open_boxes(scan)
    )


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def waiting(settings, unit):
    """A picture that waits for the scanners."""
    settings.SCAN_MEDIA = True
    return queued(unit)


def queued(unit):
    row = factories.media(unit)
    scanning.queue(row)
    return Media.objects.get(pk=row.pk)


@pytest.fixture
def programs(monkeypatch):
    """Answer instead of the programs, in this order; an exception is raised."""
    answers = []

    def examine(path, *, is_video, rules, report):
        assert path.exists()
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(report)
        return answer

    monkeypatch.setattr(examining, "examine", examine)
    return answers


def look_at(media) -> bool:
    return jobs.run_job(Scan.objects.get(media=media).job_id)


def scanned(media, programs, *findings, missing=()):
    programs.append(Examined(list(findings), list(missing)))
    assert look_at(media)
    return media.scan.boxes.all()


def test_each_new_picture_waits_for_the_scanners(settings, unit):
    settings.SCAN_MEDIA = True
    known = factories.media(unit)
    row = Media.objects.get(pk=known.pk)
    row.pk, row.public_id, row.sha256 = None, uuid.uuid4(), "0" * 64
    row.save()
    scan = row.scan

    assert (scan.state, scan.progress, scan.missing) == (State.WAITING, 0, [])
    assert not is_clear(scan)
    assert not is_clear(None)


def test_in_other_tests_nothing_waits(unit):
    assert is_clear(factories.media(unit).scan)


def test_what_was_found_is_stored_as_kind_and_place_alone(waiting, programs):
    boxes = scanned(waiting, programs, FACE, KNOWN_CODE)
    scan = Scan.objects.get(media=waiting)

    assert (scan.state, scan.progress) == (State.DONE, 100)
    assert scan.rules == examining.scanners_version()
    assert [(box.kind, box.is_open) for box in boxes] == [("face", True), ("code", False)]
    assert list(scan.boxes.open()) == [boxes[0]]
    assert not is_clear(scan)


def test_a_done_scan_is_not_done_again(waiting, programs):
    scanned(waiting, programs)

    assert not look_at(waiting)


def test_a_killed_workers_picture_is_looked_at_by_the_next_one_and_once(waiting, programs):
    dead = jobs.claim(Scan.objects.get(media=waiting).job_id)
    assert jobs.run_waiting("scan").done == 0

    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    programs += [Examined([FACE], []), Examined([CARD], ["codes"])]
    assert jobs.run_waiting("scan").done == 1
    with pytest.raises(jobs.JobLost):
        scanning.scan(dead)

    row = Scan.objects.get(media=waiting)
    assert (row.state, row.job.attempts, row.missing) == (State.DONE, 2, [])
    assert [box.kind for box in row.boxes.all()] == ["face"]


def test_progress_renews_the_lease(waiting, programs):
    seen = []

    def answer(report):
        before = Job.objects.get(scan__media=waiting)
        Job.objects.update(leased_until=timezone.now())
        report(40)
        after = Job.objects.get(scan__media=waiting)
        seen.extend([before.state, after.progress, after.leased_until > timezone.now()])
        return Examined([], [])

    programs.append(answer)
    look_at(waiting)

    assert seen == [State.RUNNING, 40, True]


def test_what_fails_three_times_waits_for_a_person(waiting, programs, officer):
    programs += [sandbox.ProgramFailed(), sandbox.ProgramFailed(), sandbox.ProgramFailed()]
    assert jobs.run_waiting("scan").done == 0
    scan = Scan.objects.get(media=waiting)
    assert (scan.state, scan.missing) == (State.FAILED, examining.EVERY_SCANNER)
    assert scan.needs_review
    assert not is_clear(scan)

    scanning.confirm_review(waiting, by=officer)

    assert is_clear(Scan.objects.get(media=waiting))
    entry = Entry.objects.get(action="media.looked_by_eye")
    assert entry.data == {"lacking": "text, faces, codes, stamps"}
    with pytest.raises(Refused):
        scanning.confirm_review(waiting, by=officer)


def test_a_missing_scanner_is_said_and_looked_for_by_eye(waiting, programs, officer):
    scanned(waiting, programs, missing=["faces"])
    assert not is_clear(Scan.objects.get(media=waiting))

    scanning.confirm_review(waiting, by=officer)

    assert is_clear(Scan.objects.get(media=waiting))


def test_a_result_that_comes_after_the_row_was_queued_anew_is_dropped(waiting, programs):
    def answer(report):
        scanning.queue(waiting)
        report(50)
        return Examined([CARD], [])

    programs.append(answer)
    look_at(waiting)

    scan = Scan.objects.get(media=waiting)
    assert (scan.state, scan.progress, scan.boxes.count()) == (State.WAITING, 0, 0)


@pytest.mark.parametrize("legal_basis", ["consent", "staff", "public"])
def test_a_face_may_be_shown_with_a_reason_on_record(waiting, programs, officer, legal_basis):
    (box,) = scanned(waiting, programs, FACE)

    scanning.allow_box(box, as_=legal_basis, by=officer)

    assert is_clear(Scan.objects.get(media=waiting))
    entry = Entry.objects.get(action="media.box_shown")
    assert entry.data == {"box": str(box.public_id), "rule": "face", "ground": legal_basis}

    scanning.disallow_box(box, by=officer)

    assert not is_clear(Scan.objects.get(media=waiting))
    assert Entry.objects.filter(action="media.box_hidden").exists()


@pytest.mark.parametrize(
    ("legal_basis", "note"),
    [
        ("", ""),
        ("because", ""),
        ("reason", " "),
        ("guardian", ""),
        ("guardian", "Bà Nguyễn Thị Hoa đã ký"),
        ("reason", "gọi 0912 345 678 để hỏi"),
        ("consent", "x" * 201),
    ],
)
def test_a_legal_basis_that_says_too_little_or_too_much_is_refused(
    waiting, programs, officer, legal_basis, note
):
    (box,) = scanned(waiting, programs, FACE)

    with pytest.raises(Refused):
        scanning.allow_box(box, as_=legal_basis, note=note, by=officer)

    assert Box.objects.get().is_open


def test_a_childs_face_is_shown_by_the_guardians_signed_paper(waiting, programs, officer):
    (box,) = scanned(waiting, programs, FACE)

    shown = scanning.allow_box(box, as_="guardian", note="Giấy số 12, tủ hồ sơ trường", by=officer)

    assert (shown.shown_as, shown.shown_by) == ("guardian", officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Box.objects.update(shown_note="")


@pytest.mark.parametrize("found", [CARD, MARK])
def test_numbers_and_marks_of_secrecy_are_never_shown(waiting, programs, officer, found):
    (box,) = scanned(waiting, programs, found)

    with pytest.raises(Refused):
        scanning.allow_box(box, as_="reason", note="cần cho bài", by=officer)
    if found is MARK:
        with pytest.raises(IntegrityError), transaction.atomic():
            Box.objects.update(shown_as="reason", shown_by=officer, shown_at=timezone.now())


def test_others_decide_nothing(waiting, programs):
    (box,) = scanned(waiting, programs, FACE, missing=["text"])
    stranger = factories.person(Role.OFFICER, factories.UnitFactory())

    for act in (
        lambda: scanning.allow_box(box, as_="consent", by=stranger),
        lambda: scanning.disallow_box(box, by=stranger),
        lambda: scanning.confirm_review(waiting, by=stranger),
        lambda: scanning.scan_again(waiting, by=stranger),
        lambda: scanning.remove_marked(waiting, by=stranger),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_decisions_stay_where_the_same_is_found_again(waiting, programs, officer):
    face, _other = scanned(waiting, programs, FACE, FACE._replace(x=6000))
    scanning.allow_box(face, as_="public", by=officer)

    scanning.scan_again(waiting, by=officer)
    moved = [FACE._replace(x=1100, y=1050), FACE._replace(x=4000), CARD._replace(x=1000, y=1000)]
    boxes = scanned(waiting, programs, *moved)

    assert [(box.x, box.shown_as) for box in boxes] == [(1000, ""), (4000, ""), (1100, "public")]
    assert Entry.objects.filter(action="media.scanned_again").exists()


@pytest.mark.parametrize(
    ("width", "dhash"), [(640, "f" * 31 + "e"), (500, "f" * 32), (640, "0" * 32)]
)
def test_decisions_go_over_to_an_edited_picture_that_frames_the_same(
    waiting, programs, officer, unit, width, dhash
):
    Media.objects.filter(pk=waiting.pk).update(dhash="f" * 32)
    (face,) = scanned(waiting, programs, FACE)
    scanning.allow_box(face, as_="staff", by=officer)
    edited = queued(unit)
    Media.objects.filter(pk=edited.pk).update(made_from=waiting, width=width, dhash=dhash)

    (box,) = scanned(edited, programs, FACE)

    is_same_framing = (width, dhash[0]) == (640, "f")
    assert box.shown_as == ("staff" if is_same_framing else "")
    assert box.shown_by == (officer if is_same_framing else None)


def test_a_picture_with_a_mark_is_removed_with_its_bytes_once_nothing_shows_it(
    waiting, programs, officer, unit
):
    scanned(waiting, programs, MARK)
    post = factories.PostFactory(unit=unit, media=[waiting])
    assert scanning.remove_marked(waiting, by=officer) is False
    post.pictures.all().delete()
    name = waiting.file.name

    assert scanning.remove_marked(waiting, by=officer)

    assert not Media.objects.filter(pk=waiting.pk).exists()
    assert not waiting.file.storage.exists(name)
    assert not Scan.objects.exists()


def test_older_stock_is_queued_newest_first_and_worked_on_last(unit, settings, programs):
    old = [factories.media(unit) for _number in range(3)]
    Scan.objects.all().delete()
    Job.objects.all().delete()
    settings.SCAN_MEDIA = True

    assert scanning.queue_backlog(most=2) == 2
    new = queued(unit)

    assert scanning.queue_backlog(most=2) == 0
    backlog = Scan.objects.filter(job__priority=Priority.BACKLOG)
    assert {scan.media for scan in backlog} == set(old[1:])
    (claim,) = jobs.claim_next("scan")
    assert claim.row.media == new


def test_the_state_of_many_takes_two_queries(unit, django_assert_num_queries):
    rows = [factories.media(unit) for _number in range(5)]

    with django_assert_num_queries(2):
        states = queries.state_of(rows)
        assert all(is_clear(states[row.pk]) for row in rows)


def test_an_upload_tells_a_worker_once_it_is_stored(
    waiting, unit, settings, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(run_job, "apply_async", lambda **what: told.append(what))

    with django_capture_on_commit_callbacks(execute=True):
        row = factories.media(unit)
        assert told == []

    assert told == [{"kwargs": {"job": row.scan.job_id}, "queue": "scans"}]
