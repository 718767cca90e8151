"""The library: words about a picture, who shares it with whom, and which pictures look alike."""

import io
import random
import threading
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.utils import timezone
from PIL import Image, ImageDraw, ImageEnhance

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from core.secrecy import SecrecyRefused
from media import drawing
from media.library import entries
from media.library.entries import Description
from media.library.queries import ALIKE, find_similar, folders_of, in_library_of, tags_of
from media.models import Consent, Media
from tests import factories
from tests.media.hostile import encoded

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


def describe(media, by, **said) -> Media:
    return entries.describe(media, Description(**said), by=by, version=media.version)


def scene(seed: int, size=(900, 600)) -> Image.Image:
    """Draw a picture of coarse shapes, as a photo has them."""
    chance = random.Random(seed)
    picture = Image.new("RGB", size, tuple(chance.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        box = (x, y, x + chance.randrange(80, 400), y + chance.randrange(60, 300))
        pen.rectangle(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    return picture


def jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def file(data: bytes, name: str = "anh.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


# --- What is said of a picture --------------------------------------------------------------------


@pytest.mark.clock("2026-12-01 08:00")
def test_what_is_said_is_stored_searched_and_on_record(unit, officer):
    media = factories.media(unit)

    row = describe(
        media,
        officer,
        title="Tuần tra đêm",
        alt_text="Tổ tuần tra trên phố",
        source="Công an phường",
        rights="own",
        tags=["Tuần tra", "ban đêm", "tuan tra"],
        expires_on=date(2030, 5, 4),
    )

    assert (row.version, row.kept_at is not None, row.rights) == (2, True, "own")
    # Two that differ by accents alone are one.
    assert [tag.name for tag in row.tags.all()] == ["Tuần tra", "ban đêm"]
    assert [m.pk for m in Media.objects.search("tuan tra PHO ban dem")] == [media.pk]
    entry = Entry.objects.get(action="media.described")
    assert (entry.object_label, sorted(entry.data["fields"])) == (
        "Tuần tra đêm",
        ["alt_text", "expires_on", "rights", "source", "title"],
    )


def test_who_looked_at_an_older_copy_overwrites_nothing(unit, officer):
    media = factories.media(unit)
    describe(media, officer, title="Mới")

    with pytest.raises(Refused, match="Somebody changed this"):
        describe(media, officer, title="Cũ")

    media.refresh_from_db()
    assert media.title == "Mới"


@pytest.mark.parametrize("field", ["title", "alt_text", "source", "consent_note", "tags"])
def test_a_secrecy_mark_is_refused_and_nothing_is_stored(unit, officer, field):
    media = factories.media(unit)
    said = {field: ["TUYỆT MẬT"] if field == "tags" else "TUYỆT MẬT", "consent": Consent.ADULT}

    with pytest.raises(SecrecyRefused):
        describe(media, officer, **said)

    media.refresh_from_db()
    assert (media.version, media.search, tags_of(unit).count()) == (1, "", 0)


def test_no_secrecy_mark_names_a_folder(unit, officer):
    with pytest.raises(SecrecyRefused):
        entries.create_folder(unit, "TỐI MẬT", by=officer)


@pytest.mark.parametrize(
    ("note", "stored"),
    [
        ("Giấy đồng ý số 12, lưu tại trường", True),
        ("Mẹ là Nguyễn Thị Hoa đã ký", False),
        ("cháu Lò Văn A", False),
    ],
)
def test_the_note_on_a_childs_consent_bears_no_name(unit, officer, note, stored):
    media = factories.media(unit)
    refused = nullcontext() if stored else pytest.raises(Refused, match="Name no child")

    with refused:
        describe(media, officer, consent=Consent.GUARDIAN, consent_note=note)

    media.refresh_from_db()
    assert media.consent_note == (note if stored else "")


def test_a_consent_says_whose(unit, officer):
    with pytest.raises(Refused, match="choose their role"):
        describe(factories.media(unit), officer, consent_on=date(2026, 1, 2))  # any clock


def test_more_than_ten_tags_are_refused(unit, officer):
    with pytest.raises(Refused, match="At most 10 tags"):
        describe(factories.media(unit), officer, tags=[f"nhãn {n}" for n in range(11)])


def test_who_may_not_write_describes_nothing(unit):
    with pytest.raises(NotAllowed):
        describe(factories.media(unit), factories.person(Role.SUPERVISOR, unit), title="x")


# --- Folders --------------------------------------------------------------------------------------


def test_folders_are_two_levels_deep_and_no_name_is_there_twice(unit, officer):
    outer = entries.create_folder(unit, "Chiến dịch", by=officer)
    inner = entries.create_folder(unit, "Tháng 5", parent=outer, by=officer)

    with pytest.raises(Refused, match="holds no further ones"):
        entries.create_folder(unit, "Sâu hơn", parent=inner, by=officer)
    with pytest.raises(Refused, match="of this name already"):
        entries.create_folder(unit, " Chiến  dịch ", by=officer)
    assert [str(folder) for folder in folders_of(unit)] == ["Chiến dịch", "Chiến dịch / Tháng 5"]


def test_a_removed_folder_leaves_its_pictures_one_step_further_out(unit, officer):
    outer = entries.create_folder(unit, "Chiến dịch", by=officer)
    inner = entries.create_folder(unit, "Tháng 5", parent=outer, by=officer)
    media = describe(factories.media(unit), officer, folder=inner)

    with pytest.raises(Refused, match="holds others"):
        entries.remove_folder(outer, by=officer)
    entries.remove_folder(inner, by=officer)
    media.refresh_from_db()
    assert media.folder == outer
    entries.remove_folder(outer, by=officer)
    media.refresh_from_db()
    assert (media.folder, folders_of(unit)) == (None, [])


def test_a_picture_goes_into_no_folder_of_another_unit(unit, officer):
    elsewhere = factories.UnitFactory()
    folder = entries.create_folder(
        elsewhere, "Của họ", by=factories.person(Role.OFFICER, elsewhere)
    )
    with pytest.raises(Refused, match="your own unit"):
        describe(factories.media(unit), officer, folder=folder)


# --- Shared with the units below ------------------------------------------------------------------


@pytest.fixture
def provincial(unit):
    return factories.person(Role.OVERSEER, unit.parent)


def shared_by(unit, by, **said) -> Media:
    media = describe(factories.media(unit), by, **said)
    entries.set_shared(media, True, by=by)
    return media


def test_the_units_below_see_what_is_shared_and_nothing_else(unit, provincial):
    own, kept = factories.media(unit), factories.media(unit.parent)
    shared = shared_by(unit.parent, provincial)
    stranger = factories.UnitFactory()
    archived = factories.media(unit)
    Media.objects.filter(pk=archived.pk).update(archived_at=timezone.now())

    assert set(in_library_of(unit)) == {own, shared}
    assert set(in_library_of(unit.parent)) == {kept, shared}
    assert set(in_library_of(stranger)) == set()
    officer, neighbour = (factories.person(Role.OFFICER, place) for place in (unit, stranger))
    assert set(Media.objects.in_sight_of(officer)) == {own, archived, shared}
    assert set(Media.objects.in_sight_of(neighbour)) == set()


def test_sharing_is_recorded_once_however_often_it_is_asked(unit, provincial):
    province = unit.parent
    medium = shared_by(province, provincial)

    for wanted in (True, False, False):
        entries.set_shared(medium, wanted, by=provincial)

    done = Entry.objects.filter(action__in=["media.shared", "media.unshared"])
    assert sorted(done.values_list("action", flat=True)) == ["media.shared", "media.unshared"]


def test_a_commune_shares_with_nobody(unit, officer):
    with pytest.raises(Refused, match="Only the ministry and the provinces"):
        entries.set_shared(factories.media(unit), True, by=officer)


@pytest.mark.clock("2026-12-01 08:00")
def test_a_shared_picture_is_taken_over_with_its_words_and_without_a_copy(
    unit, officer, provincial
):
    shared = shared_by(
        unit.parent, provincial, alt_text="Sơ đồ", rights="own", expires_on=date(2030, 1, 2)
    )

    own = entries.take_over(shared, unit=unit, by=officer)
    again = entries.take_over(shared, unit=unit, by=officer)

    assert (own, own.unit, own.file.name) == (again, unit, shared.file.name)
    assert (own.alt_text, own.expires_on, own.taken_from) == ("Sơ đồ", date(2030, 1, 2), shared)
    # The library shows it once.
    assert set(in_library_of(unit)) == {own}
    # The last day is the sharer's to change.
    shared.refresh_from_db()
    describe(shared, provincial, expires_on=date(2029, 1, 2))
    own.refresh_from_db()
    assert own.expires_on == date(2029, 1, 2)


@pytest.mark.parametrize("why", ["not shared", "of a neighbour"])
def test_what_is_not_shared_with_the_unit_is_not_taken_over(unit, officer, provincial, why):
    other = unit.parent if why == "not shared" else factories.ProvinceFactory()
    media = factories.media(other)
    Media.objects.filter(pk=media.pk).update(shared=why != "not shared")

    with pytest.raises(Refused, match="not shared any more"):
        entries.take_over(media, unit=unit, by=officer)


# --- Duplicates -----------------------------------------------------------------------------------


def test_the_same_file_twice_is_told(unit, officer):
    data = encoded("JPEG")

    first = entries.add(file(data), unit=unit, by=officer)
    second = entries.add(file(data), unit=unit, by=officer)

    assert (first.is_known, second.is_known) == (False, True)
    assert (second.media, Media.objects.count()) == (first.media, 1)
    assert first.media.kept_at is not None


def test_an_archived_picture_that_comes_again_is_in_the_library_again(unit, officer):
    added = entries.add(file(encoded("JPEG")), unit=unit, by=officer)
    Media.objects.update(archived_at=timezone.now())

    again = entries.add(file(encoded("JPEG")), unit=unit, by=officer)

    assert (again.media, again.media.archived_at) == (added.media, None)


def variants(picture: Image.Image) -> list[Image.Image]:
    small = picture.resize((picture.width // 3, picture.height // 3), Image.Resampling.BILINEAR)
    compressed = Image.open(io.BytesIO(jpeg(picture, quality=35)))
    bright = ImageEnhance.Brightness(picture).enhance(1.15)
    pale = ImageEnhance.Contrast(picture).enhance(0.9)
    trimmed = picture.crop((4, 4, picture.width - 4, picture.height - 4))
    return [small, compressed, bright, pale, trimmed]


def distance(one: Image.Image, other: Image.Image) -> int:
    return (int(drawing.dhash(one), 16) ^ int(drawing.dhash(other), 16)).bit_count()


def test_copies_of_a_picture_differ_in_few_bits_and_other_pictures_in_many():
    scenes = [scene(seed) for seed in range(12)]

    copies = [distance(scene, copy) for scene in scenes for copy in variants(scene)]
    others = [distance(one, other) for n, one in enumerate(scenes) for other in scenes[n + 1 :]]

    assert max(copies) <= ALIKE
    assert min(others) > ALIKE + 8


def test_a_picture_that_looks_like_another_is_told_and_one_that_does_not_is_not(unit, officer):
    first = entries.add(file(jpeg(scene(1))), unit=unit, by=officer).media
    other = entries.add(file(jpeg(scene(2))), unit=unit, by=officer).media
    smaller = jpeg(scene(1).resize((450, 300)), quality=60)

    copy = entries.add(file(smaller), unit=unit, by=officer).media

    assert (find_similar(copy), find_similar(other)) == ([first], [])


def test_a_picture_of_a_neighbour_is_never_told(unit, officer):
    neighbour = factories.UnitFactory()
    entries.add(file(jpeg(scene(1))), unit=neighbour, by=factories.person(Role.OFFICER, neighbour))

    same = entries.add(file(jpeg(scene(1))), unit=unit, by=officer)

    assert (same.is_known, find_similar(same.media)) == (False, [])


# --- Pictures from before -------------------------------------------------------------------------


def added(unit, officer, seed: int) -> Media:
    return entries.add(file(jpeg(scene(seed))), unit=unit, by=officer).media


def test_older_pictures_are_found_again_once_some_have_been_looked_at(unit, officer):
    rows = [added(unit, officer, seed) for seed in (1, 2, 3)]
    Media.objects.update(dhash="")

    assert [entries.compute_dhashes(most=2) for _n in range(3)] == [2, 1, 0]

    for row in rows:
        now = Media.objects.get(pk=row.pk).dhash
        assert (int(now, 16) ^ int(row.dhash, 16)).bit_count() <= ALIKE


def test_an_older_picture_that_is_damaged_keeps_no_other_waiting(unit, officer):
    damaged, other = added(unit, officer, 1), added(unit, officer, 2)
    Media.objects.update(dhash="")
    Path(damaged.file.path).write_bytes(b"\xff\xd8\xff nothing")

    entries.compute_dhashes(most=1)
    entries.compute_dhashes(most=1)

    looks = dict(Media.objects.values_list("pk", "dhash"))
    assert (looks[damaged.pk], bool(looks[other.pk])) == ("", True)


@pytest.mark.django_db(transaction=True)
def test_of_many_folders_of_one_name_at_once_one_is_made_and_the_others_are_told(unit, officer):
    outer = entries.create_folder(unit, "Phòng cháy", by=officer)
    barrier, outcomes = threading.Barrier(6), []

    def create() -> None:
        barrier.wait()
        try:
            entries.create_folder(unit, "Mùa khô", parent=outer, by=officer)
            outcomes.append("created")
        except (Refused, IntegrityError) as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Refused"] * 5 + ["created"]
