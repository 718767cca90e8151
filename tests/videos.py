"""Small real videos for tests: pixels that move, a tone, and whatever a telephone writes beside
them.
"""

import io
import math
import struct
from array import array
from fractions import Fraction
from functools import cache

import av

RATE = 48_000
# What telephones write into a video: where it was taken, and with what.
PLACE = "+21.0278+105.8342+012.000/"
TELEPHONE = (
    ("location", PLACE),
    ("com.apple.quicktime.location.ISO6709", PLACE),
    ("com.apple.quicktime.make", "Telephone Works"),
    ("title", "At the victim's home"),
)


@cache
def video_file(
    width: int = 360,
    height: int = 640,
    seconds: float = 2.0,
    *,
    fps: int = 30,
    codec: str = "libx264",
    container: str = "mp4",
    sound: bool | str = True,
    turned: int = 0,
    metadata: tuple[tuple[str, str], ...] = (),
    shade: int = 0,
    key_every: int = 0,
) -> bytes:
    """Make a video of so many pixels and seconds, in some tens of milliseconds; equal arguments
    give equal bytes.

    ``container``: mp4, mov or webm (with ``codec="libvpx"``). ``sound``: also a codec's name.
    ``turned``: degrees by which a player turns it; the pixels lie as ``width`` and ``height`` say.
    ``shade`` (0 to 255) makes the bytes, and so the hash, its own. ``key_every``: frames from one
    that stands by itself to the next; 0: as the codec likes.
    """
    out = io.BytesIO()
    options = {"fflags": "+bitexact"} if container == "webm" else {"movflags": "use_metadata_tags"}
    with av.open(out, "w", format=container, options=options) as file:
        file.metadata.update(metadata)
        picture = file.add_stream(codec, rate=fps, options=_QUICK.get(codec, {}))
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        picture.codec_context.thread_count = 1
        if key_every:
            picture.codec_context.gop_size = key_every
        if turned:
            picture.set_display_rotation(turned)
        usual = "libopus" if container == "webm" else "aac"
        tone = (
            file.add_stream(usual if sound is True else sound, rate=RATE, layout="mono")
            if sound
            else None
        )
        for n in range(round(seconds * fps)):
            file.mux(picture.encode(_frame(width, height, n, fps, shade)))
        file.mux(picture.encode(None))
        if tone:
            for frame in _sound(seconds, samples=960 if container == "webm" else 1024):
                file.mux(tone.encode(frame))
            file.mux(tone.encode(None))
    return out.getvalue()


_QUICK = {
    "libx264": {"preset": "ultrafast", "x264-params": "log-level=error"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=error"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def _frame(width: int, height: int, n: int, fps: int, shade: int) -> av.VideoFrame:
    """Draw a grey background over which a bright bar moves."""
    frame = av.VideoFrame(width, height, "yuv420p")
    light, *colours = frame.planes
    row = bytearray([40 + shade % 128]) * light.line_size
    start = n * 4 % width
    row[start : start + 12] = b"\xe0" * len(row[start : start + 12])
    light.update(bytes(row) * height)
    for plane in colours:
        plane.update(bytes([128 + shade // 128 * 40]) * plane.buffer_size)
    frame.pts, frame.time_base = n, Fraction(1, fps)
    return frame


def _sound(seconds: float, *, samples: int) -> list[av.AudioFrame]:
    frames = []
    for start in range(0, round(seconds * RATE), samples):
        frame = av.AudioFrame(
            format="fltp" if samples == 1024 else "flt", layout="mono", samples=samples
        )
        wave = array("f", (0.1 * math.sin(0.0575 * (start + n)) for n in range(samples)))
        frame.planes[0].update(wave.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        frames.append(frame)
    return frames


def crowded(frames: int) -> bytes:
    """Make an MP4 whose index says that its picture has so many frames, of one byte each."""
    pack = struct.pack
    tables = {
        b"stts": pack(">IIII", 0, 1, frames, 1),
        b"stsc": pack(">IIIII", 0, 1, 1, frames, 1),
        b"stsz": pack(">III", 0, 1, frames),
    }

    def rebuilt(kind: bytes, body: bytes, start: int) -> bytes:
        if kind == b"stco":
            return box(kind, pack(">III", 0, 1, start))
        if kind not in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            return box(kind, tables.get(kind, body))
        inner = [
            (name, kept)
            for name, kept in _boxes(body)
            if name not in (b"stss", b"ctts", b"udta", b"edts", b"sgpd", b"sbgp")
        ]
        return box(kind, b"".join(rebuilt(name, kept, start) for name, kept in inner))

    top = dict(_boxes(video_file(seconds=2, sound=False)))
    head = box(b"ftyp", top[b"ftyp"])
    start = len(head) + len(rebuilt(b"moov", top[b"moov"], 0)) + 8
    return head + rebuilt(b"moov", top[b"moov"], start) + box(b"mdat", bytes(frames))


def box(kind: bytes, body: bytes) -> bytes:
    """Make a box of an MP4; behind the last one, a ``free`` one changes the hash alone."""
    return struct.pack(">I", len(body) + 8) + kind + body


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + size]))
        at += size
    return found
