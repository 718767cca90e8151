"""Drafts from a sheet: shown first, made as a whole or of the correct rows, never twice, submitted
together.
"""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.states import Kind
from core import jobs
from core.errors import QuotaExceeded
from core.models import Job
from media import incoming
from media.models import Media
from posts.bulk_import import importing, pictures
from posts.bulk_import.plans import Outcome, plan
from posts.bulk_import.sheets import Row, channel_label, parse_moment
from posts.models import BulkImport, Contribution, ImportedPost, Post
from posts.review.decisions import approve
from posts.states import ImportState, PostState
from tests import factories
from tests.posts.bulk_import.test_sheets import EN, xlsx

pytestmark = pytest.mark.django_db
HEADINGS = [*EN, "Picture description", "Topic", "Link"]
AHEAD = (timezone.localtime() + timedelta(days=10)).strftime("%d/%m/%Y")


@pytest.fixture
def unit():
    return factories.UnitFactory(place="Phường Ba Đình")


@pytest.fixture
def channel(unit):
    return factories.ChannelFactory(unit=unit, name="Công an phường Ba Đình")


@pytest.fixture
def officer(client, unit, channel):
    factories.topic()
    officer = factories.person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


def line(n: int = 1, **cells: str) -> list[str]:
    values = {
        "Date": AHEAD,
        "Time of day": "07:30",
        "Title": f"Cảnh giác cuộc gọi lạ {n}",
        "Text": "Công an không yêu cầu chuyển tiền.\n\nNghi ngờ, gọi 113.",
        "Topic": "Scam warnings",
        **cells,
    }
    return [values.get(name, "") for name in HEADINGS]


def png(color: str = "green") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 360), color).save(out, "PNG")
    return out.getvalue()


def picture(name: str = "anh.png", **look: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(**look))


def upload(client, *lines: list[str], files: list = (), data: bytes = b"", follow: bool = True):
    sheet = SimpleUploadedFile("ke-hoach.xlsx", data or xlsx(*lines, headings=HEADINGS))
    unit = client.get(reverse("posts:import")).context["form"]["unit"].value()
    form = {"unit": unit, "file": sheet, "pictures": list(files)}
    return client.post(reverse("posts:import"), form, follow=follow)


def batch_of(officer, *lines: list[str]) -> BulkImport:
    rows = [Row(number, *values) for number, values in enumerate(lines, 2)]
    unit = officer.appointments.get().unit
    batch = importing.store_import(rows, [], unit=unit, file_name="ke-hoach.xlsx", by=officer)
    jobs.run_job(batch.job_id)
    batch.refresh_from_db()
    return batch


def apply(client, response, **choices: str):
    batch = response.context["batch"]
    data = {"digest": response.context["plan"].digest, **choices}
    return client.post(reverse("posts:import_apply", args=[batch.public_id]), data, follow=True)


# --- The preview ----------------------------------------------------------------------------------


def test_the_preview_shows_each_row_and_writes_nothing(client, officer):
    shown = upload(client, line(1), line(2, Topic=""), line(3, Date="31/02/2026"))

    outcomes = [row.outcome for row in shown.context["plan"].rows]
    assert outcomes == [Outcome.COMPLETE, Outcome.DRAFT, Outcome.ERROR]
    assert [f.message for f in shown.context["plan"].rows[1].missing] == ["The topic is missing."]
    assert "Write the day as dd/mm/yyyy" in shown.content.decode()
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"Date": ""}, "Date", "Write the day"),
        ({"Time of day": "sáng sớm"}, "Time of day", "Write the time"),
        ({"Date": "01/01/2020"}, "Date", "has passed"),
        ({"Date": "01/01/2090"}, "Date", "more than a year ahead"),
        ({"Channels": "Kênh lạ"}, "Channels", "Facebook Công an phường Ba Đình"),
        ({"Title": "Dài " * 60}, "Title", "at most 200"),
        ({"Text": "a" * 30_001}, "Text", "at most 30,000"),
        ({"Text": "a\n" * 14_000}, "Text", "at most 30,000"),
        ({"Text": '=HYPERLINK("x")'}, "Text", "formula"),
        ({"Topic": "Chủ đề lạ"}, "Topic", "Scam warnings"),
        ({"Link": "javascript:alert(1)"}, "Link", "begins with https://"),
        ({"Picture name": "thieu.jpg"}, "Picture name", "was not uploaded"),
    ],
)
def test_a_cell_that_is_wrong_names_its_column_and_the_way_out(officer, cells, column, words):
    (row,) = plan(batch_of(officer, line(1, **cells)), by=officer).rows

    (error,) = row.errors
    assert error[0] == column
    assert words in error[1]


def test_a_bad_day_and_a_bad_time_are_both_told(officer):
    (row,) = plan(
        batch_of(officer, line(1, **{"Date": "31/02/2026", "Time of day": "25h"})), by=officer
    ).rows

    assert [column for column, _words in row.errors] == ["Date", "Time of day"]


def test_the_preview_shows_which_words_leak(client, officer):
    shown = upload(client, line(1, Text="Gọi cho anh ấy qua số 0912 345 678 nhé.")).content.decode()

    assert '<b class="text-break">“0912 345 678”</b>' in shown


def test_the_preview_names_who_goes_out_on_the_same_page_in_the_same_minute(
    client, officer, unit, channel
):
    at = parse_moment(AHEAD, "07:30")
    other = factories.ChannelFactory(unit=unit, name="Kênh khác", platform=Kind.TELEGRAM)
    for page, due, title in [
        (channel, at + timedelta(seconds=20), "Cùng phút"),
        (channel, at + timedelta(minutes=1), "Phút sau"),
        (other, at, "Kênh khác"),
    ]:
        post = factories.approved(unit=unit, channels=[page], title=title)
        factories.delivery(post, page, due_at=due)

    shown = upload(client, line(1, Channels="facebook"), line(2, **{"Time of day": "09:00"}))

    first, second = shown.context["plan"].rows
    assert [(taken_time.post.title, taken_time.channel) for taken_time in first.taken] == [
        ("Cùng phút", channel)
    ]
    assert second.taken == []
    assert f"“Cùng phút”: in the same minute on {channel_label(channel)}." in shown.content.decode()


def test_channels_are_named_in_full_by_platform_or_by_page(officer, unit, channel):
    zalo = factories.ChannelFactory(unit=unit, name="Ba Đình an toàn", platform=Kind.ZALO)
    full = f"{channel_label(zalo)}; Facebook"
    names = ["", "Tất cả", "facebook", "ba dinh an toan", "zalo", full]

    rows = plan(
        batch_of(officer, *(line(n, Channels=name) for n, name in enumerate(names))), by=officer
    ).rows

    found = [{channel.pk for channel in row.channels} for row in rows]
    both = {channel.pk, zalo.pk}
    # Zalo shows no post without a picture: it is left out where nobody names it.
    assert rows[0].left_out == [channel_label(zalo)]
    assert rows[0].outcome == Outcome.COMPLETE
    assert found == [{channel.pk}, both, {channel.pk}, {zalo.pk}, {zalo.pk}, both]


def test_a_name_of_two_channels_asks_for_one(officer, unit, channel):
    factories.ChannelFactory(unit=unit, name="Trang thứ hai", platform=channel.platform)

    (row,) = plan(batch_of(officer, line(1, Channels="Facebook")), by=officer).rows

    assert "Several channels are called" in row.errors[0][1]


def test_the_same_row_twice_in_a_sheet_is_an_error_of_the_second(officer):
    rows = plan(batch_of(officer, line(1), line(2), line(1)), by=officer).rows

    assert [bool(row.errors) for row in rows] == [False, False, True]


def test_a_plan_takes_no_more_queries_for_more_rows(officer):
    def queries(n: int) -> int:
        batch = batch_of(officer, *(line(number) for number in range(n)))
        with CaptureQueriesContext(connection) as found:
            plan(batch, by=officer)
        return len(found)

    assert queries(3) == queries(1)


def test_a_sheet_with_a_secrecy_mark_is_refused_by_its_row_and_not_kept(client, officer):
    response = upload(client, line(1), line(2, Text="TUYỆT MẬT\nKế hoạch"))

    assert response.status_code == 409
    assert "Row 3:" in response.content.decode()
    assert not BulkImport.objects.exists()


# --- Pictures -------------------------------------------------------------------------------------


def archive(**entries: bytes) -> SimpleUploadedFile:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(name.replace("__", "/"), data)
    return SimpleUploadedFile("anh.zip", out.getvalue())


def test_pictures_are_matched_by_name_without_case_and_accents(client, officer):
    cells = {"Picture name": "Ảnh một; anh-hai", "Picture description": "Một\nHai"}
    packed = archive(**{"thu-muc__ANH MOT.png": png()})

    shown = upload(client, line(1, **cells), files=[packed, picture("Anh-Hai.PNG", color="navy")])

    (row,) = shown.context["plan"].rows
    assert row.errors == []
    assert [medium.alt for medium in row.media] == ["Một", "Hai"]
    assert list(incoming.folder().iterdir()) == []


def test_only_pictures_that_the_sheet_names_are_read(client, officer):
    packed = archive(**{"a.png": png(), "b.png": png("red")})

    upload(client, line(1, **{"Picture name": "a.png"}), files=[packed])

    assert Media.objects.count() == 1


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"a.png": b"no picture"}, "This is no JPEG, PNG or WebP picture"),
        ({"x__a.png": b"1", "y__a.png": b"2"}, "Two uploaded files have this name"),
    ],
)
def test_a_picture_that_cannot_be_taken_is_an_error_of_its_row(client, officer, entries, words):
    shown = upload(client, line(1, **{"Picture name": "a.png"}), files=[archive(**entries)])

    (row,) = shown.context["plan"].rows
    assert words in row.errors[0][1]


def test_an_archive_far_larger_inside_is_refused_before_it_is_unpacked(
    client, officer, monkeypatch
):
    monkeypatch.setattr(pictures, "MOST_UNPACKED", 1_000_000)

    response = upload(client, line(1), files=[archive(**{"a.png": b"\0" * 1_000_001})])

    assert response.status_code == 409
    assert "is larger than" in response.content.decode()
    assert list(incoming.folder().iterdir()) == []


def test_a_missing_picture_can_be_added_to_the_preview(client, officer):
    cells = {"Picture name": "a.png", "Picture description": "Áp phích"}
    batch = upload(client, line(1, **cells)).context["batch"]

    shown = client.post(
        reverse("posts:import_pictures", args=[batch.public_id]),
        {"pictures": [picture("a.png")]},
        follow=True,
    )

    assert [row.outcome for row in shown.context["plan"].rows] == [Outcome.COMPLETE]


def expire(batch: BulkImport) -> None:
    """Let the lease of who is at the sheet run out."""
    Job.objects.filter(pk=batch.job_id).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_pictures_whose_worker_was_killed_are_read_on_by_the_next_one(officer):
    rows = [Row(2, *line(1, **{"Picture name": "a.png; b.png"}))]
    unit = officer.appointments.get().unit
    files = [picture("a.png"), picture("b.png", color="navy")]
    batch = importing.store_import(rows, files, unit=unit, file_name="x.xlsx", by=officer)
    now = timezone.now()
    first = importing.pictures.store(
        [pictures.Place(incoming.folder() / batch.files[0][0])], unit=unit, by=officer
    )
    dead = jobs.claim(batch.job_id)
    BulkImport.objects.update(pictures={"a.png": first.pk}, done=1)

    assert not jobs.run_job(batch.job_id)  # somebody is at it
    batch = BulkImport.objects.get()
    assert (batch.state, importing.is_lost(batch, now=now)) == (ImportState.READING, False)

    expire(batch)
    batch = BulkImport.objects.get()
    assert importing.is_lost(batch, now=timezone.now())
    assert jobs.run_job(batch.job_id)
    batch = BulkImport.objects.get()
    assert (batch.state, sorted(batch.pictures)) == (ImportState.READY, ["a.png", "b.png"])
    assert (batch.pictures["a.png"], batch.done, batch.job.attempts) == (first.pk, 2, 2)
    with pytest.raises(jobs.JobLost):
        importing.work_on_sheet(dead)
    assert BulkImport.objects.get().done == 2


def test_work_that_stopped_is_gone_on_with_by_a_button(client, officer):
    rows = [Row(2, *line(1))]
    unit = officer.appointments.get().unit
    batch = importing.store_import(rows, [], unit=unit, file_name="x.xlsx", by=officer)
    address = reverse("posts:import_resume", args=[batch.public_id])
    alive = jobs.claim(batch.job_id)
    client.post(address)
    alive.renew()

    for _number in range(importing.MOST_ATTEMPTS):
        expire(batch)
        jobs.claim(batch.job_id)
    expire(batch)
    jobs.run_waiting("sheet")
    batch = BulkImport.objects.get()
    assert (batch.job.state, importing.is_lost(batch, now=timezone.now())) == ("failed", True)
    client.post(address)

    assert jobs.run_waiting("sheet").done == 1
    assert BulkImport.objects.get().state == ImportState.READY


# --- The drafts -----------------------------------------------------------------------------------


def test_the_drafts_are_what_the_rows_say(client, officer, channel):
    shown = upload(client, line(1, Link="https://bocongan.gov.vn"))

    apply(client, shown)

    (post,) = Post.objects.all()
    assert (post.title, post.state, post.author) == (
        "Cảnh giác cuộc gọi lạ 1",
        PostState.DRAFT,
        officer,
    )
    assert post.body == "<p>Công an không yêu cầu chuyển tiền.</p><p>Nghi ngờ, gọi 113.</p>"
    assert timezone.localtime(post.requested_time).strftime("%d/%m/%Y %H:%M") == f"{AHEAD} 07:30"
    assert [target.channel for target in post.targets.all()] == [channel]
    assert post.link == "https://bocongan.gov.vn"
    assert Contribution.objects.get().user == officer
    actions = list(Entry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["post.imported", "post.sheet_imported"]
    assert BulkImport.objects.get().rows == []


def test_with_errors_nothing_is_made_unless_only_the_correct_rows_are_wanted(client, officer):
    shown = upload(client, line(1), line(2, Date="x"))

    assert apply(client, shown).status_code == 409
    assert not Post.objects.exists()

    done = apply(client, shown, only_correct="on")
    assert Post.objects.count() == 1
    assert [number for number, *_rest in done.context["batch"].left_out] == [3]


def test_the_corrected_file_is_chosen_on_the_result_and_adds_what_was_left_out(client, officer):
    done = apply(client, upload(client, line(1), line(2, Date="x")), only_correct="on")
    assert f'action="{reverse("posts:import")}"' in done.text
    assert done.context["again"]["unit"].value() == done.context["batch"].unit.key

    apply(client, upload(client, line(1), line(2)))

    assert Post.objects.count() == 2


def test_a_sheet_without_errors_asks_for_no_other(client, officer):
    done = apply(client, upload(client, line(1)))

    assert f'action="{reverse("posts:import")}"' not in done.text


def test_what_changed_since_the_preview_is_shown_again(client, officer, channel):
    shown = upload(client, line(1, Channels="Facebook"))
    channel.name = "Tên mới"
    channel.save()
    factories.ChannelFactory(unit=channel.unit, platform=channel.platform)

    again = apply(client, shown)

    assert again.status_code == 409
    assert "Something changed since the preview" in again.content.decode()
    assert not Post.objects.exists()


def test_the_same_sheet_again_makes_no_second_drafts(client, officer):
    apply(client, upload(client, line(1), line(2)))

    again = upload(client, line(1), line(2), line(3))
    assert [row.outcome for row in again.context["plan"].rows] == [
        Outcome.KNOWN,
        Outcome.KNOWN,
        Outcome.COMPLETE,
    ]
    apply(client, again)

    assert Post.objects.count() == 3


def test_a_draft_that_was_archived_may_be_imported_anew(client, officer):
    apply(client, upload(client, line(1)))
    Post.objects.update(state=PostState.ARCHIVED)

    again = upload(client, line(1))

    assert [row.outcome for row in again.context["plan"].rows] == [Outcome.COMPLETE]


def test_a_second_press_makes_no_second_drafts(client, officer):
    shown = upload(client, line(1))
    apply(client, shown)

    apply(client, shown)

    assert Post.objects.count() == 1


def test_forty_rows_need_no_quota_of_forty_drafts(client, officer, settings):
    settings.QUOTAS = {**settings.QUOTAS, "draft": [(1, 3600)], "bulk_plan": [(1, 86400)]}

    apply(client, upload(client, *(line(n) for n in range(40))))
    assert Post.objects.count() == 40

    with pytest.raises(QuotaExceeded):
        importing.use_quota(by=officer)


def test_the_drafts_take_no_more_queries_for_more_rows(officer):
    def queries(first: int, n: int) -> int:
        batch = batch_of(officer, *(line(number) for number in range(first, first + n)))
        digest = plan(batch, by=officer).digest
        with CaptureQueriesContext(connection) as found:
            importing.apply(batch, by=officer, digest=digest, only_correct=False, again=False)
        return len(found)

    assert queries(0, 1) == queries(10, 3)


# --- Submission -----------------------------------------------------------------------------------


def test_all_complete_drafts_are_submitted_with_one_notice(client, officer, unit):
    approver = factories.person(Role.APPROVER, unit)
    to_acknowledge = line(8, Text="Gửi thư tới khao.sat@gmail.com để biết thêm.")
    done = apply(
        client, upload(client, *(line(n) for n in range(3)), to_acknowledge, line(9, Topic=""))
    )
    batch = done.context["batch"]
    assert (len(done.context["complete"]), len(done.context["incomplete"])) == (3, 2)

    after = client.post(reverse("posts:import_submit", args=[batch.public_id]), follow=True)

    assert Post.objects.filter(state=PostState.IN_REVIEW).count() == 3
    assert [len(after.context[name]) for name in ("complete", "incomplete")] == [0, 2]
    # What its author has to tick is ticked on its own page.
    ticked = Post.objects.get(title__endswith=" 8")
    assert (ticked.state, reverse("posts:edit", args=[ticked.public_id]) in after.text) == (
        PostState.DRAFT,
        True,
    )
    (notice,) = Notice.objects.filter(user=approver)
    assert (notice.kind, notice.facts["n"]) == ("posts_submitted", "3")


def test_what_was_submitted_is_approved_by_somebody_else_only(client, officer, unit):
    apply(client, upload(client, line(1)))
    batch = BulkImport.objects.get()
    importing.begin_submission(batch, by=officer)
    assert jobs.run_job(batch.job_id)
    (post,) = Post.objects.all()
    both = factories.person(Role.APPROVER, unit)

    approve(post, post.current_revision, by=both, proof=factories.proof())

    post.refresh_from_db()
    assert post.state == PostState.APPROVED


def test_submission_that_was_cut_off_goes_on(officer):
    batch = batch_of(officer, line(1), line(2))
    digest = plan(batch, by=officer).digest
    importing.apply(batch, by=officer, digest=digest, only_correct=False, again=False)
    batch.refresh_from_db()
    importing.begin_submission(batch, by=officer)
    dead = jobs.claim(batch.job_id)
    importing._submit_if_complete(importing.drafts_of(batch)[0], by=officer, answers={})
    expire(batch)

    assert jobs.run_job(batch.job_id)
    with pytest.raises(jobs.JobLost):
        importing.work_on_sheet(dead)

    assert Post.objects.filter(state=PostState.IN_REVIEW).count() == 2
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE


def test_much_work_is_left_to_a_task_and_its_progress_is_shown(client, officer, unit):
    apply(client, upload(client, *(line(n) for n in range(importing.POSTS_AT_ONCE + 1))))
    batch = BulkImport.objects.get()

    waiting = client.post(reverse("posts:import_submit", args=[batch.public_id]), follow=True)

    assert "The drafts are being submitted" in waiting.content.decode()
    assert "0/6" in waiting.content.decode()
    assert jobs.run_waiting("sheet").done == 1
    page = reverse("posts:import_one", args=[batch.public_id])
    assert client.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_sheet_of_somebody_else_is_not_found(client, officer, unit):
    batch = batch_of(factories.person(Role.OFFICER, unit), line(1))

    assert client.get(reverse("posts:import_one", args=[batch.public_id])).status_code == 404
    assert not ImportedPost.objects.exists()
