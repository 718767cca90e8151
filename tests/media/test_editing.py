"""Editing a picture: what is drawn, what is covered for good, and what becomes of the source."""

import json
from datetime import date

import pytest
from PIL import Image, ImageDraw, ImageStat

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from media import pictures
from media.editing import picture_edits
from media.editing.picture_edits import Edits
from media.editing.picture_program import edit_picture
from media.library.entries import take_over
from media.library.queries import in_library_of
from media.models import Media, Tag
from tests import factories
from tests.media.test_library import file, jpeg, scene

pytestmark = pytest.mark.django_db

NOTHING = {"blurs": [], "turn": 0, "straighten": 0, "crop": None, "brightness": 0}


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def media(unit, officer):
    """Return a picture of 900 × 600 whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", (900, 600), "red")
    picture.paste("blue", (450, 0, 900, 600))
    return pictures.store(file(jpeg(picture)), unit=unit, by=officer)


def shown(media: Media) -> Image.Image:
    with media.file.open() as stored:
        return Image.open(stored).convert("RGB")


def is_near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


# --- What is drawn --------------------------------------------------------------------------------


@pytest.mark.clock("2026-12-01 08:00")
def test_a_crop_is_a_new_picture_that_keeps_what_is_said_of_the_old_one(media, officer, unit):
    tag = Tag.objects.create(unit=unit, name="Tuần tra", folded="tuan tra")
    media.tags.add(tag)
    said = {"title": "Hai màu", "alt_text": "Đỏ và xanh", "source": "Công an phường"}
    Media.objects.filter(pk=media.pk).update(**said, expires_on=date(2031, 5, 4))

    made = picture_edits.edit(media, Edits(crop=(5000, 0, 5000, 10_000)), by=officer)

    assert (made.width, made.height) == (450, 600)
    assert is_near(shown(made).getpixel((200, 300)), (0, 0, 255))
    assert {name: getattr(made, name) for name in said} == said
    assert (made.made_from, made.expires_on) == (media, date(2031, 5, 4))
    assert list(made.tags.all()) == [tag]
    media.refresh_from_db()
    assert media.blurred_at is None
    assert in_library_of(unit).count() == 2
    record = Entry.objects.get(action="media.edited")
    assert record.data["made_from"] == str(media.public_id)


def test_turns_go_clockwise(media, officer):
    made = picture_edits.edit(media, Edits(turn=90), by=officer)

    assert (made.width, made.height) == (600, 900)
    assert is_near(shown(made).getpixel((300, 100)), (254, 0, 0))  # what was left is at the top


@pytest.mark.parametrize("degrees", [-15, -3.5, 0.5, 15])
@pytest.mark.parametrize("size", [(900, 600), (300, 1200)])
def test_a_straightened_picture_has_no_empty_corner_and_keeps_its_proportion(degrees, size):
    made = edit_picture(Image.new("RGB", size, "white"), NOTHING | {"straighten": degrees})

    assert made.getextrema() == ((255, 255),) * 3
    assert made.width / made.height == pytest.approx(size[0] / size[1], rel=0.02)


def test_the_crop_is_of_the_picture_as_it_was_turned(media, officer):
    made = picture_edits.edit(media, Edits(turn=180, crop=(0, 0, 4000, 10_000)), by=officer)

    assert is_near(shown(made).getpixel((100, 300)), (0, 0, 255))


def test_a_lighter_picture_is_lighter(unit, officer):
    media = pictures.store(file(jpeg(scene(3))), unit=unit, by=officer)

    made = picture_edits.edit(media, Edits(brightness=40), by=officer)

    before, after = (ImageStat.Stat(shown(medium).convert("L")).mean[0] for medium in (media, made))
    assert before + 10 < after


# --- What is covered ------------------------------------------------------------------------------


def test_what_was_written_in_a_box_leaves_no_trace_in_the_new_picture(unit, officer):
    """Two pictures that differ inside of the box alone look alike afterwards: in the place of a
    line stands one colour.
    """
    made = []
    for number in ("0905 123 456", "0905 128 459"):
        picture = Image.new("RGB", (900, 600), "white")
        ImageDraw.Draw(picture).text((220, 252), number, fill="black", font_size=40)
        media = pictures.store(file(jpeg(picture)), unit=unit, by=officer)
        made.append(shown(picture_edits.blur(media, [(2300, 4100, 3600, 800)], by=officer)))

    line = made[0].crop((216, 256, 520, 288))
    assert max(high - low for low, high in line.getextrema()) < 20
    assert made[0].tobytes() == made[1].tobytes()


def test_a_face_keeps_sixteen_cells_at_most():
    picture = scene(5).copy()
    made = edit_picture(picture, NOTHING | {"blurs": [[2000, 2000, 2000, 3000]]})

    # 180 × 180 pixels with their margin of 27.
    colours = made.crop((153, 93, 387, 327)).getcolors()
    assert colours is not None
    assert len(colours) <= 16
    assert made.getpixel((150, 90)) == picture.getpixel((150, 90))


def test_nothing_takes_a_picture_any_more_that_something_was_blurred_out_of(media, officer, unit):
    made = picture_edits.blur(media, [(1000, 1000, 2000, 2000)], by=officer)

    media.refresh_from_db()
    assert media.blurred_at
    assert made.blurred_at is None
    assert list(in_library_of(unit)) == [made]
    assert Entry.objects.filter(action="media.blurred").count() == 1
    with pytest.raises(Refused, match="blurred out"):
        picture_edits.edit(media, Edits(turn=90), by=officer)


def test_a_shared_picture_is_shared_no_more_once_it_was_blurred():
    province = factories.UnitFactory(level="province")
    commune = factories.UnitFactory(parent=province)
    overseer = factories.person(Role.OVERSEER, province)
    officer = factories.person(Role.OFFICER, commune)
    media = pictures.store(file(jpeg(scene(1))), unit=province, by=overseer, right="library_write")
    Media.objects.filter(pk=media.pk).update(shared=True)

    picture_edits.blur(media, [(1000, 1000, 2000, 2000)], by=overseer)

    with pytest.raises(Refused, match="not shared"):
        take_over(media, unit=commune, by=officer)


def test_the_same_bytes_uploaded_anew_are_a_picture_like_any_other(media, officer, unit):
    data = media.file.read()
    picture_edits.blur(media, [(1000, 1000, 2000, 2000)], by=officer)

    Media.objects.filter(pk=media.pk).update(sha256=media.sha256)
    again = pictures.keep_encoded(
        pictures.EncodedImage(data, "image/jpeg", 900, 600, media.dhash), unit=unit, by=officer
    )

    assert again.pk == media.pk
    assert again.blurred_at is None


def test_the_same_edit_twice_is_one_picture(media, officer):
    first = picture_edits.edit(media, Edits(turn=90), by=officer)
    Media.objects.filter(pk=first.pk).update(title="Của tôi")

    again = picture_edits.edit(media, Edits(turn=90), by=officer)

    assert again.pk == first.pk
    assert again.title == "Của tôi"


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"turn": 45},
        {"straighten": 16},
        {"straighten": float("nan")},
        {"brightness": 101},
        {"crop": (0, 0, 100, 10_000)},
        {"crop": (9000, 0, 2000, 10_000)},
        {"blurs": [(-1, 0, 500, 500)]},
        {"blurs": [(0, 0, 5, 500)]},
        {"blurs": [(0, 0, 500, 500)] * 101},
        {"focus": (0, 10_001)},
    ],
    ids=json.dumps,
)
def test_what_no_picture_bears_is_refused(wrong):
    with pytest.raises(Refused):
        Edits(**wrong)


def test_an_edit_that_changes_nothing_is_refused(media, officer):
    with pytest.raises(Refused, match="Nothing was changed"):
        picture_edits.edit(media, Edits(crop=(0, 0, 10_000, 10_000)), by=officer)
    assert Media.objects.count() == 1


def test_a_crop_too_narrow_for_the_platforms_is_refused(unit, officer):
    media = pictures.store(file(jpeg(Image.new("RGB", (2000, 200)))), unit=unit, by=officer)

    with pytest.raises(Refused, match="long and narrow"):
        picture_edits.edit(media, Edits(crop=(0, 0, 10_000, 800)), by=officer)


def test_a_video_is_not_edited_as_a_picture(unit, officer):
    with pytest.raises(Refused, match="video"):
        picture_edits.edit(factories.video(unit), Edits(turn=90), by=officer)


def test_a_stranger_edits_nothing(media):
    with pytest.raises(NotAllowed):
        picture_edits.edit(media, Edits(turn=90), by=factories.person(Role.OFFICER))


def test_a_file_that_is_gone_is_said_in_words(media, officer):
    media.file.storage.delete(media.file.name)

    with pytest.raises(Refused, match="damaged"):
        picture_edits.edit(media, Edits(turn=90), by=officer)
