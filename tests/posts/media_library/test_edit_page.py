"""The page on which a picture is edited, alone and for a draft."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from core.models import Job
from media.editing.shapes import best_preset, crop_box
from media.models import Media, VideoEdit
from media.scanners.models import Box
from platforms.facts import ImageLimits
from posts.editor import saving
from posts.media_library.upkeep import _captions_of
from tests import factories
from tests.pages import one_line

pytestmark = pytest.mark.django_db
PLAIN = {"turn": "0", "straighten": "0", "brightness": "0", "shape": ""}


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


def page_of(media: Media, post=None) -> str:
    address = reverse("posts:edit_media", args=[media.public_id])
    return f"{address}?post={post.public_id}" if post else address


def test_the_page_works_with_plain_fields(client, unit):
    media = factories.media(unit)  # 640 × 360

    response = client.post(
        page_of(media), PLAIN | {"shape": "1:1", "focus_x": "100", "focus_y": "50"}
    )

    made = Media.objects.get(made_from=media)
    assert response["Location"] == reverse("posts:library_medium", args=[made.public_id])
    assert (made.width, made.height) == (360, 360)
    assert (made.focus_x, made.focus_y) == (10_000, 5_000)


def test_a_scripts_crop_and_places_to_blur_are_taken(client, unit):
    media = factories.media(unit)
    crop = {"crop_x": "25", "crop_y": "0", "crop_width": "50", "crop_height": "100"}
    blurs = {
        "blur_x": ["10", ""],
        "blur_y": ["10", ""],
        "blur_width": ["20.5", ""],
        "blur_height": ["20", ""],
    }

    client.post(page_of(media), PLAIN | {"shape": "free"} | crop | blurs)

    made = Media.objects.get(made_from=media)
    assert (made.width, made.height) == (320, 360)
    media.refresh_from_db()
    assert media.blurred_at


def test_what_was_typed_stays_where_it_is_refused(client, unit):
    media = factories.media(unit)
    blurs = {"blur_x": "10", "blur_y": "x", "blur_width": "20", "blur_height": "20"}

    response = client.post(page_of(media), PLAIN | {"brightness": "40"} | blurs)

    assert response.status_code == 422
    page = one_line(response.content.decode())
    assert 'name="blur_width" min="0" max="100" step="any" value="20"' in page
    assert response.context["form"]["brightness"].value() == "40"
    assert client.post(page_of(media), PLAIN).status_code == 409  # nothing was changed
    assert Media.objects.count() == 1


def test_in_a_draft_the_new_picture_takes_the_place_and_undo_gives_it_back(client, unit, officer):
    first, media = factories.media(unit), factories.media(unit)
    post = factories.PostFactory(unit=unit, author=officer, media=[media, first])

    response = client.post(page_of(media, post), PLAIN | {"turn": "90"}, follow=True)

    made = Media.objects.get(made_from=media)
    shown = post.pictures.values_list("media", "alt_text")
    assert list(shown) == [(made.pk, "Ảnh minh họa"), (first.pk, "Ảnh minh họa")]
    undo = f"{reverse('posts:undo_edit', args=[made.public_id])}?post={post.public_id}"
    assert undo in response.content.decode()

    client.post(undo)

    assert [key for key, _alt in shown.all()] == [media.pk, first.pk]


def test_a_blur_is_not_undone(client, unit, officer):
    media = factories.media(unit)
    post = factories.PostFactory(unit=unit, author=officer, media=[media])
    blurs = {"blur_x": "10", "blur_y": "10", "blur_width": "20", "blur_height": "20"}

    client.post(page_of(media, post), PLAIN | blurs)

    made = Media.objects.get(made_from=media)
    client.post(f"{reverse('posts:undo_edit', args=[made.public_id])}?post={post.public_id}")
    assert [key for (key,) in post.pictures.values_list("media")] == [made.pk]
    with pytest.raises(Refused):
        saving.replace_media(post, made, media, by=officer)
    answer = client.get(page_of(media))
    assert answer["Location"] == reverse("posts:library_medium", args=[made.public_id])


def test_the_composer_saves_what_is_typed_before_it_opens_the_page(client, unit, officer):
    media = factories.media(unit)
    post = factories.PostFactory(unit=unit, author=officer, media=[media])
    typed = {
        "version": post.version,
        "title": "Cảnh báo",
        "body": "<p>Một dòng mới</p>",
        "picture": str(media.public_id),
        f"alt-{media.public_id}": "Tổ tuần tra",
        "act": f"edit:{media.public_id}:4:5",
    }

    response = client.post(reverse("posts:edit", args=[post.public_id]), typed)

    address, _mark, query = response["Location"].partition("?")
    assert address == page_of(media)
    assert query == f"post={post.public_id}&shape=4%3A5"
    post.refresh_from_db()
    assert "Một dòng mới" in post.body


def test_the_page_names_the_shapes_that_the_drafts_channels_take(client, unit, officer):
    media = factories.media(unit)
    Media.objects.filter(pk=media.pk).update(width=900, height=1600)
    channel = factories.ChannelFactory(unit=unit, platform="instagram")
    post = factories.PostFactory(unit=unit, author=officer, media=[media], channels=[channel])

    page = client.get(page_of(media, post))

    assert page.context["wanted"] == [("Instagram", "4:5")]


def test_a_foreign_picture_is_not_there(client):
    assert client.get(page_of(factories.media(factories.UnitFactory()))).status_code == 404


@pytest.mark.parametrize(
    ("focus", "box"),
    [
        ((5000, 5000), (2188, 0, 5625, 10_000)),
        ((0, 0), (0, 0, 5625, 10_000)),
        ((10_000, 0), (4375, 0, 5625, 10_000)),
    ],
)
def test_a_shape_is_cut_around_what_matters_most(focus, box):
    assert crop_box(1600, 900, 1, focus=focus) == box


def test_a_platforms_limits_name_the_shape_that_loses_least():
    instagram = ImageLimits(most=10, max_bytes=1, min_ratio=4 / 5, max_ratio=1.91)

    assert best_preset(900, 1600, instagram) == "4:5"
    assert best_preset(2400, 900, instagram) == "16:9"
    assert best_preset(1000, 1000, instagram) == ""


# --- Videos ---------------------------------------------------------------------------------------


def video_page(video: Media) -> str:
    return reverse("posts:edit_video", args=[video.public_id])


def test_the_page_of_a_video_queues_its_edit_and_shows_how_far_it_is(client, unit):
    video = factories.video(unit, seconds=90)

    client.post(video_page(video), {"start": "0:05", "end": "1:05,5", "cover": "0:07"})

    edit = VideoEdit.objects.get()
    assert (edit.plan["start"], edit.plan["end"], edit.plan["cover"]) == (5.0, 65.5, 2.0)
    page = client.get(video_page(video)).content.decode()
    assert 'hx-trigger="every 3s"' in page
    VideoEdit.objects.update(refused="Video bị hỏng")
    Job.objects.update(state="failed", ended_at=timezone.now())
    part = client.get(video_page(video), headers={"HX-Request": "true"}).content.decode()
    assert "Video bị hỏng" in part
    assert "every 3s" not in part
    assert "<html" not in part


def test_a_time_that_is_none_is_refused_beside_its_field(client, unit):
    video = factories.video(unit, seconds=90)

    response = client.post(video_page(video), {"start": "nan", "end": "x", "cover": "0"})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"start", "end"}


def test_what_the_check_found_in_a_video_is_blurred_in_one_go(client, unit):
    video = factories.video(unit, seconds=90)
    box = {"x": 10, "y": 20, "width": 300, "height": 400, "from_second": 1.0, "to_second": 3.0}
    Box.objects.create(scan=video.scan, kind="face", rule="face", severity="soft", **box)

    client.post(video_page(video), {"start": "0", "end": "1:30", "cover": "0", "blur_found": "on"})

    assert VideoEdit.objects.get().plan["blurs"] == [[10, 20, 300, 400, 1.0, 3.0]]


def marked(**columns: list) -> dict[str, list]:
    return {f"mark_{name}": values for name, values in columns.items()}


def test_what_lies_between_two_marks_is_asked_on_frames_before_the_video_is_made(client, unit):
    video = factories.video(unit, seconds=90)
    times = {"start": "0", "end": "1:30", "cover": "0"}
    rows = marked(
        place=["1", "1", "1"],
        **{"from": ["0:01", "0:03", ""], "to": ["0:01", "0:03", ""]},
        x=["10", "50,5", ""],
        y=["0", "0", ""],
        width=["10", "10", ""],
        height=["10", "10", ""],
        kind=["drawn", "drawn", "drawn"],
    )

    asked = client.post(video_page(video), times | rows)

    assert (asked.status_code, VideoEdit.objects.count()) == (422, 0)
    form = asked.context["form"]
    assert [row["kind"] for row in form.mark_rows()] == ["drawn", "asked", "drawn"]
    assert f"/media/{video.public_id}/#t=2.00" in asked.content.decode()  # the browser shows it
    answer = {
        f"mark_{name}": [row[name] for row in form.mark_rows()]
        for name in ("place", "from", "to", "x", "y", "width", "height")
    }
    client.post(video_page(video), times | answer | {"mark_kind": ["drawn", "right", "drawn"]})

    plan = VideoEdit.objects.get().plan
    assert plan["marks"] == [
        [[1, 1, 1000, 0, 1000, 1000], [2, 2, 3025, 0, 1000, 1000], [3, 3, 5050, 0, 1000, 1000]]
    ]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"burn_in": "on"}, "captions"),
        ({"burn_in": "on", "captions": "0:01 – 0:02 A\nno times"}, "captions"),
        ({"captions": "1\n00:00:01,000 --> 00:00:02,000\nChào"}, "burn_in"),
        (
            marked(
                **{"from": ["x"]},
                to=[""],
                place=["1"],
                x=[""],
                y=[""],
                width=[""],
                height=[""],
                kind=[""],
            ),
            "__all__",
        ),
    ],
    ids=["none", "no times", "not ticked", "no numbers"],
)
def test_captions_and_places_that_cannot_be_drawn_are_said_and_nothing_is_lost(
    client, unit, typed, field
):
    video = factories.video(unit, seconds=9)

    response = client.post(video_page(video), {"start": "0", "end": "9", "cover": "0"} | typed)

    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert VideoEdit.objects.count() == 0


def test_captions_of_the_draft_are_burnt_in_and_attached_no_more(client, unit):
    video = factories.video(unit, seconds=9)
    post = factories.PostFactory(unit=unit, media=[video])
    vtt = "WEBVTT\n\n00:00:01.000 --> 00:00:05.000\nGọi 113\n"
    post.pictures.update(captions=vtt)
    page = f"{video_page(video)}?post={post.public_id}"
    times = {"start": "0:02", "end": "0:09", "cover": "0:02"}
    assert client.get(page).context["form"].initial["captions"] == "0:01 – 0:05 Gọi 113"

    client.post(page, times | {"captions": vtt})
    cut = VideoEdit.objects.get()
    burnt_in = client.post(page, times | {"captions": vtt, "burn_in": "on"})

    assert burnt_in.status_code == 302
    burnt = VideoEdit.objects.exclude(pk=cut.pk).get()
    assert (cut.plan["captions"], burnt.plan["captions"]) == ("", vtt)
    assert _captions_of(cut, vtt) == "WEBVTT\n\n00:00:00.000 --> 00:00:03.000\nGọi 113\n"
    assert _captions_of(burnt, vtt) == ""
