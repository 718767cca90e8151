"""Videos: what is let in, what is left of it, and that no video takes the web process with it."""

import hashlib
import io
import subprocess
import sys
import textwrap

import av
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.permissions import Role
from core.errors import NotAllowed, Refused
from media import incoming, pictures, storing, videos
from tests.factories import UnitFactory, person
from tests.media.hostile import sound_alone, trimmed
from tests.videos import PLACE, TELEPHONE, crowded, video_file

DAMAGED = "The video is damaged or incomplete. Choose another copy of it, or save it anew as MP4."
UNPLAYABLE = (
    "The platforms cannot play this kind of video. Save it as MP4 with H.264 video and AAC sound."
)


@pytest.fixture
def unit(db):
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def stored(unit, officer):
    return lambda data, by=None, to=None: videos.store(
        io.BytesIO(data), unit=to or unit, by=by or officer
    )


@pytest.fixture
def refused(stored):
    def why(data: bytes) -> str:
        with pytest.raises(Refused) as caught:
            stored(data)
        return str(caught.value)

    return why


def bytes_of(row) -> bytes:
    with row.file.open("rb") as file:
        return file.read()


@pytest.mark.parametrize(
    ("made", "kind", "codec"),
    [
        ({}, "video/mp4", "h264"),
        ({"container": "mov"}, "video/mp4", "h264"),
        ({"codec": "libx265"}, "video/mp4", "hevc"),
        ({"container": "webm", "codec": "libvpx"}, "video/webm", "vp8"),
        ({"container": "webm", "codec": "libvpx-vp9", "sound": False}, "video/webm", "vp9"),
    ],
    ids=["mp4", "mov", "hevc", "webm", "webm without sound"],
)
def test_a_video_of_each_kind_is_described_and_plays_on(stored, made, kind, codec):
    row = stored(video_file(360, 640, 2.0, **made))

    assert (row.content_type, row.codec, row.width, row.height, row.fps) == (
        kind,
        codec,
        360,
        640,
        30,
    )
    assert row.seconds == pytest.approx(2.0, abs=0.05)
    with av.open(io.BytesIO(bytes_of(row))) as shown:
        assert len(list(shown.decode(shown.streams.video[0]))) == 60


def test_a_video_lying_down_is_measured_as_it_is_seen(stored):
    row = stored(video_file(640, 360, turned=90))

    assert (row.width, row.height) == (360, 640)
    with pictures.open_still(row) as file:
        assert Image.open(file).size == (360, 640)
    with av.open(io.BytesIO(bytes_of(row))) as shown:
        assert next(shown.decode(video=0)).rotation == 90


def test_the_poster_stands_as_the_video_does(stored):
    """The bright bar stands at the left edge of the first frames, lying down; turned a quarter
    left, it is below.
    """
    row = stored(video_file(640, 360, 0.2, turned=90))

    with pictures.open_still(row) as file:
        poster = Image.open(file).convert("L")
    assert poster.getpixel((180, 634)) > 180 > 80 > poster.getpixel((180, 20))


def test_a_video_without_sound_stays_without(stored):
    with av.open(io.BytesIO(bytes_of(stored(video_file(sound=False))))) as shown:
        assert [s.type for s in shown.streams] == ["video"]


@pytest.mark.parametrize("container", ["mp4", "mov", "webm"])
def test_place_telephone_and_title_are_gone_and_no_frame_with_them(stored, container):
    codec = "libvpx" if container == "webm" else "libx264"
    dirty = video_file(container=container, codec=codec, metadata=TELEPHONE)
    assert b"victim" in dirty

    clean = bytes_of(stored(dirty))

    for word in (PLACE.encode()[:8], b"Telephone", b"victim", b"quicktime.", b"xyz", b"Lavf63"):
        assert word not in clean
    assert packets(clean) == packets(dirty)


def packets(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data)) as shown:
        return [bytes(packet) for packet in shown.demux() if packet.size]


def test_chapters_and_the_track_of_words_that_carries_them_are_gone(stored):
    out = io.BytesIO()
    with av.open(io.BytesIO(video_file())) as source, av.open(out, "w", format="mov") as file:
        streams = {s.index: file.add_stream_from_template(s) for s in source.streams}
        file.set_chapters(
            [{"id": 1, "start": 0, "end": 1, "time_base": 1, "metadata": {"title": "At the house"}}]
        )
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                file.mux(packet)
    with av.open(io.BytesIO(out.getvalue())) as dirty:
        assert (len(dirty.streams), len(dirty.chapters())) == (3, 1)

    clean = bytes_of(stored(out.getvalue()))

    assert b"At the house" not in clean
    with av.open(io.BytesIO(clean)) as shown:
        assert [s.type for s in shown.streams] == ["video", "audio"]
        assert shown.chapters() == []


def frames(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data)) as shown:
        return [bytes(packet) for packet in shown.demux(video=0) if packet.size]


def test_what_was_cut_away_by_trimming_does_not_stay_hidden_in_the_file(stored):
    every = frames(video_file(seconds=4, key_every=30))
    dirty = trimmed(1.5, key_every=30)
    assert (
        frames(dirty) == every[30:]
    )  # half a second is hidden, back to the last frame that stands by itself

    row = stored(dirty)

    assert frames(bytes_of(row)) == every[60:]
    assert row.seconds == pytest.approx(2.0, abs=0.05)
    with av.open(io.BytesIO(bytes_of(row))) as shown:
        assert [frame.time for frame in shown.decode(video=0)][:2] == [
            0,
            pytest.approx(1 / 30, abs=0.001),
        ]
    with av.open(io.BytesIO(bytes_of(row))) as shown:
        assert float(
            shown.streams.audio[0].duration * shown.streams.audio[0].time_base
        ) == pytest.approx(2.0, abs=0.1)


def test_a_frame_or_two_that_a_camera_hides_are_no_cut(stored):
    assert len(frames(bytes_of(stored(trimmed(0.05))))) == 120


def test_a_trimmed_video_that_would_lose_too_much_is_refused_with_the_way_out(refused):
    assert refused(trimmed(0.5)) == (
        "This video was only trimmed: what was cut away at its beginning is still in the file. "
        "Save it anew as MP4, then choose that file."
    )


def test_a_player_can_begin_before_the_video_is_whole(stored):
    data = bytes_of(stored(video_file()))
    assert data.index(b"moov") < data.index(b"mdat")


def test_apples_players_know_the_name_of_hevc(stored):
    assert b"hvc1" in bytes_of(stored(video_file(codec="libx265")))


def test_a_video_is_stored_under_its_hash_and_once(stored, unit, officer):
    other = UnitFactory()
    first = stored(video_file(metadata=TELEPHONE))

    again = stored(video_file())  # the same video, from which somebody took the metadata before
    elsewhere = stored(video_file(), by=person(Role.OFFICER, other), to=other)

    assert again == first != elsewhere
    assert first.file.name == elsewhere.file.name == f"media/{first.sha256}.mp4"
    data = bytes_of(first)
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (first.sha256, first.size)
    assert set(default_storage.listdir("media")[1]) == {
        f"{first.sha256}.mp4",
        f"{first.poster_sha256}.jpg",
    }
    assert list(incoming.folder().iterdir()) == []


def test_half_a_file_left_in_the_store_is_replaced(stored):
    first = stored(video_file())
    with default_storage.open(first.file.name, "rb+") as file:
        file.truncate(1000)
    other = UnitFactory()

    elsewhere = stored(video_file(), by=person(Role.OFFICER, other), to=other)

    assert videos.is_intact(elsewhere)


def test_a_poster_fits_every_platform(stored):
    row = stored(video_file(3840, 2160, 0.3))

    with pictures.open_still(row) as file:
        data = file.read()
    poster = Image.open(io.BytesIO(data))
    assert (poster.format, poster.size) == ("JPEG", (2048, 1152))
    assert len(data) <= 1024 * 1024
    assert hashlib.sha256(data).hexdigest() == row.poster_sha256
    with pictures.open_thumbnail(row) as file:
        assert Image.open(file).size == (480, 270)


@pytest.mark.parametrize(
    "data",
    [
        b"A text that calls itself video.mp4, and is long enough to be looked at.",
        b"",
        b"\x1a\x45\xdf\xa3" + b"\x42\x82\x88matroska" + bytes(80),
        b"\0\0\0\x18ftypheic" + bytes(80),
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"RIFF\0\0\0\0AVI LIST" + bytes(80),
    ],
    ids=["text", "empty", "mkv", "heic", "playlist", "avi"],
)
def test_what_is_no_video_by_content_is_refused(refused, data):
    assert refused(data) == "This file is not an MP4, MOV or WebM video."


@pytest.mark.parametrize(
    "data",
    [
        video_file()[:30_000],  # its index stood at the end
        b"\0\0\0\x18ftypmp42" + bytes(2000),
        b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm" + bytes(500),
    ],
    ids=["cut off", "empty boxes", "empty webm"],
)
def test_a_broken_video_is_refused(refused, data):
    assert refused(data) == DAMAGED


@pytest.mark.parametrize("left", [0.5, 0.8])
def test_a_video_that_ends_before_its_index_says_is_refused(refused, stored, left):
    whole = bytes_of(stored(video_file(seconds=4)))  # its index stands first
    assert refused(whole[: round(len(whole) * left)]) == DAMAGED


def test_sound_alone_is_no_video(refused):
    assert refused(sound_alone()) == "There is no moving picture in this file. Choose a video."


def test_a_video_that_platforms_cannot_play_is_refused_with_the_way_out(refused):
    assert refused(video_file(container="mov", codec="mpeg2video")) == UNPLAYABLE
    assert refused(video_file(container="mov", sound="pcm_s16le")) == (
        "The platforms cannot play the sound of this video. Save it as MP4 with H.264 "
        "video and AAC sound."
    )


def test_a_video_above_the_limits_is_refused(refused, stored, settings):
    settings.VIDEO_MAX_SECONDS = 60
    assert (
        refused(video_file(64, 64, 61, sound=False))
        == "The video is longer than 1 minutes. Cut it first."
    )
    settings.IMAGE_MAX_PIXELS = 100_000
    assert refused(video_file()).startswith("Each frame has more than 0 million pixels.")
    settings.IMAGE_MAX_PIXELS = 40_000_000
    settings.VIDEO_MAX_BYTES = len(video_file()) - 1
    assert refused(video_file()).startswith("The video is larger than 0 MB.")
    settings.VIDEO_MAX_BYTES = len(video_file())
    settings.MEDIA_ROOM_BYTES = 2**60
    assert refused(video_file()).startswith("There is too little room")
    settings.MEDIA_ROOM_BYTES = 0
    assert stored(video_file()).width == 360


def test_a_video_of_millions_of_frames_of_one_byte_is_refused_by_its_index(refused):
    hostile = crowded(2_000_000)

    assert len(hostile) < 2_100_000
    assert refused(hostile) == "The video is longer than 180 minutes. Cut it first."
    assert refused(crowded(1_000)) == DAMAGED


def test_a_program_that_dies_hangs_or_lies_is_a_broken_video_and_no_more(
    refused, monkeypatch, tmp_path
):
    for number, body in enumerate(
        [
            "import os; os.kill(os.getpid(), 11)",
            "while True: pass",
            "import sys; open(sys.argv[3] + '/facts.json', 'w').write('[1]')",
            "import sys; open(sys.argv[3] + '/facts.json', 'w').write('{\"width\": \"9\"}')",
        ]
    ):
        program = tmp_path / f"{number}.py"
        program.write_text(body)
        monkeypatch.setattr(videos, "_PROGRAM", program)
        monkeypatch.setattr(videos, "LIMITS", videos.LIMITS._replace(timeout=0.5))
        assert refused(video_file()) == DAMAGED


def test_the_program_knows_no_secret_and_has_bounds(refused, monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "the portal's")
    program = tmp_path / "spy.py"
    program.write_text(
        "import json, os, resource\n"
        "open('facts.json', 'w').write(json.dumps({'refused': [sorted(os.environ), "
        "[resource.getrlimit(r)[1] for r in (resource.RLIMIT_AS, resource.RLIMIT_CPU, "
        "resource.RLIMIT_FSIZE)]]}))\n"
    )
    monkeypatch.setattr(videos, "_PROGRAM", program)
    said = []
    monkeypatch.setattr(videos, "_refusal", lambda why: said.append(why) or Refused(why))
    whole = video_file()
    refused(whole)
    most = len(whole) + len(whole) // 10 + 16 * 1024 * 1024
    assert said == [str([["LC_ALL"], [videos.LIMITS.memory, 60, most]])]


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OVERSEER, Role.ADMINISTRATOR])
def test_who_may_not_write_may_not_upload(stored, unit, role):
    with pytest.raises(NotAllowed):
        stored(video_file(), by=person(role, unit))


# --- Pictures and videos by one door --------------------------------------------------------------


def test_one_door_distinguishes_pictures_from_videos_by_content(unit, officer):
    out = io.BytesIO()
    Image.new("RGB", (40, 40)).save(out, "PNG")
    picture = storing.store(
        SimpleUploadedFile("video.mp4", out.getvalue(), "video/mp4"), unit=unit, by=officer
    )
    moving = storing.store(
        SimpleUploadedFile("picture.png", video_file(), "image/png"), unit=unit, by=officer
    )
    assert (picture.content_type, moving.content_type) == ("image/png", "video/mp4")
    with pytest.raises(Refused, match="neither a picture"):
        storing.store(
            SimpleUploadedFile("video.mp4", b"no video at all", "video/mp4"), unit=unit, by=officer
        )


# --- Before it is sent ----------------------------------------------------------------------------


def test_a_changed_video_is_noticed(stored):
    row = stored(video_file())
    assert videos.is_in_store(row)
    assert videos.is_intact(row)

    path = default_storage.path(row.file.name)
    data = bytearray(bytes_of(row))
    data[-1] ^= 1
    with open(path, "wb") as file:
        file.write(data)
    assert videos.is_in_store(row)  # the second of publication has no time for more
    assert not videos.is_intact(row)

    with open(path, "ab") as file:
        file.write(b"x")
    assert not videos.is_in_store(row)
    default_storage.delete(row.file.name)
    assert not videos.is_in_store(row)
    assert not videos.is_intact(row)


def test_an_unchanged_video_is_read_once(stored, monkeypatch):
    row = stored(video_file())
    assert videos.is_intact(row)
    monkeypatch.setattr(default_storage, "open", lambda *_: pytest.fail("read again"))
    assert videos.is_intact(row)


# --- Memory ---------------------------------------------------------------------------------------


def test_two_hundred_megabytes_pass_through_in_little_memory(tmp_path):
    """In a process of its own, whose peak begins low: intake, store, and the reading before it is
    sent.
    """
    heavy = tmp_path / "heavy.mp4"
    packet = bytes(1024 * 1024)
    with (
        av.open(str(heavy), "w", format="mp4") as file,
        av.open(io.BytesIO(video_file(seconds=7))) as source,
    ):
        picture = file.add_stream_from_template(source.streams.video[0])
        for number, found in enumerate(p for p in source.demux(video=0) if p.dts is not None):
            data = bytes(found) + (b"" if number == 0 else filler(packet))
            heavier = av.Packet(data)
            heavier.pts, heavier.dts, heavier.time_base = found.pts, found.dts, found.time_base
            heavier.is_keyframe, heavier.stream = found.is_keyframe, picture
            file.mux(heavier)
    assert heavy.stat().st_size > 200 * 1024 * 1024

    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEASURE), str(heavy), str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=True,
    )

    ours, programs = (int(number) for number in output.stdout.split())
    assert ours < 80 * 1024
    assert programs < 250 * 1024


def filler(data: bytes) -> bytes:
    """Return a unit of H.264 that decoders skip (type 12), with its length before it."""
    return (len(data) + 1).to_bytes(4, "big") + b"\x0c" + data


MEASURE = """
    import os, resource, sys
    os.environ["PORTAL_MODE"] = "test"
    os.environ["DJANGO_SETTINGS_MODULE"] = "outreach_portal.settings"
    os.environ["MEDIA_ROOT"] = sys.argv[2]
    import django
    django.setup()
    from pathlib import Path
    from types import SimpleNamespace
    from media import incoming, videos
    from media.models import Media

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with incoming.working_folder() as place, open(sys.argv[1], "rb") as file:
        source = incoming.path_on_disk(file, place, most=1 << 40, too_large=videos.too_large_error)
        video = videos.read_video(source, place, by=SimpleNamespace(pk=1))
        with (place / "copy").open("rb") as read:
            sha256 = videos._hash_file(read)
        size = (place / "copy").stat().st_size
        copy = videos._MovableFile(place / "copy")
        name = videos._store_bytes(f"media/{sha256}.mp4", copy, size)
    assert videos.is_intact(Media(file=name, sha256=sha256, size=size, content_type="video/mp4"))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(after - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
