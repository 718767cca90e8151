"""Videos: what goes on is one box with its seconds; progress shows; metadata is read."""

import av
import numpy as np
import pytest
from PIL import Image

from media.scanners.examining import examine
from media.scanners.findings import Finding, merge_over_time
from posts.leak_rules.registered import rules_for
from tests.media.scanners.variants import DATA

FACE = Finding("face", "face", "soft", 1000, 1000, 800, 1200)


def test_what_goes_on_is_one_box_from_the_sample_before_to_the_one_after():
    samples = [
        (0.0, []),
        (2.0, [FACE]),
        (4.0, [FACE._replace(x=1300)]),
        (6.0, []),
        (8.0, []),
        (10.0, []),
    ]

    (box,) = merge_over_time(samples)

    assert (box.from_second, box.to_second) == (0.0, 6.0)
    assert (box.x, box.width) == (1000, 1100)


def test_a_sample_in_which_it_is_missed_does_not_break_a_box():
    samples = [(0.0, [FACE]), (2.0, []), (4.0, [FACE]), (6.0, [])]

    (box,) = merge_over_time(samples)

    assert (box.from_second, box.to_second) == (0.0, 6.0)


def test_another_place_or_another_rule_is_another_box():
    other = FACE._replace(x=6000)
    card = Finding("text", "id_cccd", "hard", 1000, 1000, 800, 1200)

    boxes = merge_over_time([(0.0, [FACE, card]), (2.0, [other])])

    assert [(box.rule, box.x) for box in boxes] == [
        ("id_cccd", 1000),
        ("face", 1000),
        ("face", 6000),
    ]


def test_a_box_does_not_grow_over_the_whole_picture():
    samples = [(2.0 * step, [FACE._replace(x=500 * step)]) for step in range(17)]

    boxes = merge_over_time(samples)

    assert len(boxes) > 1
    assert max(box.width for box in boxes) <= 4 * FACE.width


def video(path, *, title=""):
    """Make a video of 6 seconds, in whose seconds 2 to 4 somebody is seen."""
    portrait = Image.open(DATA / "astronaut.jpg").resize((324, 360))
    scene = Image.new("RGB", (480, 360), (90, 110, 90))
    scene.paste(portrait, (80, 0))
    seen, empty = np.asarray(scene), np.full((360, 480, 3), 90, np.uint8)
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata.update({"title": title})
        stream = container.add_stream("h264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 480, 360, "yuv420p"
        for number in range(30):
            pixels = seen if 10 <= number < 20 else empty
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_a_face_in_a_video_is_found_with_its_seconds_and_what_the_file_says(tmp_path):
    video(tmp_path / "video.mp4", title="Gọi 0912 345 678")

    examined = examine(
        tmp_path / "video.mp4", is_video=True, rules=rules_for(None), report=lambda _progress: None
    )

    assert examined.missing == []
    (face,) = [found for found in examined.findings if found.kind == "face"]
    assert face.from_second == pytest.approx(0.0, abs=0.3)
    assert face.to_second == pytest.approx(4.0, abs=0.3)
    assert "phone_personal" in {found.rule for found in examined.findings}
