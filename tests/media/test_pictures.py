"""Uploads: what is let in, and what is left of it."""

import hashlib
import io
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts.permissions import Role
from core.errors import Busy, NotAllowed, Refused
from core.semaphores import SharedSemaphore
from media import drawing, pictures
from platforms.facts import Facts, Format, ImageLimits
from tests.factories import UnitFactory, person
from tests.media.hostile import (
    deep_png,
    encoded,
    many_scans,
    noise,
    png_of,
    webp_of_one_colour,
)

TOO_MANY = "The picture has more than 40 million pixels (WebP: 16). Choose a smaller one."
DAMAGED = "The picture is damaged or incomplete. Choose another copy of it."


def re_encoded(data: bytes) -> pictures.EncodedImage:
    return pictures.re_encode(io.BytesIO(data))


def refusal_of(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        re_encoded(data)
    return str(caught.value)


@pytest.mark.parametrize(
    ("form", "stored"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/jpeg"), ("MPO", "image/jpeg")],
)
def test_a_picture_of_each_allowed_kind_is_drawn_anew(form, stored):
    drawn = re_encoded(encoded(form))

    assert (drawn.content_type, drawn.width, drawn.height) == (stored, 320, 200)
    assert Image.open(io.BytesIO(drawn.data)).size == (320, 200)


@pytest.mark.parametrize(
    "data",
    [
        encoded("GIF"),
        encoded("TIFF"),
        encoded("BMP"),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"%PDF-1.7\n1 0 obj\n",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04" + bytes(60),
        b"",
        b"\xff\xd8\xff",
    ],
    ids=["gif", "tiff", "bmp", "svg", "pdf", "html", "zip", "empty", "three bytes"],
)
def test_what_is_no_allowed_picture_by_content_is_refused(data):
    assert refusal_of(data) == "This file is not a JPEG, PNG or WebP picture."


@pytest.mark.parametrize("side", [9000, 20_000])
def test_a_bomb_is_refused_by_its_header(side):
    bomb = png_of(side, side, bytes(side // 8 + 1) * side)

    assert len(bomb) < 60_000
    assert refusal_of(bomb) == TOO_MANY


def test_a_file_above_the_limit_in_bytes_is_refused(settings):
    settings.IMAGE_MAX_BYTES = 1024 * 1024
    assert refusal_of(encoded("JPEG") + bytes(1024 * 1024)) == (
        "The picture is larger than 1 MB. Choose a smaller one."
    )


def test_a_truncated_picture_is_refused():
    whole = noise((400, 300), "JPEG")
    assert (
        refusal_of(whole[: len(whole) // 2])
        == "The picture is damaged or incomplete. Choose another copy of it."
    )


def test_a_png_with_broken_data_is_refused():
    whole = bytearray(encoded("PNG"))
    whole[60:90] = bytes(30)
    assert (
        refusal_of(bytes(whole))
        == "The picture is damaged or incomplete. Choose another copy of it."
    )


def test_a_strip_that_platforms_refuse_is_refused():
    assert refusal_of(encoded("PNG", (2100, 100))) == (
        "The picture is too long and narrow for the platforms. Crop it first."
    )


def test_a_second_file_hidden_behind_the_picture_does_not_pass():
    drawn = re_encoded(encoded("JPEG") + b"PK\x03\x04 archive <script>alert(1)</script>")

    assert b"<script>" not in drawn.data
    assert b"PK\x03\x04" not in drawn.data
    assert drawn.data.endswith(b"\xff\xd9")


def test_position_author_and_every_other_metadata_are_gone():
    exif = Image.Exif()
    exif[0x010E] = "At the victim's home"
    exif[0x013B] = "Officer A"
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.0, 42.0), 3: "E", 4: (105.0, 51.0, 12.0)})
    profile = b"private colour profile".ljust(200, b"\0")
    dirty = encoded(
        "JPEG", exif=exif, icc_profile=profile, xmp=b"<x:xmpmeta>place</x:xmpmeta>", comment=b"note"
    )
    assert b"victim" in dirty

    drawn = re_encoded(dirty)

    clean = Image.open(io.BytesIO(drawn.data))
    assert dict(clean.getexif()) == {}
    assert set(clean.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    for word in (b"victim", b"Officer", b"profile", b"xmpmeta", b"note", b"Exif"):
        assert word not in drawn.data


def test_text_chunks_of_a_png_are_gone():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "internal number 12")
    drawn = re_encoded(encoded("PNG", pnginfo=info))

    assert Image.open(io.BytesIO(drawn.data)).info == {}


def test_a_telephones_turn_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    drawn = re_encoded(encoded("JPEG", (320, 200), exif=exif))

    assert (drawn.width, drawn.height) == (200, 320)


def test_a_see_through_picture_stands_on_white():
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(out, "PNG")

    drawn = re_encoded(out.getvalue())

    assert Image.open(io.BytesIO(drawn.data)).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_mode_of_pixels_comes_out_as_plain_colour(mode):
    out = io.BytesIO()
    Image.new(mode, (40, 40)).save(out, "JPEG" if mode == "CMYK" else "PNG")

    assert Image.open(io.BytesIO(re_encoded(out.getvalue()).data)).mode == "RGB"


def test_a_big_picture_is_made_to_fit_every_platform(monkeypatch):
    limited = Format("post", max_text=1, images=ImageLimits(most=1, max_bytes=1024 * 1024))
    monkeypatch.setattr(
        pictures, "CONNECTORS", {"a platform": SimpleNamespace(facts=Facts(formats=[limited]))}
    )

    drawn = re_encoded(noise((3000, 2000), "PNG"))

    assert max(drawn.width, drawn.height) <= 2048
    assert len(drawn.data) <= 1024 * 1024
    assert drawn.content_type == "image/jpeg"


# --- Small files that would cost much -------------------------------------------------------------


MEASURE = """
    import os, resource, sys
    os.environ["PORTAL_MODE"] = "test"
    os.environ["DJANGO_SETTINGS_MODULE"] = "outreach_portal.settings"
    import django
    django.setup()
    from pathlib import Path
    from django.utils import translation
    from core.errors import Refused
    from media import pictures
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with translation.override("en"):
        try:
            said = pictures.re_encode(Path(sys.argv[1])).content_type
        except Refused as refused:
            said = str(refused)
    print(said)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: webp_of_one_colour(6324, 6324), TOO_MANY),
        (lambda: webp_of_one_colour(3990, 4000), "image/jpeg"),
        (lambda: deep_png(7300, 5470), "The picture takes too much memory."),
        (lambda: deep_png(4000, 3000), "image/png"),
        (lambda: many_scans(20_000), DAMAGED),
        (lambda: many_scans(3), "image/jpeg"),
    ],
    ids=[
        "webp of 38 bytes",
        "large webp",
        "deep png",
        "smaller deep png",
        "20,000 scans",
        "few scans",
    ],
)
def test_a_hostile_picture_costs_the_web_process_nothing_and_its_program_little(
    make, said, tmp_path
):
    file = tmp_path / "picture"
    file.write_bytes(make())

    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEASURE), str(file)],
        capture_output=True,
        text=True,
        check=True,
    )

    answer, ours, programs = output.stdout.splitlines()
    assert answer.startswith(said)
    assert int(ours) < 16 * 1024
    assert int(programs) < pictures.LIMITS.memory // 1024


def test_scans_in_metadata_and_behind_the_end_are_none():
    behind = many_scans(3) + b"\xff\xda\x00\x02" * 500

    assert drawing.count_scans(many_scans(3, metadata=b"\xff\xda\x00\x02" * 500), 100) == 13
    assert drawing.count_scans(behind, 100) == 13
    assert drawing.count_scans(many_scans(500), 100) == 101
    assert re_encoded(behind).content_type == "image/jpeg"


@pytest.mark.parametrize(
    "body",
    [
        "import os; os.kill(os.getpid(), 11)",
        "while True: pass",
        "held = [bytes(1 << 24) for _piece in range(64)]",
        "import sys; open(sys.argv[2] + '/facts.json', 'w').write('[1]')",
        "import sys; open(sys.argv[2] + '/facts.json', 'w').write('[' * 4000)",
        (
            "import sys; open(sys.argv[2] + '/facts.json', 'w').write('{\"content_type\": "
            '"text/html"}\')'
        ),
    ],
    ids=["crash", "endless", "hungry", "no facts", "nested", "another type"],
)
def test_a_program_that_dies_hangs_or_lies_is_a_broken_picture_and_no_more(
    body, monkeypatch, tmp_path
):
    program = tmp_path / "program.py"
    program.write_text(body)
    monkeypatch.setattr(pictures, "_PROGRAM", program)
    monkeypatch.setattr(pictures, "LIMITS", pictures.LIMITS._replace(cpu_seconds=1))

    assert refusal_of(encoded("PNG")) == DAMAGED


def test_while_others_are_drawn_it_waits_no_longer_than_its_patience(monkeypatch):
    monkeypatch.setattr(
        pictures, "_semaphore", SharedSemaphore("pictures", limit=1, queue=1, timeout=0)
    )
    with pictures._semaphore.hold(), pytest.raises(Busy):
        re_encoded(encoded("PNG"))

    assert re_encoded(encoded("PNG")).content_type == "image/png"


@pytest.mark.django_db
def test_a_picture_is_stored_under_its_hash_and_once_a_unit():
    unit, other = UnitFactory(), UnitFactory()
    officer, colleague = person(Role.OFFICER, unit), person(Role.OFFICER, unit)
    data = encoded("PNG")

    first = pictures.store(io.BytesIO(data), unit=unit, by=officer)
    again = pictures.store(io.BytesIO(data), unit=unit, by=colleague)
    elsewhere = pictures.store(io.BytesIO(data), unit=other, by=person(Role.OFFICER, other))

    assert again == first
    assert elsewhere != first
    assert first.file.name == elsewhere.file.name == f"media/{first.sha256}.png"
    assert hashlib.sha256(default_storage.open(first.file.name).read()).hexdigest() == first.sha256
    assert first.uploaded_by == officer


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OVERSEER, Role.ADMINISTRATOR])
def test_who_may_not_write_may_not_upload(role):
    unit = UnitFactory()
    with pytest.raises(NotAllowed):
        pictures.store(io.BytesIO(encoded("PNG")), unit=unit, by=person(role, unit))


@pytest.mark.django_db
def test_a_thumb_is_small_and_made_once():
    unit = UnitFactory()
    media = pictures.store(
        io.BytesIO(encoded("PNG", (1600, 900))), unit=unit, by=person(Role.OFFICER, unit)
    )

    with pictures.open_thumbnail(media) as file:
        small = Image.open(file)
        assert (small.format, small.size) == ("JPEG", (480, 270))
    with pictures.open_thumbnail(media):
        assert default_storage.listdir("thumbs")[1] == [f"{media.sha256}.jpg"]
