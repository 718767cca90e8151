"""Edit one stored video: cut its ends, cover places in it, set it upright between blurred sides,
and draw captions into it.

A program of its own, started by ``media.editing.video_edits`` (see ``core.sandbox``). It imports
nothing of ours; what it leaves is checked and copied by ``media.videos.store``, like an upload.

    video_edit_program.py mov|webm SOURCE FOLDER PLAN
    PLAN: {"from": second, "to": second, "vertical": bool, "cover": second of the result,
    "blurs": [[x, y, width, height, from, to], …] in ten-thousandths and seconds of the source,
    "marks": [[[from, to, x, y, width, height], …], …], for each place that somebody marked where it
    stands from when to when; "side": the longest side of the result in pixels; "font": a file}

It reads ``captions.json`` of FOLDER: [[from, to, words], …] in seconds of the source. It

leaves in FOLDER ``edited.mp4`` (H.264 and AAC), ``cover.png``, ``progress`` (of 100, while it
works) and ``facts.json``: its seconds, or ``{"refused": why}``.
"""

import json
import sys
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont

WHOLE = 10_000
TICKS = 90_000  # a second
RATE = 48_000  # of sound
# The scanners look at a frame every two seconds: what they saw is covered as long before and after.
BEFORE_AND_AFTER = 2.0  # seconds
WIDER = 0.25  # of a place's sides, to each side: it moves between two looks
CELLS, LINE = 4, 2  # as media/editing/picture_program.py
MARK_MARGIN = 0.2  # seconds before and after a mark: a person pauses a few frames late
# Of captions, in parts of the frame. A phone held upright shows a video that lies at a width of 390
# points: letters of 14; one that stands fills it, with letters of 24. Pages cover the lower
# quarter of a standing video with words, and its right side with buttons.
LETTER, OUTLINE, SPACING = 0.062, 0.09, 0.3  # of the shorter side; of a letter
FOOT, STANDING_FOOT = 0.07, 0.25
SIDE, STANDING_SIDE = 0.06, 0.13
MOST_LINES = 4  # else the letters are made smaller, by at most a third
SMALLER = (1.0, 0.85, 0.67)
UPRIGHT = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}
Area = tuple[float, float, float, float]  # left, top, right, bottom


class UnusableVideo(Exception):
    """The video is refused; the reason is one of empty, broken."""


def blurred_areas(second: float, blurs: list[list[float]]) -> list[Area]:
    """Return what is covered at a second of the source: each place from before it was seen until
    after it. Of two places where one ends as the other begins, both and all between them: something
    may have gone from one to the other.
    """
    areas = [
        (x, y, x + width, y + height)
        for x, y, width, height, start, end in blurs
        if start - BEFORE_AND_AFTER <= second <= end + BEFORE_AND_AFTER
    ]
    between = [
        (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        for a, b in combinations(areas, 2)
        if _are_near(a, b)
    ]
    return areas + between


def marked_areas(second: float, marks: list[list[list[float]]]) -> list[Area]:
    """Return where the places are that somebody marked: from one mark to the next each moves
    evenly.
    """
    areas = []
    for stops in marks:
        if stops[0][0] - MARK_MARGIN <= second <= stops[-1][1] + MARK_MARGIN:
            x, y, width, height = _interpolate_place(second, stops)
            areas.append((x, y, x + width, y + height))
    return areas


def _interpolate_place(second: float, stops: list[list[float]]) -> list[float]:
    last = stops[0]
    for stop in stops:
        if second < stop[0]:
            gap = stop[0] - last[1]
            share = (second - last[1]) / gap if gap > 0 else 1.0
            share = min(1.0, max(0.0, share))
            return [a + share * (b - a) for a, b in zip(last[2:], stop[2:], strict=True)]
        last = stop
    return last[2:]


def _are_near(one: Area, other: Area) -> bool:
    """Check whether the gap between two places is no larger than the larger of them."""
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    sides = [one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1]]
    return max(across, down) <= max(sides)


def cover_area(picture: Image.Image, area: Area) -> None:
    """Cover a place of a frame with means of few large cells."""
    left, top, right, bottom = area
    wide, high = WIDER * (right - left), WIDER * (bottom - top)
    place = (
        max(0, int((left - wide) * picture.width / WHOLE)),
        max(0, int((top - high) * picture.height / WHOLE)),
        min(picture.width, int((right + wide) * picture.width / WHOLE) + 1),
        min(picture.height, int((bottom + high) * picture.height / WHOLE) + 1),
    )
    cut = picture.crop(place)
    mean = cut.resize((1, 1), Image.Resampling.BOX)
    short, long = sorted(cut.size)
    cells = mean
    if long <= LINE * short:
        cells = cut.resize((min(CELLS, cut.width), min(CELLS, cut.height)), Image.Resampling.BOX)
        cells = Image.blend(cells, mean.resize(cells.size), 0.5)
    coarse = cells.point(lambda value: value & 0xF0 | 0x08)
    picture.paste(coarse.resize(cut.size, Image.Resampling.NEAREST), place)


def result_size(width: int, height: int, plan: dict[str, Any]) -> tuple[int, int]:
    """Return the even sides of the result."""
    if plan["vertical"]:
        return plan["side"] * 9 // 16 // 2 * 2, plan["side"] // 2 * 2
    scale = min(1.0, plan["side"] / max(width, height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def scale_frame(picture: Image.Image, size: tuple[int, int], plan: dict[str, Any]) -> Image.Image:
    """Return the frame in the size of the result; an upright one has the video in its middle, and
    the same, large and blurred, behind it.
    """
    if not plan["vertical"]:
        return picture if picture.size == size else picture.resize(size, Image.Resampling.BILINEAR)
    scale = min(size[0] / picture.width, size[1] / picture.height)
    inner = picture.resize(
        (max(1, int(picture.width * scale)), max(1, int(picture.height * scale))),
        Image.Resampling.BILINEAR,
    )
    large = max(size[0] / picture.width, size[1] / picture.height)
    behind = picture.reduce(8) if min(picture.size) >= 64 else picture
    across, down = size[0] / large / picture.width, size[1] / large / picture.height
    middle = (
        behind.width * (1 - across) / 2,
        behind.height * (1 - down) / 2,
        behind.width * (1 + across) / 2,
        behind.height * (1 + down) / 2,
    )
    blurred = behind.filter(ImageFilter.GaussianBlur(4)).resize(
        size, Image.Resampling.BILINEAR, box=middle
    )
    blurred.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return blurred


class Captions:
    """Draws words into frames of one size: white letters with a dark outline, above what pages lay
    over a video.
    """

    def __init__(self, cues: list[list[Any]], font: str, size: tuple[int, int]):
        self.cues, self.font, self.size = cues, font, size
        self.is_standing = size[1] > size[0]
        self.words = ""
        self.drawn: tuple[Image.Image, tuple[int, int]] | None = None

    def draw(self, picture: Image.Image, second: float) -> None:
        text = "\n".join(text for start, end, text in self.cues if start <= second < end)
        if text != self.words:  # many frames show the same
            self.words, self.drawn = text, self._render(text) if text else None
        if self.drawn:
            letters, place = self.drawn
            picture.paste(letters, place, letters)

    def _render(self, caption: str) -> tuple[Image.Image, tuple[int, int]]:
        """Return the words as a see-through picture, and where it stands."""
        font, lines = self._fit_lines(caption)
        outline = max(1, round(OUTLINE * font.size))
        how: dict[str, Any] = {
            "font": font,
            "align": "center",
            "spacing": round(SPACING * font.size),
            "stroke_width": outline,
        }
        text = "\n".join(lines)
        pen = ImageDraw.Draw(Image.new("L", (1, 1)))
        left, top, right, bottom = map(round, pen.multiline_textbbox((0, 0), text, **how))
        letters = Image.new("RGBA", (right - left + 2, bottom - top + 2))
        ImageDraw.Draw(letters).multiline_text(
            (1 - left, 1 - top), text, fill="white", stroke_fill="black", **how
        )
        foot = STANDING_FOOT if self.is_standing else FOOT
        across = (self.size[0] - letters.width) // 2
        return letters, (across, max(0, round(self.size[1] * (1 - foot)) - letters.height))

    def _fit_lines(self, text: str) -> tuple[ImageFont.FreeTypeFont, list[str]]:
        side = STANDING_SIDE if self.is_standing else SIDE
        width = self.size[0] * (1 - 2 * side)
        for share in SMALLER:
            size = max(10, round(share * LETTER * min(self.size)))
            font = ImageFont.truetype(self.font, size, layout_engine=ImageFont.Layout.BASIC)
            lines = wrap_lines(text, font, width)
            if len(lines) <= MOST_LINES:
                break
        return font, lines


def wrap_lines(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Break words into lines of at most this width; a longer word within itself."""
    lines: list[str] = []
    for given in text.split("\n"):
        line = ""
        for word in given.split():
            longer = f"{line} {word}".strip()
            if font.getlength(longer) <= width:
                line = longer
                continue
            lines += [line] if line else []
            line = word
            while font.getlength(line) > width and len(line) > 1:
                fitting = len(line) - 1
                while fitting > 1 and font.getlength(line[:fitting]) > width:
                    fitting -= 1
                lines.append(line[:fitting])
                line = line[fitting:]
        lines += [line] if line else []
    return lines


def rotate_upright(frame: Any) -> Image.Image:
    turn = UPRIGHT.get(frame.rotation % 360)
    picture = frame.to_image()
    return picture.transpose(turn) if turn is not None else picture


def edit_video(kind: str, source: str, place: Path, plan: dict[str, Any]) -> float:
    """Write the video again; return its seconds."""
    import av

    form = "mov" if kind == "mov" else "matroska"
    options = {"protocol_whitelist": "file"}
    with (
        av.open(source, format=form, options=options) as video,
        av.open(
            str(place / "edited.mp4"),
            "w",
            format="mp4",
            options={"movflags": "faststart", "fflags": "+bitexact"},
        ) as result,
    ):
        picture_stream = video.streams.video[0]
        picture_stream.codec_context.thread_count = 1
        sound = video.streams.audio[0] if video.streams.audio else None
        writer = Writer(result, picture_stream, sound, place, plan)
        video.seek(int(plan["from"] * 1_000_000))
        for packet in video.demux(*filter(None, (picture_stream, sound))):
            for frame in packet.decode():
                writer.write_frame(frame, is_sound=packet.stream is sound)
            if writer.is_over:
                break
        return writer.finish()


class Writer:
    """Encodes what lies between the ends of the plan."""

    def __init__(self, result: Any, stream: Any, sound: Any, place: Path, plan: dict[str, Any]):
        import av

        self.result, self.place, self.plan = result, place, plan
        self.rate = stream.average_rate or stream.guessed_rate or Fraction(30)
        self.picture: Any = None
        self.size = (0, 0)
        self.last_tick, self.last_second, self.samples = -1, 0.0, 0
        self.is_over = self.has_cover = False
        self.sound: Any = None
        if sound is not None:
            self.sound = result.add_stream("aac", rate=RATE, layout="stereo")
            self.resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)

    def write_frame(self, frame: Any, *, is_sound: bool) -> None:
        second = frame.time
        if second is None or second < self.plan["from"] - 0.0005:
            return
        if second >= self.plan["to"]:
            self.is_over = self.is_over or not is_sound
            return
        if is_sound:
            self._write_sound(frame)
        else:
            self._write_picture(frame, second)

    def _write_sound(self, frame: Any) -> None:
        for part in self.resampler.resample(frame):
            part.pts, part.time_base = self.samples, Fraction(1, RATE)
            self.samples += part.samples
            self.result.mux(self.sound.encode(part))

    def _write_picture(self, frame: Any, second: float) -> None:
        import av

        picture = rotate_upright(frame)
        if self.picture is None:
            self._start_picture(picture)
        areas = blurred_areas(second, self.plan["blurs"]) + marked_areas(second, self.plan["marks"])
        for area in areas:
            cover_area(picture, area)
        picture = scale_frame(picture, self.size, self.plan)
        since = second - self.plan["from"]
        tick = max(self.last_tick + 1, round(since * TICKS))
        self.last_tick, self.last_second = tick, since
        if not self.has_cover and since >= self.plan["cover"]:
            picture.save(self.place / "cover.png", compress_level=1)
            self.has_cover = True
        self.captions.draw(picture, second)
        out = av.VideoFrame.from_image(picture)
        out.pts, out.time_base = tick, Fraction(1, TICKS)
        self.result.mux(self.picture.encode(out))
        length = max(0.001, self.plan["to"] - self.plan["from"])
        (self.place / "progress").write_text(str(min(99, int(100 * since / length))))

    def _start_picture(self, picture: Image.Image) -> None:
        self.size = result_size(*picture.size, self.plan)
        cues = json.loads((self.place / "captions.json").read_text())
        self.captions = Captions(cues, self.plan["font"], self.size)
        options = {"preset": "veryfast", "crf": "21", "rc-lookahead": "10"}
        self.picture = self.result.add_stream("libx264", rate=self.rate, options=options)
        self.picture.width, self.picture.height = self.size
        self.picture.pix_fmt = "yuv420p"
        self.picture.codec_context.time_base = Fraction(1, TICKS)
        self.picture.codec_context.thread_count = 1

    def finish(self) -> float:
        if self.picture is None:
            raise UnusableVideo("empty")
        self.result.mux(self.picture.encode(None))
        if self.sound is not None:
            self.result.mux(self.sound.encode(None))
        return self.last_second


def main(kind: str, source: str, folder: str, given: str) -> None:
    place = Path(folder)
    facts: dict[str, Any]
    try:
        facts = {"seconds": edit_video(kind, source, place, json.loads(given))}
    except UnusableVideo as why:
        facts = {"refused": str(why)}
    except Exception:  # whatever a garbled video brings about, it is the video that is broken
        facts = {"refused": "broken"}
    (place / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
