"""Editing a film: what the program leaves, what becomes of the row, and how a dead worker's is
taken again.
"""

from datetime import timedelta

import av
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, QuotaExceeded, Refused
from media import videos
from media.editing import films
from media.editing.film_program import areas_at, cover, drawn, size_of
from media.editing.films import Plan
from media.models import FilmEdit, FilmState, Media
from media.pictures import still
from tests import factories
from tests.videos import video_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def film(unit, officer):
    data = video_file(320, 180, 3.0, fps=10)
    file = SimpleUploadedFile("phim.mp4", data, "video/mp4")
    return videos.store(file, unit=unit, by=officer)


def make(film, officer, **plan) -> FilmEdit:
    """Queue an edit, make it, and return its row."""
    row = films.queue(film, Plan(**({"end": film.seconds} | plan)), by=officer)
    assert films.make_waiting() == 1
    row.refresh_from_db()
    return row


def test_a_cut_upright_film_is_a_new_one_with_the_chosen_cover(film, officer):
    row = make(film, officer, start=1.0, end=2.5, cover=1.0, vertical=True)

    assert (row.state, row.progress, row.refused) == (FilmState.DONE, 100, "")
    made = row.result
    assert (made.width, made.height, made.codec) == (720, 1280, "h264")
    assert made.seconds == pytest.approx(1.5, abs=0.15)
    assert (made.made_from, made.unit) == (film, film.unit)
    with av.open(made.file.path) as stored:
        assert stored.streams.audio[0].codec_context.name == "aac"
    with still(made) as poster:
        assert Image.open(poster).size == (720, 1280)
    film.refresh_from_db()
    assert film.blurred_at is None
    assert Entry.objects.filter(action="media.edited").count() == 1


def test_a_blurred_film_takes_the_place_in_its_draft_and_the_old_one_goes(unit, film, officer):
    post = factories.PostFactory(unit=unit, author=officer, media=[film])

    row = films.blur_film(
        film, [(1000, 1000, 3000, 3000, 0.0, 3.0)], by=officer, purpose_id=post.public_id
    )
    films.make_waiting()

    row.refresh_from_db()
    assert list(post.pictures.values_list("media", flat=True)) == [row.result.pk]
    film.refresh_from_db()
    assert film.blurred_at
    assert Notice.objects.filter(user=officer, kind="film_made").exists()
    with pytest.raises(Refused, match="blurred out"):
        films.blur_film(film, [], by=officer)


def test_a_place_is_covered_before_and_after_it_was_seen_and_between_two_places():
    seen = [[1000, 1000, 1000, 1000, 4.0, 4.0], [2500, 1000, 1000, 1000, 6.0, 6.0]]

    assert areas_at(1.9, seen) == []
    assert areas_at(2.1, seen) == [(1000, 1000, 2000, 2000)]
    assert (1000, 1000, 3500, 2000) in areas_at(5.0, seen)
    assert areas_at(8.1, seen) == []


def test_a_covered_place_of_a_frame_keeps_sixteen_colours_at_most():
    frame = Image.effect_noise((400, 400), 90).convert("RGB")

    cover(frame, (2500, 2500, 5000, 5000))

    assert len(frame.crop((80, 80, 220, 220)).getcolors()) <= 16


def test_an_upright_frame_shows_the_whole_film_between_its_own_colours():
    plan = {"vertical": True, "side": 640}
    frame = drawn(Image.new("RGB", (320, 180), "red"), size_of(320, 180, plan), plan)

    assert frame.size == (360, 640)
    assert frame.getpixel((180, 5)) == (255, 0, 0)


def test_what_the_program_cannot_read_is_said_in_words(film, officer):
    with open(film.file.path, "r+b") as stored:
        stored.write(b"\0" * 4000)

    row = make(film, officer)

    assert row.state == FilmState.FAILED
    assert "damaged" in row.refused
    assert Media.objects.count() == 1


def test_a_film_whose_worker_died_is_made_by_another_one_and_not_for_ever(film, officer):
    row = films.queue(film, Plan(end=film.seconds), by=officer)
    rows = FilmEdit.objects.filter(pk=row.pk)
    soon, past = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(minutes=1)
    rows.update(state=FilmState.RUNNING, leased_until=soon, attempts=1)
    assert films.make_waiting() == 0

    rows.update(leased_until=past, attempts=films.MOST_ATTEMPTS)
    films.make_waiting()

    assert rows.get().state == FilmState.FAILED


@pytest.mark.parametrize(
    "wrong",
    [
        {"end": 0.5},
        {"end": float("nan")},
        {"end": 700},
        {"start": -1, "end": 5},
        {"end": 5, "cover": 6},
        {"end": 5, "blurs": [(0, 0, 5, 5, 0, 1)]},
    ],
)
def test_what_no_film_bears_is_refused(wrong):
    with pytest.raises(Refused):
        Plan(**wrong)


def test_a_person_has_three_films_made_at_once_and_a_stranger_none(unit, film, officer):
    with pytest.raises(NotAllowed):
        films.queue(film, Plan(end=2), by=factories.person(Role.OFFICER))
    with pytest.raises(Refused, match="picture"):
        films.queue(factories.media(unit), Plan(end=2), by=officer)
    for _number in range(films.MOST_WAITING):
        films.queue(film, Plan(end=2), by=officer)
    with pytest.raises((Refused, QuotaExceeded), match="already"):
        films.queue(film, Plan(end=2), by=officer)
