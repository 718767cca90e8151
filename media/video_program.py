"""Looks into one video, copies it without what it tells of its maker, and cuts out one frame.

A program of its own, started by ``media.videos`` for each video (see ``core.sandbox``): the decoder
inside reads what strangers made, in C. Here it can neither exhaust nor crash the web process, and
knows none of its secrets (see docs/adr/0006). It imports nothing of ours; what it says is checked
by its caller.

    video_program.py mov|webm SOURCE FOLDER LIMITS    LIMITS: {"pixels": …, "seconds": …}

leaves in FOLDER ``copy``, ``frame.png`` and ``facts.json``: what the copy is, or ``{"refused":
why}``.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

# What players and platforms read in an MP4; the rest is refused rather than carried into a file
# that nobody can play.
PICTURE = {"mov": {"h264", "hevc", "av1", "vp9", "mpeg4"}, "webm": {"vp8", "vp9", "av1"}}
SOUND = {"mov": {"aac", "mp3", "opus", "ac3", "eac3"}, "webm": {"opus", "vorbis"}}
WRITE = {
    # Index first: a player begins, and a platform looks, before the whole is there. bitexact: no
    # name of ours, no random numbers, so that the same video always gets the same hash.
    "mov": ("mp4", {"movflags": "faststart", "fflags": "+bitexact"}),
    "webm": ("webm", {"cues_to_front": "1", "fflags": "+bitexact"}),
}
FRAME_SIDE = 2048
MOST_TRIES = 600  # packets read for the one frame
MOST_LOST = 3  # seconds
# Three hours of 60 pictures and 47 pieces of sound a second are 1.2 million; a hostile video of 9
# MB held 9 million.
MOST_PACKETS = 1_500_000
UNNOTICED = 0.1  # seconds: some cameras hide a frame or two to begin evenly


class UnusableVideo(Exception):
    """The video is refused; the reason is one of empty, codec, sound, pixels,
    long, hidden, broken.
    """


def copy_streams(kind: str, source: str, target: str, limits: dict[str, float]) -> None:
    """Copy picture and sound, packet by packet, into a new file; nothing else of the old one.

    No frame is decoded. Left behind: metadata (a telephone writes place, time and its model),
    chapters, subtitles, and the tracks in which cameras keep their position; and frames from before
    a cut, see ``first_visible_second``.
    """
    import av

    with open_video(source, kind) as video:
        start = first_visible_second(video, picture_stream(video))
    with open_video(source, kind) as video:
        picture = picture_stream(video)
        _require_fit(video, picture, kind, limits)
        claimed = duration_of(video, picture)
        sound = next((s for s in video.streams.audio if codec_name(s) in SOUND[kind]), None)
        if sound is None and video.streams.audio:
            raise UnusableVideo("sound")
        form, options = WRITE[kind]
        with av.open(target, "w", format=form, options=options) as copy:
            streams = {}
            for stream in filter(None, (picture, sound)):
                streams[stream.index] = new = copy.add_stream_from_template(stream)
                new.metadata.clear()
                if form == "mp4" and codec_name(stream) == "hevc":
                    new.codec_context.codec_tag = (
                        "hvc1"  # the only one of its two names that Apple's players take
                    )
            for packet in _shift_packets(video.demux(*filter(None, (picture, sound))), start):
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)
    with av.open(target, options={"protocol_whitelist": "file"}) as copy:
        if duration_of(copy, copy.streams.video[0]) < claimed - float(start) - max(
            0.25, claimed / 50
        ):
            raise UnusableVideo("broken")  # the file ends before the video does


def _require_fit(video: Any, picture: Any, kind: str, limits: dict[str, float]) -> None:
    if codec_name(picture) not in PICTURE[kind]:
        raise UnusableVideo("codec")
    if not picture.width or picture.width * picture.height > limits["pixels"]:
        raise UnusableVideo("pixels" if picture.width else "broken")
    if duration_of(video, picture) > limits["seconds"] or picture.frames > MOST_PACKETS:
        raise UnusableVideo("long")


def _shift_packets(packets: Iterable[Any], start: Fraction) -> Iterator[Any]:
    """Yield the packets from ``start`` on, moved so that they begin at 0. Raise UnusableVideo for
    too many.
    """
    for number, packet in enumerate(packets):
        if number > MOST_PACKETS:
            raise UnusableVideo("long")
        if packet.dts is None:  # marks the end
            continue
        if start:
            skipped = round(start / packet.time_base)
            if packet.pts < skipped:
                continue
            packet.pts, packet.dts = packet.pts - skipped, packet.dts - skipped
        yield packet


def open_video(source: str, kind: str) -> Any:
    """Open a video, with a named format and plain files only: a playlist would read other files, or
    the network.
    """
    import av

    return av.open(
        source,
        format="mov" if kind == "mov" else "matroska",
        options={"protocol_whitelist": "file"},
    )


def picture_stream(video: Any) -> Any:
    picture = next(
        (s for s in video.streams.video if not s.disposition & s.disposition.attached_pic), None
    )
    if picture is None:
        raise UnusableVideo("empty")
    return picture


def first_visible_second(video: Any, picture: Any) -> Fraction:
    """Return the second from which on nothing is hidden.

    A video that was trimmed without being encoded again keeps what stood before the cut, back to
    the last frame that stands by itself, and tells players not to show it. Some platforms hand the
    file on as it is, and whoever wants to sees the face that was cut away. So the copy begins with
    the next frame that stands by itself.
    """
    hidden = False
    for packet in video.demux(picture):
        if packet.dts is None or packet.pts is None:
            continue
        if packet.is_discard:
            hidden = hidden or -packet.pts * packet.time_base > UNNOTICED
        elif not hidden:
            return Fraction(0)
        elif packet.is_keyframe:
            start = packet.pts * packet.time_base
            if start <= MOST_LOST:
                return start
            break
    if hidden:
        raise UnusableVideo("hidden")
    return Fraction(0)


def describe_copy(target: str, frame: Path) -> dict[str, Any]:
    """Describe the copy as residents see it, and return its cover frame, upright."""
    import av
    from PIL import Image

    with av.open(target, options={"protocol_whitelist": "file"}) as video:
        picture = video.streams.video[0]
        picture.codec_context.thread_count = 1  # each thread holds frames of its own
        seconds = duration_of(video, picture)
        cover = frame_at(video, picture, min(1.0, seconds / 10))
        turn = cover.rotation % 360
        scale = min(1.0, FRAME_SIDE / max(cover.width, cover.height))
        small = cover.to_image(
            width=max(1, round(cover.width * scale)), height=max(1, round(cover.height * scale))
        )
        upright = {
            90: Image.Transpose.ROTATE_90,
            180: Image.Transpose.ROTATE_180,
            270: Image.Transpose.ROTATE_270,
        }.get(turn)
        (small.transpose(upright) if upright is not None else small).save(
            frame, "PNG", compress_level=1
        )
        width, height = picture.width, picture.height
        return {
            "width": height if turn in (90, 270) else width,
            "height": width if turn in (90, 270) else height,
            "seconds": seconds,
            "fps": float(picture.average_rate or picture.guessed_rate or 0),
            "codec": codec_name(picture),
            "sound": codec_name(video.streams.audio[0]) if video.streams.audio else "",
        }


def frame_at(video: Any, picture: Any, second: float) -> Any:
    """Return the first frame shown at ``second`` or later; the last one that can be decoded where
    there is none.
    """
    video.seek(int(second * 1_000_000))
    frame = None
    for number, packet in enumerate(video.demux(picture)):
        for frame in packet.decode():
            if frame.time is not None and frame.time >= second:
                return frame
        if number > MOST_TRIES:
            break
    if frame is None:
        raise UnusableVideo("broken")
    return frame


def duration_of(video: Any, picture: Any) -> float:
    if picture.duration:
        return float(picture.duration * picture.time_base)
    return (video.duration or 0) / 1_000_000


def codec_name(stream: Any) -> str:
    """Return FFmpeg's name of the codec, whichever library decodes it; empty for an unknown one."""
    context = stream.codec_context
    return context.codec.canonical_name if context else ""


def main(kind: str, source: str, folder: str, given: str) -> None:
    limits = json.loads(given)
    place = Path(folder)
    try:
        copy_streams(kind, source, f"{folder}/copy", limits)
        facts = describe_copy(f"{folder}/copy", place / "frame.png")
    except UnusableVideo as why:
        facts = {"refused": str(why)}
    except Exception:  # whatever a garbled video brings about, it is the video that is broken
        facts = {"refused": "broken"}
    (place / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
