"""Looks at a video: at a frame every two seconds, and where the scene changes.

A program of its own, started by ``media.scanners.examining`` (see ``core.sandbox``). What it says
is checked by its caller.

    video.py ROOT SOURCE FOLDER    leaves in FOLDER ``facts.json``; meanwhile how far it is, of 100,
                                  in ``progress``
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EVERY = 2.0  # seconds
MOST_FRAMES = 120  # a longer video is looked at less often
MOST_CHANGES = 40  # of scenes, beside those
MOST_PACKETS = 1_500_000
CHANGE = 28.0  # steps of grey by which a frame differs, on average, from the one before it
SIDE = 1280
LONGEST_TEXT = 2000


def main(root: str, source: str, folder: str) -> None:
    sys.path.insert(0, root)
    import av

    from media.scanners.programs.looking import Scanners
    from media.scanners.programs.pixels import shrink

    scanners = Scanners()
    place = Path(folder)
    samples: list[dict[str, Any]] = []
    with av.open(source, options={"protocol_whitelist": "file"}) as video:
        texts = sorted(metadata_words(video))
        picture = video.streams.video[0]
        picture.thread_type = "NONE"
        seconds = length_of(video, picture)
        for second, frame in sample_frames(video, picture, seconds):
            pixels = shrink(upright_pixels(frame), SIDE)
            samples.append({"second": second, **scanners.look(pixels)})
            done = min(99, int(100 * second / max(seconds, 0.1)))
            (place / "progress").write_text(str(done))
    if texts and samples:
        page = {"plate": False, "lines": [[[text, 0, 0, 10_000, 10_000]] for text in texts]}
        samples[0].setdefault("text", []).append(page)
    facts = {"missing": sorted(scanners.missing), "samples": samples}
    (place / "facts.json").write_text(json.dumps(facts))


def sample_frames(video: Any, picture: Any, seconds: float) -> Iterator[tuple[float, Any]]:
    """Yield what is looked at, with its second: a frame each so often, and those at which the scene
    changes.
    """
    import numpy as np

    every = max(EVERY, seconds / MOST_FRAMES)
    due, changes, taken = 0.0, 0, 0
    before = None
    for number, packet in enumerate(video.demux(picture)):
        if number > MOST_PACKETS or taken >= MOST_FRAMES + MOST_CHANGES:
            return
        for frame in packet.decode():
            second = float(frame.time or 0)
            small = frame.reformat(width=32, height=18, format="gray").to_ndarray()
            small = small.astype(np.int16)
            is_new = before is not None and float(np.abs(small - before).mean()) > CHANGE
            before = small
            if second >= due:
                due = second + every
            elif is_new and changes < MOST_CHANGES:
                changes += 1
            else:
                continue
            taken += 1
            yield second, frame


def upright_pixels(frame: Any) -> Any:
    """Return the frame's pixels as a player shows them."""
    import numpy as np

    pixels = frame.to_ndarray(format="rgb24")
    quarters = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels


def length_of(video: Any, picture: Any) -> float:
    if picture.duration:
        return float(picture.duration * picture.time_base)
    return (video.duration or 0) / 1_000_000


def metadata_words(video: Any) -> set[str]:
    """Return what the container and its tracks say of the video in words."""
    texts: set[str] = set()
    for facts in (video.metadata, *(stream.metadata for stream in video.streams)):
        for name, value in facts.items():
            if name.lower() not in _TECHNICAL:
                texts.add(str(value)[:LONGEST_TEXT])
    return texts


_TECHNICAL = {
    *("major_brand", "minor_version", "compatible_brands", "encoder", "handler_name", "language"),
    *("vendor_id", "creation_time", "duration", "bps", "number_of_frames", "number_of_bytes"),
}

if __name__ == "__main__":
    main(*sys.argv[1:])
