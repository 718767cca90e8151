"""`manage.py check_media`: findings as JSON, never a word of the picture, no harm by any file."""

import io
import json

import pytest
from django.core.management import call_command

from media.scanners import examining
from tests.media import hostile
from tests.media.scanners.variants import variant


def checked(*paths):
    out = io.StringIO()
    call_command("check_media", *map(str, paths), "--json", stdout=out)
    return out.getvalue()


def test_findings_are_printed_without_what_they_say(tmp_path):
    file = tmp_path / "picture"
    file.write_bytes(variant("id card", 0, plain=True).jpeg())

    output = checked(file)

    (answer,) = json.loads(output)
    assert (answer["refused"], answer["missing"]) == ("", [])
    assert "id_cccd" in {found["rule"] for found in answer["findings"]}
    assert "079087103755" not in output


@pytest.mark.parametrize(
    "make",
    [
        lambda: hostile.webp_of_one_colour(6324, 6324),
        lambda: hostile.deep_png(7300, 5470),
        lambda: hostile.many_scans(20_000),
        lambda: b"\xff\xd8\xff" + b"x" * 1000,
        lambda: b"\x00\x00\x00\x18ftypisom" + b"x" * 1000,
        lambda: b"<svg onload=alert(1)>",
        lambda: b"",
    ],
    ids=["38-byte webp", "deep png", "20,000 scans", "no jpeg", "no video", "svg", "empty"],
)
def test_a_hostile_file_is_refused_with_a_reason(make, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(make())

    (answer,) = json.loads(checked(file))

    assert answer["refused"]
    assert answer["findings"] == []


def test_a_picture_that_takes_too_much_is_not_called_no_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(examining, "LIMITS", examining.LIMITS._replace(resident=100 << 20))
    file = tmp_path / "picture"
    file.write_bytes(variant("drawing", 0, plain=True).jpeg())

    (answer,) = json.loads(checked(file))

    assert answer["refused"] == "not looked into: it takes too much memory"


def test_a_file_that_is_not_there_is_said(tmp_path):
    (answer,) = json.loads(checked(tmp_path / "nowhere.jpg"))

    assert answer["refused"] == "cannot be read: No such file or directory"
