"""Editing a video: what the program leaves, what becomes of the row, and how a dead worker's is
taken again.
"""

from contextlib import contextmanager
from datetime import timedelta

import av
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageChops, ImageFilter

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core import jobs, sandbox
from core.errors import NotAllowed, QuotaExceeded, Refused
from core.models import Job
from media import incoming, videos
from media.editing import video_edits
from media.editing.paths import Kind, Mark, complete_marks, interpolate_box
from media.editing.video_edit_program import (
    Captions,
    blurred_areas,
    cover_area,
    marked_areas,
    result_size,
    scale_frame,
)
from media.editing.video_edits import Plan
from media.models import Media, VideoEdit
from media.pictures import open_still
from tests import factories
from tests.videos import video_file

pytestmark = pytest.mark.django_db
CAPTIONS = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nGọi 113 khi bị đe dọa ở phường Hải Châu\n"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def video(unit, officer):
    data = video_file(320, 180, 3.0, fps=10)
    file = SimpleUploadedFile("phim.mp4", data, "video/mp4")
    return videos.store(file, unit=unit, by=officer)


def make(video, officer, **plan) -> VideoEdit:
    """Queue an edit, make it, and return its row."""
    row = video_edits.queue(video, Plan(**({"end": video.seconds} | plan)), by=officer)
    jobs.run_waiting("video")
    return VideoEdit.objects.get(pk=row.pk)


def test_a_cut_upright_video_is_a_new_one_with_the_chosen_cover(video, officer):
    row = make(video, officer, start=1.0, end=2.5, cover=1.0, vertical=True)

    assert (row.state, row.progress, row.refused) == ("done", 100, "")
    made = row.result
    assert (made.width, made.height, made.codec) == (720, 1280, "h264")
    assert made.seconds == pytest.approx(1.5, abs=0.15)
    assert (made.made_from, made.unit) == (video, video.unit)
    with av.open(made.file.path) as stored:
        assert stored.streams.audio[0].codec_context.name == "aac"
    with open_still(made) as poster:
        assert Image.open(poster).size == (720, 1280)
    video.refresh_from_db()
    assert video.blurred_at is None
    assert Entry.objects.filter(action="media.edited").count() == 1


def test_a_blurred_video_takes_the_place_in_its_draft_and_the_old_one_goes(unit, video, officer):
    post = factories.PostFactory(unit=unit, author=officer, media=[video])

    row = video_edits.blur_video(
        video, [(1000, 1000, 3000, 3000, 0.0, 3.0)], by=officer, purpose_id=post.public_id
    )
    jobs.run_waiting("video")

    row.refresh_from_db()
    assert list(post.pictures.values_list("media", flat=True)) == [row.result.pk]
    video.refresh_from_db()
    assert video.blurred_at
    assert Notice.objects.filter(user=officer, kind="video_made").exists()
    with pytest.raises(Refused, match="blurred out"):
        video_edits.blur_video(video, [], by=officer)


def test_a_place_is_covered_before_and_after_it_was_seen_and_between_two_places():
    seen = [[1000, 1000, 1000, 1000, 4.0, 4.0], [2500, 1000, 1000, 1000, 6.0, 6.0]]

    assert blurred_areas(1.9, seen) == []
    assert blurred_areas(2.1, seen) == [(1000, 1000, 2000, 2000)]
    assert (1000, 1000, 3500, 2000) in blurred_areas(5.0, seen)
    assert blurred_areas(8.1, seen) == []


def test_a_covered_place_of_a_frame_keeps_sixteen_colours_at_most():
    frame = Image.effect_noise((400, 400), 90).convert("RGB")

    cover_area(frame, (2500, 2500, 5000, 5000))

    assert len(frame.crop((80, 80, 220, 220)).getcolors()) <= 16


def test_an_upright_frame_shows_the_whole_video_between_its_own_colours():
    plan = {"vertical": True, "side": 640}
    frame = scale_frame(Image.new("RGB", (320, 180), "red"), result_size(320, 180, plan), plan)

    assert frame.size == (360, 640)
    assert frame.getpixel((180, 5)) == (255, 0, 0)


def test_what_the_program_cannot_read_is_said_in_words(video, officer):
    with open(video.file.path, "r+b") as stored:
        stored.write(b"\0" * 4000)

    row = make(video, officer)

    assert (row.state, row.job.error) == ("failed", "refused")
    assert "damaged" in row.refused
    assert Media.objects.count() == 1


def expire(row: VideoEdit) -> None:
    """Let the lease of the worker run out that makes the video."""
    Job.objects.filter(pk=row.job_id).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_video_whose_worker_died_is_made_by_another_one_and_not_for_ever(video, officer):
    row = video_edits.queue(video, Plan(end=video.seconds, captions=CAPTIONS), by=officer)
    for _number in range(video_edits.MOST_ATTEMPTS):
        assert jobs.claim(row.job_id)
        assert jobs.run_waiting("video").done == 0
        expire(row)

    jobs.run_waiting("video")

    row = VideoEdit.objects.get()
    assert (row.state, row.job.error, row.plan["captions"]) == ("failed", "lost", "")
    assert row.refused


@pytest.mark.parametrize("fails", [False, True])
def test_a_worker_that_was_taken_for_dead_changes_nothing_of_its_edit(
    video, officer, monkeypatch, fails
):
    row = video_edits.queue(video, Plan(end=video.seconds, captions=CAPTIONS), by=officer)
    working_folder, others = incoming.working_folder, []

    @contextmanager
    def folder_until_taken_over():
        try:
            with working_folder() as place:
                yield place
        finally:
            if not others:
                expire(row)
                others.append(jobs.claim(row.job_id))

    def fail(*_args, **_kwargs):
        raise sandbox.ProgramFailed

    with monkeypatch.context() as patched:
        patched.setattr(incoming, "working_folder", folder_until_taken_over)
        if fails:
            patched.setattr(sandbox, "run_program", fail)
        jobs.run_waiting("video")

    row = VideoEdit.objects.get()
    assert (row.state, row.job.attempts, row.result, row.refused) == ("running", 2, None, "")
    assert row.plan["captions"] == CAPTIONS
    assert not video.blurred_at
    assert not Entry.objects.filter(action="media.edited").exists()
    # The other one finishes it.
    (other,) = others
    video_edits.make_video(other)
    row = VideoEdit.objects.get()
    assert (row.state, row.plan["captions"]) == ("done", "")
    assert Entry.objects.filter(action="media.edited").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"end": 0.5},
        {"end": float("nan")},
        {"end": 700},
        {"start": -1, "end": 5},
        {"end": 5, "cover": 6},
        {"end": 5, "blurs": [(0, 0, 5, 5, 0, 1)]},
        {"end": 5, "marks": [[(2, 1, 0, 0, 500, 500)]]},
        {"end": 5, "marks": [[(0, 2, 0, 0, 500, 500), (1, 3, 0, 0, 500, 500)]]},
        {"end": 5, "marks": [[(0, 1, 9900, 0, 500, 500)]]},
    ],
)
def test_what_no_video_bears_is_refused(wrong):
    with pytest.raises(Refused):
        Plan(**wrong)


def test_a_person_has_three_videos_made_at_once_and_a_stranger_none(unit, video, officer):
    with pytest.raises(NotAllowed):
        video_edits.queue(video, Plan(end=2), by=factories.person(Role.OFFICER))
    with pytest.raises(Refused, match="picture"):
        video_edits.queue(factories.media(unit), Plan(end=2), by=officer)
    for _number in range(video_edits.MOST_WAITING):
        video_edits.queue(video, Plan(end=2), by=officer)
    with pytest.raises((Refused, QuotaExceeded), match="already"):
        video_edits.queue(video, Plan(end=2), by=officer)


def frames(media) -> dict[float, Image.Image]:
    """Decode the stored video: its frames by their seconds."""
    with av.open(media.file.path) as stored:
        return {round(frame.time, 2): frame.to_image() for frame in stored.decode(video=0)}


def difference(one: Image.Image, other: Image.Image) -> int:
    """Return the largest difference of two frames of one size, in grey levels."""
    return ImageChops.difference(one.convert("L"), other.convert("L")).getextrema()[1]


def test_captions_are_drawn_into_the_frames_of_their_time_alone(video, officer):
    plain = frames(make(video, officer).result)
    row = make(video, officer, captions=CAPTIONS)
    burnt = frames(row.result)

    assert burnt.keys() == plain.keys()
    changed = {at: difference(burnt[at], plain[at]) for at in burnt}
    assert min(changed[at] for at in changed if 1.0 <= at < 2.0) > 120  # white letters, dark edges
    assert max(changed[at] for at in changed if not 1.0 <= at < 2.0) < 60  # the encoder's own noise
    assert row.plan["captions"] == ""  # no words are kept beside those in the video
    with pytest.raises(Refused, match="state secret"):
        video_edits.queue(
            video, Plan(end=2, captions=CAPTIONS.replace("Gọi 113", "Độ mật: TỐI MẬT")), by=officer
        )


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)], ids=["lying", "standing"])
def test_a_long_caption_stays_within_the_safe_area_and_readable_on_a_phone(size):
    words = (
        "Không chuyển tiền, không đọc mã OTP cho người lạ tự xưng là công an; hãy gọi ngay 113 " * 2
    )
    frame = Image.new("RGB", size, "green")
    drawing = Captions([[0, 1, words[: video_edits.LONGEST_CAPTION]]], str(video_edits._FONT), size)

    drawing.draw(frame, 0.5)

    changed = ImageChops.difference(frame, Image.new("RGB", size, "green")).getbbox()
    side, foot = (0.13, 0.25) if size[1] > size[0] else (0.06, 0.07)
    assert changed[0] >= size[0] * side - 5
    assert changed[2] <= size[0] * (1 - side) + 5
    assert changed[3] <= size[1] * (1 - foot) + 1
    font, lines = drawing._fit_lines(words[: video_edits.LONGEST_CAPTION])
    assert len(lines) <= 4
    assert font.size * 390 / size[0] >= 9  # points of a phone held upright


def test_a_caption_too_long_for_one_view_is_refused_with_its_second():
    with pytest.raises(Refused, match="second 1 has more than 130"):
        Plan(end=3, captions=CAPTIONS.replace("Gọi", "Gọi " * 50))


@pytest.fixture
def striped(unit, officer, tmp_path):
    """Make a video of stripes, of which a covered place shows none."""
    frame = Image.new("L", (320, 180))
    frame.putdata([255 * (x // 8 % 2) for _y in range(180) for x in range(320)])
    path = tmp_path / "stripes.mp4"
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("h264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _number in range(30):
            file.mux(stream.encode(av.VideoFrame.from_image(frame.convert("RGB"))))
        file.mux(stream.encode(None))
    return videos.store(path, unit=unit, by=officer)


def test_a_place_marked_by_hand_moves_between_two_marks_and_is_covered(striped, officer):
    place = [(0.0, 0.5, 0, 0, 2500, 4000), (2.0, 2.5, 7000, 5000, 2500, 4000)]
    assert marked_areas(1.25, [place]) == [(3500, 2500, 6000, 6500)]
    assert marked_areas(2.8, [place]) == []
    assert interpolate_box(Mark(0, 0.5, place[0][2:]), Mark(2, 2.5, place[1][2:]), 1.25) == (
        *(3500, 2500, 2500, 4000),  # the page asks about the place that the program covers
    )

    made = frames(make(striped, officer, marks=[place]).result)

    def where(at):
        """Return where no stripes are, in ten-thousandths."""
        grey = made[at].convert("L").point(lambda value: 255 if 60 < value < 195 else 0)
        box = grey.filter(ImageFilter.MinFilter(9)).getbbox()  # an edge between stripes is none
        return box and tuple(round(10_000 * side / (320, 180)[n % 2]) for n, side in enumerate(box))

    # A quarter wider on each side.
    assert where(0.3) == pytest.approx((0, 0, 3125, 5000), abs=500)
    assert where(1.2) == pytest.approx((2650, 1330, 6500, 7500), abs=700)
    assert where(2.4) == pytest.approx((6375, 4000, 10_000, 10_000), abs=500)
    assert where(2.9) is None
    video = striped
    video.refresh_from_db()
    assert video.blurred_at
    assert Entry.objects.filter(action="media.blurred").count() == 1


def test_what_lies_between_two_marks_is_asked_until_a_guess_was_right():
    marks = [Mark(0, 0, (0, 0, 1000, 1000)), Mark(8, 8, (8000, 0, 1000, 1000))]

    asked = complete_marks(marks, [])
    seconds = [mark.start for mark in asked if mark.kind == Kind.ASKED]
    right = [mark._replace(kind=Kind.RIGHT) if mark.kind == Kind.ASKED else mark for mark in asked]
    wrong = [mark._replace(kind=Kind.MOVED) if mark.start == 4 else mark for mark in right]

    assert seconds == [2, 4, 6]
    assert complete_marks(right, []) == sorted(right)
    assert [m.start for m in complete_marks(wrong, []) if m.kind == Kind.ASKED] == [3, 5]
    # What the scanners saw on the way needs no question.
    seen = [(0, 0, 9500, 900, 1.0, 7.0)]
    assert [m.kind for m in complete_marks(marks, seen)].count(Kind.FOUND) == 3
    assert complete_marks([marks[0], Mark(0.9, 2, (50, 0, 1000, 1000))], []) == [
        marks[0],
        Mark(0.9, 2, (50, 0, 1000, 1000)),
    ]
